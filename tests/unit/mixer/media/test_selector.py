"""A selector whose busiest file is read elsewhere, by itself and under an event loop."""

from __future__ import annotations

import asyncio
import selectors
import socket
import time
from collections.abc import Iterator

import pytest

from mixer.forward.batch import NOTHING, Batch
from mixer.forward.turns import OTHERS, PACKETS
from mixer.media.selector import PacketSelector
from mixer.media.turns import SelectorTurns

SECOND_NS = 1_000_000_000


class FakeWaiter:
    """Gives the turns it is told to, and notes how long it might have waited."""

    def __init__(self) -> None:
        self.turns: list[int] = []
        self.patience_ns: list[int] = []
        self.batches: list[Batch] = []
        self.ticks = 0
        self.paced_ns: int | None = None

    def wait(self, others: int, until_ns: int) -> int:
        patience_ns = until_ns - time.monotonic_ns()
        self.patience_ns.append(patience_ns)
        if self.turns:
            return self.turns.pop(0)
        with selectors.DefaultSelector() as waiting:
            waiting.register(others, selectors.EVENT_READ)
            is_readable = waiting.select(min(max(patience_ns / 1e9, 0), 1))
        return OTHERS if is_readable else 0

    def take(self) -> Batch:
        return self.batches.pop(0) if self.batches else NOTHING

    def is_tick(self) -> bool:
        self.ticks -= 1
        return self.ticks >= 0

    def is_paced(self, now_ns: int) -> bool:
        is_due = self.paced_ns is not None and now_ns >= self.paced_ns
        if is_due:
            self.paced_ns = None
        return is_due

    def pace(self, due_ns: int) -> None:
        self.paced_ns = due_ns

    def look(self, due_ns: int) -> None:
        """Nobody looks here."""

    def ask(self) -> None:
        self.ticks = 1


class Files:
    """The packets' socket, another one, and the selector of both."""

    def __init__(self) -> None:
        self.packets, self.far = socket.socketpair()
        self.other, self.far_other = socket.socketpair()
        self.waiter = FakeWaiter()
        self.selector = PacketSelector()

    def attach(self) -> selectors.SelectorKey:
        self.selector.attach(self.packets.fileno(), self.waiter)
        self.selector.register(self.other, selectors.EVENT_READ, "other")
        return self.selector.register(self.packets.fileno(), selectors.EVENT_READ, "packets")

    def close(self) -> None:
        self.selector.close()
        for one in (self.packets, self.far, self.other, self.far_other):
            one.close()


@pytest.fixture
def files() -> Iterator[Files]:
    made = Files()
    yield made
    made.close()


def names(found: list[tuple[selectors.SelectorKey, int]]) -> list[object]:
    assert all(events == selectors.EVENT_READ for _, events in found)
    return [key.data for key, _ in found]


def test_before_a_waiter_it_is_any_selector(files: Files) -> None:
    files.selector.register(files.packets, selectors.EVENT_READ, "packets")
    files.far.send(b"x")
    assert names(files.selector.select(1)) == ["packets"]


def test_a_turn_of_the_packets_is_reported_as_their_file(files: Files) -> None:
    key = files.attach()
    files.waiter.turns = [PACKETS, 0, OTHERS | PACKETS, OTHERS]
    assert files.selector.select(1) == [(key, selectors.EVENT_READ)]
    assert files.selector.select(1) == []
    files.far_other.send(b"x")
    assert names(files.selector.select(1)) == ["other", "packets"]
    assert names(files.selector.select(1)) == ["other"]


def test_the_packets_file_is_left_to_the_waiter(files: Files) -> None:
    files.attach()
    files.far.send(b"x")
    assert files.selector.select(0) == []


@pytest.mark.parametrize(
    ("timeout", "least_ns", "most_ns"),
    [(None, 1 << 60, 1 << 62), (2.5, 2 * SECOND_NS, 3 * SECOND_NS), (0, -SECOND_NS, 1)],
)
def test_the_waiter_has_the_loops_patience(
    files: Files, timeout: float | None, least_ns: int, most_ns: int
) -> None:
    files.attach()
    files.waiter.turns = [PACKETS]
    files.selector.select(timeout)
    assert least_ns <= files.waiter.patience_ns[0] < most_ns


def test_keys_of_both_kinds_are_found_and_go(files: Files) -> None:
    key = files.attach()
    number = files.packets.fileno()
    assert files.selector.get_key(number) == key
    assert files.selector.get_key(files.other).data == "other"
    assert {one.data for one in files.selector.get_map().values()} == {"other", "packets"}
    assert files.selector.modify(number, selectors.EVENT_READ, "anew").data == "anew"
    assert files.selector.unregister(number).data == "anew"
    with pytest.raises(KeyError):
        files.selector.get_key(number)
    assert files.selector.unregister(files.other).data == "other"


def test_packets_are_never_written_by_the_loop(files: Files) -> None:
    files.attach()
    number = files.packets.fileno()
    files.selector.unregister(number)
    with pytest.raises(ValueError, match="only read"):
        files.selector.register(number, selectors.EVENT_WRITE)


class Taker:
    """Notes its turns."""

    def __init__(self) -> None:
        self.turns: list[str] = []

    def packets_came(self, batch: Batch, now_ns: int) -> None:
        self.turns.append(f"packets {len(batch.control)}")

    def paced(self, now_ns: int) -> None:
        self.turns.append("paced")

    def tick(self, now_ns: int) -> None:
        self.turns.append("tick")


def test_a_loop_gives_everybody_a_turn(files: Files) -> None:
    taker = Taker()

    async def live() -> None:
        loop = asyncio.get_running_loop()
        turns = SelectorTurns(files.selector, files.packets, files.waiter, taker)
        turns.start()
        batch = Batch()
        batch.control.append((b"stun", ("192.0.2.1", 9)))
        files.waiter.batches = [batch]
        turns.ask()
        now_ns = time.monotonic_ns()
        turns.pace(now_ns, now_ns)
        turns.pace(now_ns, now_ns + SECOND_NS)  # the next tick is sooner
        files.waiter.turns = [PACKETS]
        heard = asyncio.Event()
        loop.add_reader(files.other, heard.set)
        loop.call_later(0.02, files.far_other.send, b"x")
        async with asyncio.timeout(10):
            await heard.wait()
        loop.remove_reader(files.other)
        turns.stop()
        assert files.selector.get_map().keys().isdisjoint({files.packets.fileno()})

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(files.selector)) as runner:
        runner.run(live())
    assert taker.turns == ["packets 1", "paced", "tick"]
