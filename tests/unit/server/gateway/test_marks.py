"""A mark has the time of the frame that showed its scene, also where the take had to wait."""

from collections.abc import AsyncIterator

import pytest

from mixer.wire.control import SceneApplied
from mixer.wire.ids import WorkerKind
from mixer.wire.resources import Mark
from server.application import Application
from tests.unit.server.conftest import FakeWorkers
from tests.unit.server.page import Page, token_of

MS = 1_000_000


@pytest.fixture
async def desk(application: Application, workers: FakeWorkers) -> AsyncIterator[Page]:
    """A director while a recording runs and picture tells nothing by itself."""
    workers.shows = False
    page = await Page(application).open(token_of(application, "director"))
    await page.until(lambda one: one.state)
    assert (await page.ask("start_recording"))["type"] == "recording_started"
    yield page
    await page.close()


def marks(workers: FakeWorkers) -> list[Mark]:
    held = workers.of(WorkerKind.RECORDER, Mark)
    return [one for one in held if isinstance(one, Mark)]


def show(workers: FakeWorkers, revision: int, at_ns: int) -> None:
    assert workers.listener is not None
    event = SceneApplied(revision=revision, frame=at_ns // (40 * MS), at_ns=at_ns)
    workers.listener.worker_event(WorkerKind.PICTURE, event)


async def test_it_moves_to_the_frame_that_was_seen(desk: Page, workers: FakeWorkers) -> None:
    taken = await desk.ask("go_cue", cue="call-in-1")
    before = marks(workers)
    assert before[-1].at_ns == taken["at_ms"] * MS
    seen_ns = before[-1].at_ns + 840 * MS
    show(workers, taken["revision"], seen_ns)
    after = marks(workers)
    assert [one.at_ns for one in after] == [*(one.at_ns for one in before[:-1]), seen_ns]
    assert [(one.id, one.title) for one in after] == [(one.id, one.title) for one in before]


async def test_one_that_was_replaced_while_it_waited_keeps_its_time(
    desk: Page, workers: FakeWorkers
) -> None:
    first = await desk.ask("go_cue", cue="call-in-1")
    second = await desk.ask("go_cue", cue="call-in-2")
    seen_ns = (second["at_ms"] + 400) * MS
    show(workers, second["revision"], seen_ns)
    assert [one.at_ns for one in marks(workers)[-2:]] == [first["at_ms"] * MS, seen_ns]
    show(workers, first["revision"], seen_ns + 40 * MS)
    assert [one.at_ns for one in marks(workers)[-2:]] == [first["at_ms"] * MS, seen_ns]


async def test_what_is_shown_again_by_another_life_of_picture_moves_nothing(
    desk: Page, workers: FakeWorkers
) -> None:
    taken = await desk.ask("go_cue", cue="call-in-1")
    show(workers, taken["revision"], taken["at_ms"] * MS + 80 * MS)
    seen = marks(workers)
    show(workers, taken["revision"], taken["at_ms"] * MS + 9000 * MS)
    assert marks(workers) == seen


async def test_after_the_end_nothing_moves(desk: Page, workers: FakeWorkers) -> None:
    taken = await desk.ask("go_cue", cue="call-in-1")
    assert (await desk.ask("stop_recording"))["type"] == "done"
    stopped = marks(workers)
    show(workers, taken["revision"], taken["at_ms"] * MS + 400 * MS)
    assert marks(workers) == stopped


async def test_takes_that_are_never_seen_are_not_remembered_for_ever(
    desk: Page, workers: FakeWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.conference.marking.MAX_UNSEEN", 2)
    workers.away.add(WorkerKind.PICTURE)
    first, *_ = [await desk.ask("go_cue", cue=f"call-in-{number}") for number in (1, 2, 3)]
    before = marks(workers)
    show(workers, first["revision"], (first["at_ms"] + 400) * MS)
    assert marks(workers) == before
