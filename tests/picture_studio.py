"""Intakes and programme in virtual time: packets in, the coded programme out."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from mixer.picture.decode import Decoder
from mixer.picture.feed import DEFAULT_DELAY_NS, Feed
from mixer.picture.intake import Intakes
from mixer.picture.layout_file import load_layouts
from mixer.picture.programme import Programme
from mixer.picture.stage import SlateBook, Stage, build_stage
from mixer.wire.ids import FRAME_NS, PublicationId
from mixer.wire.picture import (
    PictureProgramme,
    PictureSource,
    Scene,
    Slot,
)
from mixer.wire.resources import Clock
from tests.picture_streams import Camera, ProgrammeReader

START = 1000
LAYOUTS = load_layouts()
CLOCK = Clock(event=1, origin_monotonic_ns=0, origin_wall_ns=0)


def wait(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.001)


class Studio:
    """Intakes and programme, stepped frame by frame."""

    def __init__(self, make_decoder: Callable[[str, Feed, str], Decoder] = Decoder) -> None:
        self.reader = ProgrammeReader()
        self.applied: list[tuple[int, int]] = []
        self.painter = ThreadPoolExecutor(max_workers=1)
        self.intakes = Intakes(lambda _message: None, make_decoder)
        self.programme = Programme(
            CLOCK,
            PictureProgramme(publication=PublicationId(900)),
            SlateBook(self.painter),
            self.reader.feed,
            self._on_applied,
        )
        self.frame = START

    def _on_applied(self, stage: Stage, frame: int) -> None:
        self.applied.append((stage.revision, frame))

    def put_scene(self, revision: int, frame: int, layout: str, *seats: str) -> None:
        slots = tuple(Slot(seat=seat, title=seat) for seat in seats)
        scene = Scene(revision=revision, at_ns=frame * FRAME_NS, layout=layout, slots=slots)
        self.programme.put_stage(build_stage(scene, LAYOUTS[layout], self.intakes.feed))

    def source(self, publication: int, seat: str) -> None:
        self.intakes.put(
            PictureSource(publication=PublicationId(publication), seat=seat, title=seat)
        )

    def step(self, *cameras: Camera, settle: bool = True) -> None:
        """One frame later: each camera's picture of now arrives, then the frame is made."""
        before = self.intakes.decoded()
        for camera in cameras:
            self.intakes.frames(camera.frames(self.frame * FRAME_NS - DEFAULT_DELAY_NS))
        if settle:
            wait(lambda: self.intakes.decoded() >= before + len(cameras))
        self.programme.step(self.frame * FRAME_NS)
        self.painter.submit(lambda: None).result()
        self.frame += 1
