"""A mark has the time of the frame that showed its scene, also where the take had to wait.

A take that nobody saw or heard has none.
"""

from collections.abc import AsyncIterator

import pytest

from mixer.wire.control import SceneApplied
from mixer.wire.ids import WorkerKind
from mixer.wire.resources import Mark
from server.application import DATABASE_FILE, Application, start_application
from server.settings import Settings
from server.store.database import Database
from server.store.recordings import mark_rows
from tests.unit.server.conftest import FakeWorkers
from tests.unit.server.page import Page, token_of

MS = 1_000_000


@pytest.fixture
async def desk(application: Application, workers: FakeWorkers) -> AsyncIterator[Page]:
    page = await director(application, workers)
    yield page
    await page.close()


async def director(application: Application, workers: FakeWorkers) -> Page:
    """A director while a recording runs and picture tells nothing by itself."""
    workers.shows = False
    page = await Page(application).open(token_of(application, "director"))
    await page.until(lambda one: one.state)
    assert (await page.ask("start_recording"))["type"] == "recording_started"
    return page


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


async def test_one_that_was_replaced_while_it_waited_is_gone(
    desk: Page, workers: FakeWorkers
) -> None:
    begun = marks(workers)
    first = await desk.ask("go_cue", cue="call-in-1")
    second = await desk.ask("go_cue", cue="call-in-2")
    *_, meant = marks(workers)
    assert len(marks(workers)) == len(begun) + 2
    seen_ns = (second["at_ms"] + 400) * MS
    show(workers, second["revision"], seen_ns)
    *before, seen = marks(workers)
    assert before == begun
    assert (seen.id, seen.at_ns) == (meant.id, seen_ns)
    show(workers, first["revision"], seen_ns + 40 * MS)
    assert marks(workers) == [*begun, seen]


async def test_one_that_is_gone_does_not_come_back_with_the_server(
    workers: FakeWorkers, settings: Settings
) -> None:
    application = await start_application(settings, workers)
    desk = await director(application, workers)
    await desk.ask("go_cue", cue="call-in-1")
    second = await desk.ask("go_cue", cue="call-in-2")
    show(workers, second["revision"], (second["at_ms"] + 400) * MS)
    held = marks(workers)
    await desk.close()
    await application.stop()
    database = await Database.open(settings.data_dir / DATABASE_FILE)
    async with database.session() as session:
        stored = await mark_rows(session, held[0].session)
    await database.close()
    assert [one.id for one in stored] == [one.id for one in held]


async def test_one_that_was_heard_though_never_seen_keeps_its_time(
    desk: Page, workers: FakeWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Picture was away for longer than sound waits."""
    monkeypatch.setattr("server.conference.marking.SETTLE_MS", -10_000)
    first = await desk.ask("go_cue", cue="call-in-1")
    second = await desk.ask("go_cue", cue="call-in-2")
    seen_ns = (second["at_ms"] + 400) * MS
    show(workers, second["revision"], seen_ns)
    assert [one.at_ns for one in marks(workers)[-2:]] == [first["at_ms"] * MS, seen_ns]


async def test_another_caption_while_it_waits_does_not_hide_it(
    desk: Page, workers: FakeWorkers
) -> None:
    taken = await desk.ask("go_cue", cue="call-in-1")
    captioned = await desk.ask("set_strap", strap="场外连线一")
    assert captioned["revision"] > taken["revision"]
    before = marks(workers)
    seen_ns = (captioned["at_ms"] + 400) * MS
    show(workers, captioned["revision"], seen_ns)
    assert [one.id for one in marks(workers)] == [one.id for one in before]
    assert marks(workers)[-1].at_ns == seen_ns


async def test_what_is_shown_again_by_another_life_of_picture_moves_nothing(
    desk: Page, workers: FakeWorkers
) -> None:
    taken = await desk.ask("go_cue", cue="call-in-1")
    show(workers, taken["revision"], taken["at_ms"] * MS + 80 * MS)
    seen = marks(workers)
    show(workers, taken["revision"], taken["at_ms"] * MS + 9000 * MS)
    assert marks(workers) == seen


async def test_one_that_the_end_came_before_is_gone_and_afterwards_nothing_moves(
    desk: Page, workers: FakeWorkers
) -> None:
    begun = marks(workers)
    seen = await desk.ask("go_cue", cue="call-in-1")
    show(workers, seen["revision"], (seen["at_ms"] + 80) * MS)
    unseen = await desk.ask("go_cue", cue="call-in-2")
    assert len(marks(workers)) == len(begun) + 2
    assert (await desk.ask("stop_recording"))["type"] == "done"
    stopped = marks(workers)
    assert [one.at_ns for one in stopped[len(begun) :]] == [(seen["at_ms"] + 80) * MS]
    show(workers, unseen["revision"], unseen["at_ms"] * MS + 400 * MS)
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
