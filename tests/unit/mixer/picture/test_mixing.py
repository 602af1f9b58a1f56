from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mixer.picture.colour import to_yuv
from mixer.picture.feed import DEFAULT_DELAY_NS, FRAME_NS, Feed
from mixer.picture.layout_file import load_layouts
from mixer.picture.mixing import Mixer
from mixer.picture.picture_format import STANDARD
from mixer.picture.stage import SlateBook, Stage, build_stage, opening_stage
from mixer.wire.picture import (
    Caption,
    Scene,
    Slate,
    Slot,
)
from tests.picture_streams import BLUE, GREEN, RED, Rgb, plain_frame

LAYOUTS = load_layouts()
START = 1000


class Studio:
    """A mixer whose sources are plain colours, always there."""

    def __init__(self, colours: dict[str, Rgb]) -> None:
        self.feeds = {seat: Feed() for seat in colours}
        self._colours = colours
        self.mixer = Mixer(STANDARD, SlateBook(ThreadPoolExecutor(1)), opening_stage(1280, 720))
        self.frame = START

    def stage(self, layout: str, seats: str, **more: object) -> Stage:
        slots = tuple(Slot(seat=seat, title=seat) for seat in seats)
        scene = Scene(revision=1, at_ns=0, layout=layout, slots=slots, **more)  # type: ignore[arg-type]
        return build_stage(scene, LAYOUTS[layout], self.feeds.__getitem__)

    def step(self, frames: int = 1) -> None:
        for _ in range(frames):
            for seat, rgb in self._colours.items():
                at_ns = self.frame * FRAME_NS - DEFAULT_DELAY_NS
                self.feeds[seat].put(at_ns, plain_frame(320, 180, rgb))
            self.mixer.compose(self.frame)
            self.frame += 1

    def luma(self, x: int = 640, y: int = 100) -> int:
        return int(self.mixer.canvas.planes.y[y, x])

    def shows(self, rgb: Rgb, x: int = 640, y: int = 100) -> bool:
        planes = self.mixer.canvas.planes
        found = (planes.y[y, x], planes.u[y // 2, x // 2], planes.v[y // 2, x // 2])
        return all(abs(int(a) - b) <= 2 for a, b in zip(found, to_yuv(*rgb), strict=True))


@pytest.fixture
def studio() -> Studio:
    made = Studio({"a": RED, "b": GREEN, "c": BLUE})
    made.mixer.enter(made.stage("full", "a"))
    made.step()
    return made


def test_a_cut_is_there_in_its_frame(studio: Studio) -> None:
    studio.mixer.enter(studio.stage("full", "b"))
    studio.step()
    assert studio.shows(GREEN)


def test_a_dissolve_takes_exactly_its_frames_and_goes_one_way(studio: Studio) -> None:
    studio.mixer.enter(studio.stage("full", "b", dissolve_ns=10 * FRAME_NS))
    seen = []
    for _ in range(9):
        studio.step()
        assert not studio.shows(GREEN)
        seen.append(studio.luma())
    assert seen == sorted(seen)
    assert len(set(seen)) == 9
    studio.step()
    assert studio.shows(GREEN)
    assert not studio.mixer.dissolving


def test_a_cut_ends_a_dissolve_and_another_dissolve_goes_on_from_the_mix(studio: Studio) -> None:
    studio.mixer.enter(studio.stage("full", "b", dissolve_ns=10 * FRAME_NS))
    studio.step(5)
    middle = studio.luma()
    studio.mixer.enter(studio.stage("full", "c", dissolve_ns=20 * FRAME_NS))
    studio.step()
    assert abs(studio.luma() - middle) < 8
    studio.mixer.enter(studio.stage("full", "a"))
    studio.step()
    assert studio.shows(RED)


def test_the_clean_picture_has_no_captions_even_while_dissolving(studio: Studio) -> None:
    caption = Caption(title="顾长青", subtitle="主持人")
    studio.mixer.enter(studio.stage("full", "a", caption=caption))
    studio.step()
    assert studio.luma(60, 640) != to_yuv(*RED)[0]
    assert int(studio.mixer.clean().planes.y[640, 60]) == to_yuv(*RED)[0]
    studio.mixer.enter(studio.stage("full", "b", caption=caption, dissolve_ns=4 * FRAME_NS))
    studio.step(2)
    clean = studio.mixer.clean().planes.y
    assert int(clean.max()) == int(clean.min())


def test_equal_pictures_do_not_change_while_they_dissolve(studio: Studio) -> None:
    studio.mixer.enter(studio.stage("full", "b", dissolve_ns=7 * FRAME_NS))
    before = Studio({"b": GREEN})
    before.mixer.enter(before.stage("full", "b"))
    before.step()
    first, second = before.mixer.canvas, before.mixer.canvas
    for share in np.linspace(0, 1, 9):
        studio.mixer.canvas.mix(first, second, float(share))
        assert (studio.mixer.canvas.planes.y == first.planes.y).all()


def test_frozen_the_picture_stays_until_it_is_released(studio: Studio) -> None:
    studio.mixer.enter(studio.stage("full", "a", frozen=True))
    studio._colours["a"] = BLUE
    studio.step(5)
    assert studio.shows(RED)
    studio.mixer.enter(studio.stage("full", "a"))
    studio.step(4)
    assert studio.shows(BLUE)


def test_a_programme_that_begins_frozen_gets_its_pictures_first() -> None:
    studio = Studio({"a": RED})
    studio.mixer.enter(studio.stage("full", "a", frozen=True))
    studio.step(30)
    assert studio.shows(RED)
    studio._colours["a"] = BLUE
    studio.step(5)
    assert studio.shows(RED)


@pytest.mark.parametrize("kind", ["opening", "break", "closing", "standby", "unheard of"])
def test_a_slate_takes_the_place_of_the_layout_and_counts_down(studio: Studio, kind: str) -> None:
    until_ns = (studio.frame + 60) * FRAME_NS
    slate = Slate(kind=kind, title="京湘两地远程交流", until_ns=until_ns)
    studio.mixer.enter(studio.stage("full", "a", slate=slate))
    studio.step()

    def digits() -> bytes:
        return studio.mixer.canvas.planes.y[560:630, 540:740].tobytes()

    seen = {digits()}
    for _ in range(70):
        studio.step()
        seen.add(digits())
    assert len(seen) == 4  # 3, 2, 1, nothing


def changes(studio: Studio, frames: int) -> list[bytes]:
    seen = []
    for _ in range(frames):
        studio.step()
        seen.append(studio.mixer.canvas.planes.y[570:690, 20:500].tobytes())
    return seen


def test_a_caption_comes_and_goes_within_its_frames(studio: Studio) -> None:
    fade_ns = 6 * FRAME_NS
    plain = changes(studio, 1)[0]
    caption = Caption(title="顾长青")
    studio.mixer.enter(studio.stage("full", "a", caption=caption, fade_ns=fade_ns))
    coming = changes(studio, 8)
    assert len(set(coming)) == 6
    assert coming[5] == coming[6] == coming[7]
    studio.mixer.enter(studio.stage("full", "a", fade_ns=fade_ns))
    going = changes(studio, 8)
    assert going[-3:] == [plain] * 3
    assert len(set(going)) == 6


def test_captions_that_change_again_and_again_leave_nothing_behind(studio: Studio) -> None:
    plain = changes(studio, 1)[0]
    for number in range(50):
        caption = Caption(title=f"第{number}位", subtitle="嘉宾" * (number % 7))
        studio.mixer.enter(studio.stage("full", "a", caption=caption, fade_ns=8 * FRAME_NS))
        studio.step()
    studio.mixer.enter(studio.stage("full", "a", fade_ns=8 * FRAME_NS))
    assert changes(studio, 10)[-1] == plain


def inset_stands(studio: Studio, check: Callable[[Rgb, int, int], bool]) -> None:
    for name in ("pip_top_left", "pip_top_right", "pip_bottom_left", "pip_bottom_right"):
        studio.mixer.enter(studio.stage(name, "ab"))
        place = LAYOUTS[name].place(2)[1].picture
        for _ in range(3):
            studio.step()
            assert check(GREEN, place.x + 160, place.y + 90)
            assert check(RED, 640, 360)


def test_an_inset_stays_above_the_picture_that_moves_below(studio: Studio) -> None:
    inset_stands(studio, studio.shows)
    studio._colours.pop("b")  # only what lies below changes now
    studio.mixer.enter(studio.stage("pip_top_left", "ab"))
    studio.step(10)
    place = LAYOUTS["pip_top_left"].place(2)[1].picture
    assert studio.shows(GREEN, place.x + 160, place.y + 90)
