from concurrent.futures import Executor, Future
from typing import Any

import numpy as np
import pytest

from mixer.picture.colour import to_yuv
from mixer.picture.compose import Compositor
from mixer.picture.feed import DEFAULT_DELAY_NS, FRAME_NS, HOLD_FRAMES, WARM_UP_FRAMES, Feed
from mixer.picture.layout_file import load_layouts
from mixer.picture.picture_format import STANDARD
from mixer.picture.slate import GROUND
from mixer.picture.stage import SlateBook, build_stage, opening_stage
from mixer.wire.picture import Caption, Scene, Slot
from tests.picture_streams import BLUE, GREEN, RED, Rgb, plain_frame

LAYOUTS = load_layouts()
START = 1000


class AtOnce(Executor):
    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args))
        return done


class Studio:
    def __init__(self, layout: str, *seats: str, caption: Caption | None = None) -> None:
        self.feeds = {seat: Feed() for seat in seats}
        self.compositor = Compositor(STANDARD, SlateBook(AtOnce()), opening_stage(1280, 720))
        slots = tuple(Slot(seat=seat, title=seat) for seat in seats)
        scene = Scene(revision=1, at_ns=0, layout=layout, slots=slots, caption=caption)
        self.compositor.enter(build_stage(scene, LAYOUTS[layout], self.feeds.__getitem__))

    def put(self, seat: str, frame: int, size: tuple[int, int], rgb: Rgb) -> None:
        self.feeds[seat].put(frame * FRAME_NS - DEFAULT_DELAY_NS, plain_frame(*size, rgb))

    def shows(self, rgb: Rgb, x: int, y: int) -> bool:
        planes = self.compositor.canvas.planes
        found = (planes.y[y, x], planes.u[y // 2, x // 2], planes.v[y // 2, x // 2])
        return all(abs(int(a) - b) <= 3 for a, b in zip(found, to_yuv(*rgb), strict=True))


def test_every_source_of_a_grid_of_nineteen_stands_in_its_own_slot() -> None:
    seats = [f"s{number}" for number in range(19)]
    studio = Studio("grid", *seats)
    colours = [(20 + 12 * n, 240 - 11 * n, (n * 67) % 256) for n in range(19)]
    for seat, rgb in zip(seats, colours, strict=True):
        studio.put(seat, START, (320, 180), rgb)
    assert studio.compositor.compose(START)
    for place, rgb in zip(LAYOUTS["grid"].place(19), colours, strict=True):
        x, y, width, height = place.picture
        assert studio.shows(rgb, x + 1, y + 1)
        assert studio.shows(rgb, x + width - 2, y + height - 2)


def test_an_unchanged_scene_draws_nothing_and_looks_the_same() -> None:
    studio = Studio("full", "a", caption=Caption(title="顾长青", subtitle="主持人"))
    studio.put("a", START, (640, 360), RED)
    assert studio.compositor.compose(START)
    before = studio.compositor.canvas.planes.y.copy()
    assert not studio.compositor.compose(START + 1)
    assert (studio.compositor.canvas.planes.y == before).all()


def test_a_translucent_caption_does_not_darken_with_each_picture() -> None:
    studio = Studio("full", "a", caption=Caption(title="顾长青"))
    seen = []
    for frame in range(START, START + 5):
        studio.put("a", frame, (640, 360), RED)
        assert studio.compositor.compose(frame)
        seen.append(studio.compositor.canvas.planes.y.copy())
    assert all((one == seen[0]).all() for one in seen)
    assert not studio.shows(RED, 400, 640)
    assert studio.shows(RED, 1000, 100)


def test_a_seat_in_two_places_moves_in_both() -> None:
    studio = Studio("two_halls", "a", "b")
    studio.put("a", START, (320, 180), RED)
    studio.put("b", START, (320, 180), GREEN)
    studio.compositor.compose(START)
    slots = (Slot(seat="a", title="a"), Slot(seat="a", title="a"))
    scene = Scene(revision=2, at_ns=0, layout="two_halls", slots=slots)
    studio.compositor.enter(build_stage(scene, LAYOUTS["two_halls"], studio.feeds.__getitem__))
    studio.compositor.compose(START + 1)
    assert studio.shows(RED, 300, 300)
    assert studio.shows(RED, 900, 300)


@pytest.mark.parametrize(
    "sizes", [[(320, 180), (641, 361), (1, 1), (1280, 720)], [(360, 640), (640, 360), (99, 7)]]
)
def test_sizes_may_change_in_mid_stream(sizes: list[tuple[int, int]]) -> None:
    studio = Studio("full", "a")
    for step, size in enumerate(sizes):
        rgb = (RED, GREEN, BLUE)[step % 3]
        studio.put("a", START + step, size, rgb)
        studio.compositor.compose(START + step)
        assert studio.shows(rgb, 640, 360), size
    assert studio.compositor.drops["scale_failed"] == 0


def test_margins_beside_an_upright_picture_are_clean() -> None:
    studio = Studio("full", "a")
    studio.put("a", START, (640, 360), RED)
    studio.compositor.compose(START)
    studio.put("a", START + 1, (360, 640), GREEN)
    studio.compositor.compose(START + 1)
    assert studio.shows(GREEN, 640, 360)
    assert studio.shows(GROUND, 100, 360)
    assert studio.shows(GROUND, 1200, 360)


def test_a_stalled_source_gives_way_to_a_slate_and_comes_back() -> None:
    studio = Studio("full", "a")
    studio.put("a", START, (640, 360), RED)
    for frame in range(START, START + HOLD_FRAMES):
        studio.compositor.compose(frame)
        assert studio.shows(RED, 30, 30)
    lost = START + HOLD_FRAMES
    studio.compositor.compose(lost)
    studio.compositor.compose(lost + 1)
    assert studio.shows(GROUND, 30, 30)
    assert int(np.max(studio.compositor.canvas.planes.y)) > 200
    studio.put("a", lost + 2, (640, 360), BLUE)
    studio.compositor.compose(lost + 4)
    assert studio.shows(BLUE, 30, 30)


def test_a_seat_that_never_had_a_picture_gets_its_slate() -> None:
    studio = Studio("two_halls", "a", "b")
    studio.put("a", START, (640, 360), RED)
    studio.compositor.compose(START)
    plain = studio.compositor.canvas.planes.y[136:460, 650:1230]
    assert int(plain.max()) == int(plain.min()) == to_yuv(*GROUND)[0]
    for frame in range(START, START + WARM_UP_FRAMES + 3):
        studio.compositor.compose(frame)
    assert int(studio.compositor.canvas.planes.y[136:460, 650:1230].max()) > 200


def test_the_opening_slate_stands_before_the_first_scene() -> None:
    compositor = Compositor(STANDARD, SlateBook(AtOnce()), opening_stage(1280, 720))
    assert not compositor.compose(START)
    assert int(compositor.canvas.planes.y.max()) > 220
