from concurrent.futures import Executor, Future
from typing import Any

import pytest

from mixer.picture import stage as stage_module
from mixer.picture.feed import Feed
from mixer.picture.layout_file import load_layouts
from mixer.picture.slate import SlateReason
from mixer.picture.stage import SlateBook, SlateKey, build_stage
from mixer.picture.theme import LINE_TOP
from mixer.wire.picture import Caption, Scene, Slot

LAYOUTS = load_layouts()


class HandExecutor(Executor):
    """Runs what was submitted when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Any, tuple[Any, ...]]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.waiting.append((fn, args))
        return Future()

    def work(self) -> None:
        for fn, args in self.waiting:
            fn(*args)
        self.waiting.clear()


def scene(layout: str, count: int, caption: Caption | None, strap: str = "") -> Scene:
    slots = tuple(Slot(seat=f"s{n}", title=f"站点{n}") for n in range(count))
    return Scene(
        revision=3, at_ns=40_000_001, layout=layout, slots=slots, caption=caption, strap=strap
    )


def test_a_scene_takes_effect_at_the_first_frame_not_before_its_time() -> None:
    stage = build_stage(scene("full", 1, None), LAYOUTS["full"], lambda _: Feed())
    assert (stage.revision, stage.frame) == (3, 2)


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_captions_lie_within_the_canvas_and_apart(layout: str) -> None:
    made = build_stage(
        scene(layout, 19, Caption(title="顾长青" * 40, subtitle="主任" * 60), "场外连线一" * 9),
        LAYOUTS[layout],
        lambda _: Feed(),
    )
    strap, caption = (placed.rect for placed in made.overlays)
    assert not strap.touches(caption)
    for rect in (strap, caption):
        assert all(value % 2 == 0 for value in rect)
        assert rect.x >= 0
        assert rect.x + rect.width <= 1280
        assert rect.y + rect.height <= 720


def test_in_the_grid_captions_cover_no_tile() -> None:
    made = build_stage(
        scene("grid", 19, Caption(title="顾长青"), "场外连线一"), LAYOUTS["grid"], lambda _: Feed()
    )
    assert {placed.rect.y for placed in made.overlays} == {LINE_TOP}
    assert not any(
        placed.rect.touches(tile.placement.picture)
        for placed in made.overlays
        for tile in made.tiles
    )


def test_slots_beyond_the_layout_are_not_shown() -> None:
    stage = build_stage(scene("two_halls", 5, None), LAYOUTS["two_halls"], lambda _: Feed())
    assert [tile.title for tile in stage.tiles] == ["站点0", "站点1"]


def test_a_slate_is_made_elsewhere_once_and_then_kept() -> None:
    executor = HandExecutor()
    book = SlateBook(executor)
    key = SlateKey(220, 124, "香港办公室", "", SlateReason.WAITING)
    assert book.get(key) is None
    assert book.get(key) is None
    assert len(executor.waiting) == 1
    executor.work()
    assert book.get(key) is book.get(key) is not None


def test_slates_are_bounded_and_made_again_when_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_module, "MAX_SLATE_BYTES", 100_000)
    executor = HandExecutor()
    book = SlateBook(executor)
    keys = [SlateKey(220, 124, str(n), "", SlateReason.WAITING) for n in range(4)]
    for key in keys:
        book.get(key)
    executor.work()
    assert book.get(keys[-1]) is not None
    assert book.get(keys[0]) is None
    executor.work()
    assert book.get(keys[0]) is not None
