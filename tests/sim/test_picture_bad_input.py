"""Hostile and clumsy sources: the programme has no hole, whatever they send."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from mixer.picture.slate import GROUND
from mixer.picture.stage import build_stage
from mixer.wire.ids import FRAME_NS
from mixer.wire.picture import Caption, Scene, Slot
from tests.picture_streams import BLUE, GREEN, RED, Camera
from tests.picture_studio import LAYOUTS, START, Studio


@pytest.fixture
def studio() -> Iterator[Studio]:
    made = Studio()
    made.intakes.want("ab")
    made.source(1, "a")
    made.source(2, "b")
    made.put_scene(1, START, "two_halls", "a", "b")
    yield made
    made.intakes.close(60)
    made.painter.shutdown()


def no_hole(studio: Studio) -> None:
    assert studio.reader.numbers == list(range(START, studio.frame))
    assert studio.programme.bugs == 0


@pytest.mark.parametrize("size", [(2, 2), (16, 2), (24, 64), (180, 320), (322, 182)])
def test_a_picture_of_any_small_size_is_shown(studio: Studio, size: tuple[int, int]) -> None:
    camera = Camera(1, "h264", size, RED)
    for _ in range(4):
        studio.step(camera)
    assert studio.reader.shows(RED, 340, 298, tolerance=12)
    no_hole(studio)


def test_the_smallest_picture_there_is(studio: Studio) -> None:
    camera = Camera(1, "vp8", (1, 1), RED)
    for _ in range(4):
        studio.step(camera)
    no_hole(studio)


def test_a_picture_of_8k_gets_a_slate_and_the_others_go_on(studio: Studio) -> None:
    large, fine = Camera(1, "vp8", (7680, 4320), RED), Camera(2, "vp8", (320, 180), GREEN)
    studio.intakes.frames(large.frames(studio.frame * FRAME_NS))
    for _ in range(4):
        studio.step(fine)
    assert studio.intakes.counts()["too_large"] > 0
    assert studio.reader.shows(GROUND, 60, 150)
    assert studio.reader.shows(GREEN, 952, 300)
    no_hole(studio)


def test_a_source_that_changes_its_codec_goes_on(studio: Studio) -> None:
    for codec, rgb in (("vp8", RED), ("h264", BLUE), ("vp8", GREEN)):
        camera = Camera(1, codec, (320, 180), rgb)
        for _ in range(4):
            studio.step(camera)
        assert studio.reader.shows(rgb, 340, 298)
    no_hole(studio)


def test_a_source_that_changes_its_size_goes_on(studio: Studio) -> None:
    camera = Camera(1, "vp8", (320, 180), RED)
    for size in ((320, 180), (1280, 720), (360, 640), (64, 64)):
        camera.resize(*size)
        for _ in range(3):
            studio.step(camera)
        assert studio.reader.shows(RED, 340, 298, tolerance=16), size
    no_hole(studio)


@pytest.mark.parametrize("codec", ["vp8", "h264"])
@pytest.mark.parametrize("seed", range(4))
def test_coded_pictures_that_were_tampered_with_harm_nobody(
    studio: Studio, codec: str, seed: int
) -> None:
    dice = random.Random(seed)
    bad, fine = Camera(1, codec, (320, 180), RED), Camera(2, "vp8", (320, 180), GREEN)
    for number in range(40):
        for frame in bad.frames(studio.frame * FRAME_NS, keyframe=number % 8 == 0):
            raw = bytearray(frame.payload)
            # Beyond headers, so that it is the decoder that must cope.
            for _ in range(dice.randrange(1, 20)):
                at = dice.randrange(min(18, len(raw) - 1), len(raw))
                raw[at] = dice.randrange(256)
            studio.intakes.frames([frame._replace(payload=bytes(raw[: dice.randrange(14, 4000)]))])
        studio.intakes.advance(studio.frame * FRAME_NS)
        studio.intakes.frames(fine.frames(studio.frame * FRAME_NS))
        studio.step(settle=False)
    for _ in range(4):
        studio.step(fine, settle=False)
    assert studio.reader.shows(GREEN, 952, 300)
    no_hole(studio)


HOSTILE = [
    "\u202e\u202d\u2066反\u2069\u200f",
    "\x00\x07\x1b[31m\r\n\t",
    "👩‍👩‍👧‍👦🇨🇳🏳️‍🌈" * 20,
    "a\u0301" * 400,
    "ﷺ" * 90,
    "长" * 5000,
    "\ud7ff\ue000\ufdd0\ufeff",
    "",
]


@pytest.mark.parametrize("layout", ["full", "two_halls", "grid", "one_row", "slides_speaker"])
def test_fifty_hostile_captions_at_once_leave_no_hole(studio: Studio, layout: str) -> None:
    camera = Camera(1, "vp8", (320, 180), RED)
    for number in range(50):
        text = HOSTILE[number % len(HOSTILE)]
        scene = Scene(
            revision=number + 2,
            at_ns=studio.frame * FRAME_NS,
            layout=layout,
            slots=tuple(Slot(seat=seat, title=text, subtitle=text) for seat in "ab"),
            caption=Caption(title=text, subtitle=text, organisation=text),
            strap=text,
            event_title=text,
            question=text,
            bug=text,
            logo=text[:60],
            theme=text,
            fade_ns=number * FRAME_NS,
        )
        studio.programme.put_stage(build_stage(scene, LAYOUTS[layout], studio.intakes.feed))
        if number % 10 == 0:
            studio.step(camera)
    for _ in range(3):
        studio.step(camera)
    assert studio.applied[-1] == (51, studio.frame - 3)
    no_hole(studio)
