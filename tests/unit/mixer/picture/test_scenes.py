"""Scenes on their way on air, in virtual time: the painter paints at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from mixer.picture import stage as staging
from mixer.picture.intake import Intakes
from mixer.picture.layout_file import load_layouts
from mixer.picture.look import Looks
from mixer.picture.picture_format import PictureFormat
from mixer.picture.scenes import KEEP_NS, Scenes
from mixer.picture.stage import Stage
from mixer.wire.control import ControlError
from mixer.wire.ids import FRAME_NS, PublicationId
from mixer.wire.link import LinkMessage, LinkSubscribe, LinkUnsubscribe
from mixer.wire.picture import Caption, PictureSource, Scene, Slate, Slot

FRAME = 1000


class AtOnce(Executor):
    """Paints while it is asked to, or, once ``held``, when it is let go."""

    def __init__(self) -> None:
        self.held = False
        self.painted = 0
        self._waiting: list[Callable[[], None]] = []

    def submit(self, call: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()

        def paint() -> None:
            if done.set_running_or_notify_cancel():
                self.painted += 1
                done.set_result(call(*args, **named))

        self._waiting.append(paint)
        if not self.held:
            self.let_go()
        return done

    def let_go(self) -> None:
        self.held = False
        while self._waiting:
            self._waiting.pop(0)()


class Desk:
    def __init__(self, tmp_path: Path) -> None:
        self.messages: list[LinkMessage] = []
        self.stages: list[Stage] = []
        self.painter = AtOnce()
        self.intakes = Intakes(self.messages.append)
        looks = Looks(tmp_path)
        layouts = load_layouts()
        self.scenes = Scenes(self.intakes, layouts, looks, self.painter, lambda call: call())
        self.scenes.on_stage = self.stages.append
        for number, seat in enumerate("abc", start=1):
            self.intakes.put(
                PictureSource(publication=PublicationId(number), seat=seat, title=seat)
            )

    def subscribed(self) -> set[int]:
        wanted: set[int] = set()
        for message in self.messages:
            if isinstance(message, LinkSubscribe):
                wanted.add(message.publication)
            elif isinstance(message, LinkUnsubscribe):
                wanted.discard(message.publication)
        return wanted


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def scene(revision: int, *seats: str, frame: int = 0, layout: str = "two_halls") -> Scene:
    return Scene(
        revision=revision,
        at_ns=frame * FRAME_NS,
        layout=layout,
        slots=tuple(Slot(seat=seat, title=f"{seat}{revision}") for seat in seats),
        caption=Caption(title=f"{revision}"),
    )


def test_a_take_of_what_is_in_preview_subscribes_and_letters_nothing_more(desk: Desk) -> None:
    desk.scenes.put(scene(1, "a", "b", frame=FRAME))
    desk.scenes.applied(desk.stages[-1], 0)
    shown = scene(2, "b", "c")
    desk.scenes.put_preview(shown)
    assert desk.subscribed() == {1, 2, 3}
    told, drawn = len(desk.messages), staging._name_bar.cache_info().misses
    desk.scenes.put(scene(2, "b", "c", frame=FRAME + 9))
    # With its time of now it is on air in the next frame, as it takes no time to be made.
    assert desk.stages[-1].frame == FRAME + 9
    assert len(desk.messages) == told
    assert staging._name_bar.cache_info().misses == drawn


def test_a_source_is_taken_in_before_its_scene_is_on_air_and_left_after_it(desk: Desk) -> None:
    desk.scenes.put(scene(1, "a", "b", frame=FRAME))
    desk.scenes.applied(desk.stages[-1], 0)
    desk.scenes.put(scene(2, "b", "c", frame=FRAME + 50))
    assert desk.subscribed() == {1, 2, 3}
    desk.scenes.applied(desk.stages[-1], 0)
    assert desk.subscribed() == {2, 3}
    desk.scenes.remove()
    assert desk.subscribed() == set()


def test_what_was_replaced_while_it_was_painted_never_comes_on_air(desk: Desk) -> None:
    desk.painter.held = True
    desk.scenes.put(scene(1, "a", frame=FRAME + 5))
    desk.scenes.put(scene(2, "b", frame=FRAME))
    desk.painter.let_go()
    assert [stage.revision for stage in desk.stages] == [2]
    assert desk.subscribed() == {2}


def test_an_unknown_layout_leaves_everything_as_it_was(desk: Desk) -> None:
    desk.scenes.put(scene(1, "a", frame=FRAME))
    for put in (desk.scenes.put, desk.scenes.put_preview):
        with pytest.raises(ControlError, match="unknown_layout"):
            put(scene(2, "c", layout="spiral"))
    assert desk.subscribed() == {1}
    assert len(desk.stages) == 1


def test_another_format_makes_all_stages_anew(desk: Desk) -> None:
    desk.scenes.put(scene(1, "a", frame=FRAME))
    desk.scenes.applied(desk.stages[-1], 0)
    desk.scenes.put_preview(scene(2, "b"))
    desk.scenes.rebuild(PictureFormat(1920, 1080, 30))
    again = desk.stages[-1]
    assert again.revision == 1
    assert again.form == PictureFormat(1920, 1080, 30)
    assert again.tiles[0].placement.picture.width > 800
    assert desk.scenes.preview is not None
    assert desk.scenes.preview.form.width == 640


def test_preview_is_ready_when_all_its_sources_have_a_picture(desk: Desk) -> None:
    desk.scenes.put_preview(scene(7, "a", "nobody"))
    told = desk.scenes.told_preview()
    assert told is not None
    assert (told.revision, told.ready) == (7, False)
    assert desk.scenes.told_preview() is None
    desk.intakes.feed("a").refuse()  # the first thing its source shows
    told = desk.scenes.told_preview()
    assert told is not None
    assert (told.revision, told.ready) == (7, True)


def test_of_fifty_captions_in_a_moment_only_what_comes_on_air_is_painted(desk: Desk) -> None:
    desk.painter.held = True
    for revision in range(50):
        desk.scenes.put(scene(revision, "a", "b", frame=FRAME))
        desk.scenes.put_preview(scene(100 + revision, "c"))
    desk.painter.let_go()
    assert [stage.revision for stage in desk.stages] == [49]
    assert desk.scenes.preview is not None
    assert desk.scenes.preview.revision == 149
    assert desk.painter.painted == 3  # the preview in both sizes


def slate(revision: int, frame: int) -> Scene:
    """As a panic puts it: no slots."""
    shown = Slate(kind="standby", title="连线")
    return Scene(revision=revision, at_ns=frame * FRAME_NS, layout="full", slots=(), slate=shown)


def air(desk: Desk, shown: Scene, now_ns: int = 0) -> None:
    desk.scenes.put(shown)
    desk.scenes.applied(desk.stages[-1], now_ns)


def test_behind_a_slate_the_scene_before_stays_ready_for_five_minutes(desk: Desk) -> None:
    air(desk, scene(1, "a", "b", frame=FRAME))
    air(desk, slate(2, FRAME + 10), now_ns=0)
    air(desk, slate(3, FRAME + 20), now_ns=KEEP_NS // 2)
    assert desk.subscribed() == {1, 2}
    told = len(desk.messages)
    desk.scenes.advance(KEEP_NS - 1)
    air(desk, scene(4, "a", "b", frame=FRAME + 30))
    assert len(desk.messages) == told, "decoders went on, so no key frame is needed"
    air(desk, slate(5, FRAME + 40), now_ns=0)
    desk.scenes.advance(KEEP_NS)
    assert desk.subscribed() == set()


def test_behind_a_clip_the_scene_before_stays_ready_too(desk: Desk) -> None:
    desk.intakes.feed("clip").stand(steady=True)
    air(desk, scene(1, "a", "b", frame=FRAME))
    air(desk, scene(2, "clip", layout="full", frame=FRAME + 10))
    assert desk.subscribed() == {1, 2}
    air(desk, scene(3, "c", layout="full", frame=FRAME + 20))
    assert desk.subscribed() == {3}


def test_behind_a_source_that_is_not_there_nothing_is_kept(desk: Desk) -> None:
    air(desk, scene(1, "a", "b", frame=FRAME))
    air(desk, scene(2, "nobody", layout="full", frame=FRAME + 10))
    assert desk.subscribed() == set()


def test_with_the_programme_nothing_is_kept(desk: Desk) -> None:
    air(desk, scene(1, "a", frame=FRAME))
    air(desk, slate(2, FRAME + 10))
    desk.scenes.remove()
    assert desk.subscribed() == set()
