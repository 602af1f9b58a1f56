"""One connection over a line that a test can clog."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from server.application import Application
from server.conference.caller import Caller
from server.gateway import connection as connection_module
from server.gateway.connection import MAX_OUTBOX, MAX_UNSENT, ROOM_FOR_STATE, Connection
from server.gateway.texts import CHINESE
from server.ice_servers import IceServers
from signaling.event import SeatKind
from signaling.wire.messages import Reconnect
from signaling.wire.state import Delta, Snapshot, You


class ClogLine:
    """Takes everything; says whatever a test wants about what is unsent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.waiting = 0
        self.closed = asyncio.Event()
        self.news = asyncio.Event()

    async def emit(self, event: str, message: object) -> None:
        self.sent.append((event, message))
        self.news.set()

    def unsent(self) -> int:
        return self.waiting

    async def close(self) -> None:
        self.closed.set()

    async def until(self, count: int, event: str) -> list[Any]:
        """The messages of a kind, once there are so many."""
        async with asyncio.timeout(5):
            while len(found := [one for name, one in self.sent if name == event]) < count:
                self.news.clear()
                await self.news.wait()
        return found


@pytest.fixture
def line() -> ClogLine:
    return ClogLine()


@pytest.fixture
async def connection(application: Application, line: ClogLine) -> AsyncIterator[Connection]:
    conference = application.conference
    seat = next(one for one in conference.event.seats if one.kind is SeatKind.HALL)
    link = next(one for one in conference.links.links.values() if one.claims.seat == seat.id)
    made = Connection(conference, Caller(link.claims, seat), line, CHINESE)
    made.start()
    yield made
    made.stop()


def request(number: int, **body: Any) -> dict[str, Any]:
    return {"v": 1, "id": number, "body": body}


async def test_answers_come_in_the_order_of_the_requests(
    connection: Connection, line: ClogLine
) -> None:
    connection.receive(request(1, type="join", has_audio=False, has_video=False))
    for number in range(2, 20):
        connection.receive(request(number, type="get_state"))
    answers = await line.until(19, "answer")
    assert [one.id for one in answers] == list(range(1, 20))


async def test_state_waits_while_the_line_is_full_and_comes_as_one_delta(
    application: Application, connection: Connection, line: ClogLine
) -> None:
    (first,) = await line.until(1, "state")
    assert isinstance(first, Snapshot)
    line.waiting = ROOM_FOR_STATE + 1
    conference = application.conference
    for _ in range(3):
        connection.receive(request(1, type="join", has_audio=False, has_video=False))
        connection.state_changed()
    await line.until(3, "answer")
    assert len(await line.until(1, "state")) == 1
    line.waiting = 0
    _, second = await line.until(2, "state")
    assert isinstance(second, Delta)
    assert second.previous == first.revision
    assert conference.counters["state", "deferred_line_full"] > 0


async def test_a_page_that_does_not_read_is_disconnected(
    application: Application, connection: Connection, line: ClogLine
) -> None:
    line.waiting = MAX_UNSENT + 1
    connection.notify(Reconnect(direction="publish", reason="test"))
    await asyncio.wait_for(line.closed.wait(), 5)
    assert application.conference.counters["disconnected", "slow"] == 1


async def test_more_notices_than_the_outbox_holds_end_the_connection(
    application: Application, connection: Connection, line: ClogLine
) -> None:
    for _ in range(MAX_OUTBOX + 1):
        connection.notify(Reconnect(direction="publish", reason="test"))
    await asyncio.wait_for(line.closed.wait(), 5)
    assert application.conference.counters["disconnected", "outbox_full"] == 1


async def test_requests_that_pile_up_end_the_connection(
    connection: Connection, line: ClogLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*_arguments: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(connection_module, "carry_out", slow)
    monkeypatch.setattr(connection_module, "REQUEST_BURST", 1000.0)
    monkeypatch.setattr(connection._rate, "_tokens", 1000.0)
    monkeypatch.setattr(connection._rate, "_burst", 1000.0)
    for number in range(connection_module.MAX_INBOX + 10):
        connection.receive(request(number, type="get_state"))
    await asyncio.wait_for(line.closed.wait(), 5)
    (error,) = await line.until(1, "error")
    assert error.error == "message.too_fast"


async def test_a_bug_in_sending_sends_this_page_away(
    connection: Connection, line: ClogLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await line.until(1, "state")

    async def broken(_event: str, _message: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(line, "emit", broken)
    with capture_logs() as logs:
        connection.notify(Reconnect(direction="publish", reason="test"))
        await asyncio.wait_for(line.closed.wait(), 5)
    assert [one["event"] for one in logs] == ["connection.bug"]


TURN = IceServers(("turn:turn.example.org",), "a secret of coturn and ours", hours=0.0005)


def relayed_by(message: Snapshot | Delta) -> str | None:
    """The user name of the relay that a page is told."""
    you = (message.state if isinstance(message, Snapshot) else message.put).get("you")
    return you.ice_servers[0].username if isinstance(you, You) and you.ice_servers else None


async def test_credentials_come_anew_before_they_expire_and_end_with_the_line(
    application: Application, connection: Connection, line: ClogLine
) -> None:
    connection.stop()
    application.conference.ice = TURN
    fresh = Connection(application.conference, connection.caller, line, CHINESE)
    fresh.start()
    async with asyncio.timeout(10):
        while len(told := [one for _, one in line.sent if relayed_by(one)]) < 3:
            line.news.clear()
            await line.news.wait()
    names = [str(relayed_by(one)) for one in told]
    until_s = [int(name.partition(":")[0]) for name in names]
    assert sorted(set(until_s)) == until_s
    assert all(name.endswith(f":{connection.caller.seat.id}") for name in names)
    renewed = told[-1]
    assert isinstance(renewed, Delta)
    assert renewed.previous == renewed.revision
    assert set(renewed.put) == {"you"}
    fresh.stop()
    sent = len(line.sent)
    await asyncio.sleep(2 * TURN.renew_after_s)
    assert len(line.sent) == sent
