"""The programme in virtual time: packets of cameras in, the coded programme out."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mixer.picture.decode import Decoder, open_decoder
from mixer.picture.feed import HOLD_FRAMES, Feed
from mixer.picture.slate import GROUND
from mixer.wire.ids import FRAME_NS
from tests.picture_streams import BLUE, GREEN, RED, Camera
from tests.picture_studio import LAYOUTS, START, Studio


@pytest.fixture
def studio() -> Iterator[Studio]:
    made = Studio()
    yield made
    made.intakes.close(60)
    made.painter.shutdown()


def test_coded_pictures_come_out_in_their_slots(studio: Studio) -> None:
    cameras = [
        Camera(1, "vp8", (320, 180), RED),
        Camera(2, "h264", (1280, 720), GREEN),
        Camera(3, "vp8", (640, 360), BLUE),
    ]
    studio.intakes.want("abc")
    for camera, seat in zip(cameras, "abc", strict=True):
        studio.source(camera.publication, seat)
    studio.put_scene(1, START, "grid", *"abc")
    for _ in range(3):
        studio.step(*cameras)
    places = LAYOUTS["grid"].place(3)
    for place, rgb in zip(places, (RED, GREEN, BLUE), strict=True):
        x, y, width, height = place.picture
        assert studio.reader.shows(rgb, x + width // 2, y + height // 2)
        assert studio.reader.shows(rgb, x + 12, y + height - 12)


def test_a_cut_falls_on_its_frame(studio: Studio) -> None:
    red, blue = Camera(1, rgb=RED), Camera(2, rgb=BLUE)
    studio.intakes.want("ab")
    studio.source(1, "a")
    studio.source(2, "b")
    studio.put_scene(1, START, "full", "a")
    studio.put_scene(2, START + 5, "full", "b")
    for _ in range(8):
        studio.step(red, blue)
        cut = studio.frame - 1 >= START + 5
        assert studio.reader.shows(BLUE if cut else RED, 640, 360)
    assert studio.applied == [(1, START), (2, START + 5)]


def test_a_later_scene_for_an_earlier_frame_replaces_the_waiting_one(studio: Studio) -> None:
    studio.put_scene(1, START + 9, "full", "a")
    studio.put_scene(2, START + 2, "full", "b")
    for _ in range(12):
        studio.step()
    assert studio.applied == [(2, START + 2)]


def test_a_site_that_stops_leaves_its_picture_then_a_slate_and_no_hole(studio: Studio) -> None:
    camera = Camera(1, rgb=RED)
    studio.intakes.want("a")
    studio.source(1, "a")
    studio.put_scene(1, START, "full", "a")
    studio.step(camera)
    for _ in range(HOLD_FRAMES - 2):
        studio.step()
    assert studio.reader.shows(RED, 100, 100)
    for _ in range(5):
        studio.step()
    assert studio.reader.shows(GROUND, 100, 100)
    camera.rgb = BLUE
    for _ in range(3):
        studio.step(camera)
    assert studio.reader.shows(BLUE, 100, 100)
    numbers = studio.reader.numbers
    assert numbers == list(range(START, studio.frame))


def test_a_slow_decoder_leaves_no_hole_and_harms_nobody_else() -> None:
    release = threading.Event()

    class Slow:
        def __init__(self, codec: str) -> None:
            self._decoder = open_decoder(codec)

        def decode(self, packet: Any) -> Any:
            release.wait()
            return self._decoder.decode(packet)

    def make(codec: str, feed: Feed, name: str) -> Decoder:
        # Every layer of publication 2 meets a decoder that hangs; names are "publication-layer".
        return Decoder(codec, feed, name, Slow if name.startswith("2-") else open_decoder)  # type: ignore[arg-type]

    studio = Studio(make)
    quick, stuck = Camera(1, rgb=RED), Camera(2, rgb=BLUE)
    studio.intakes.want("ab")
    studio.source(1, "a")
    studio.source(2, "b")
    studio.put_scene(1, START, "two_halls", "a", "b")
    for number in range(60):
        studio.intakes.frames(stuck.frames(studio.frame * FRAME_NS, keyframe=number % 25 == 0))
        studio.step(quick)
    assert studio.reader.numbers == list(range(START, START + 60))
    assert studio.reader.shows(RED, 300, 300)
    assert studio.programme.timeline.stale_repeats == 0
    assert studio.intakes.counts()["queue_full"] > 0
    release.set()
    studio.intakes.close(60)
    studio.painter.shutdown()


def test_a_late_programme_repeats_its_canvas_without_a_hole(studio: Studio) -> None:
    camera = Camera(1, rgb=RED)
    studio.intakes.want("a")
    studio.source(1, "a")
    studio.put_scene(1, START, "full", "a")
    for _ in range(3):
        studio.step(camera)
    late_ns = (studio.frame + 15) * FRAME_NS
    while studio.programme.step(late_ns) is not None:
        pass
    numbers = studio.reader.numbers
    assert numbers == list(range(START, numbers[-1] + 1))
    assert numbers[-1] == late_ns // FRAME_NS
    assert studio.programme.timeline.stale_repeats == 13
    assert studio.reader.shows(RED, 640, 360)


def test_a_bug_in_drawing_keeps_the_programme_going(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_frame: int) -> bool:
        raise RuntimeError("a bug")

    monkeypatch.setattr(studio.programme.mixer, "compose", broken)
    for _ in range(4):
        studio.step()
    assert studio.programme.bugs == 4
    assert studio.reader.numbers == list(range(START, START + 4))


def test_thousands_of_damaged_packets_cost_pictures_only(studio: Studio) -> None:
    cameras = [Camera(1, "vp8", rgb=RED), Camera(2, "h264", rgb=BLUE)]
    studio.intakes.want("ab")
    studio.source(1, "a")
    studio.source(2, "b")
    studio.put_scene(1, START, "two_halls", "a", "b")
    dice = random.Random(3)
    for number in range(120):
        for camera in cameras:
            for frame in camera.frames(studio.frame * FRAME_NS, keyframe=number % 20 == 0):
                raw = bytearray(frame.payload)
                for _ in range(dice.randrange(4)):
                    raw[dice.randrange(2, len(raw))] = dice.randrange(256)
                studio.intakes.frames([frame._replace(payload=bytes(raw))])
        studio.intakes.advance(studio.frame * FRAME_NS)
        studio.step(settle=False)
    assert studio.reader.numbers == list(range(START, START + 120))
    assert studio.programme.bugs == 0
