"""An event loop whose wait gives packets their turns."""

from __future__ import annotations

import asyncio
import selectors
import socket
import time
from collections.abc import Callable, Coroutine, Iterator

import pytest

from mixer.forward.batch import NOTHING, Batch
from mixer.forward.turns import OTHERS, PACKETS
from mixer.media.selector import PacketLoop, PacketSelector
from mixer.media.turns import WaitingTurns

MS = 1_000_000
SECOND = 1000 * MS


class FakeWaiter:
    """Gives the turns it is told to, then waits as a real one; notes how long it might have."""

    def __init__(self) -> None:
        self.turns: list[int] = []
        self.patience_ns: list[int] = []
        self.batches: list[Batch] = []
        self.ticks = 0
        self.due_ns = {"pace": 1 << 62, "write": 1 << 62}

    def wait(self, others: int, until_ns: int) -> int:
        now_ns = time.monotonic_ns()
        self.patience_ns.append(until_ns - now_ns)
        if self.turns:
            return self.turns.pop(0)
        least_ns = min(until_ns, *self.due_ns.values())
        with selectors.DefaultSelector() as waiting:
            waiting.register(others, selectors.EVENT_READ)
            is_readable = waiting.select(min(max((least_ns - now_ns) / 1e9, 0), 5))
        turns = OTHERS if is_readable else 0
        if self.batches or self.ticks > 0 or time.monotonic_ns() >= min(self.due_ns.values()):
            turns |= PACKETS
        return turns

    def take(self) -> Batch:
        return self.batches.pop(0) if self.batches else NOTHING

    def is_tick(self) -> bool:
        self.ticks -= 1
        return self.ticks >= 0

    def is_paced(self, now_ns: int) -> bool:
        return self._is_due("pace", now_ns)

    def is_written(self, now_ns: int) -> bool:
        return self._is_due("write", now_ns)

    def _is_due(self, name: str, now_ns: int) -> bool:
        is_due = now_ns >= self.due_ns[name]
        if is_due:
            self.due_ns[name] = 1 << 62
        return is_due

    def pace(self, due_ns: int) -> None:
        self.due_ns["pace"] = due_ns

    def write(self, due_ns: int) -> None:
        self.due_ns["write"] = due_ns

    def look(self, due_ns: int) -> None:
        """Nobody looks here."""

    def ask(self) -> None:
        self.ticks = 1


class Taker:
    """Notes its turns."""

    def __init__(self) -> None:
        self.turns: list[str] = []

    def packets_came(self, batch: Batch, now_ns: int) -> None:
        self.turns.append(f"packets {len(batch.control)}")

    def paced(self, now_ns: int) -> None:
        self.turns.append("paced")

    def write(self) -> None:
        self.turns.append("write")

    def tick(self, now_ns: int) -> None:
        self.turns.append("tick")


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    yield near, far
    near.close()
    far.close()


def run(live: Callable[[PacketLoop], Coroutine[None, None, None]]) -> None:
    """On a loop of the kind."""

    async def within() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, PacketLoop)
        async with asyncio.timeout(10):
            await live(loop)

    with asyncio.Runner(loop_factory=PacketLoop) as runner:
        runner.run(within())


# --- the selector -------------------------------------------------------------------------------


def test_before_a_waiter_it_is_any_selector(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    with PacketSelector() as selector:
        key = selector.register(near, selectors.EVENT_READ)
        assert selector.select(0) == []
        far.send(b"x")
        assert selector.select(1) == [(key, selectors.EVENT_READ)]


def test_turns_are_taken_until_the_loop_has_something_to_do(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    near, far = pair
    waiter, taken = FakeWaiter(), iter((False, False, True, False))
    with PacketSelector() as selector:
        key = selector.register(near, selectors.EVENT_READ)
        selector.attach(waiter, lambda: next(taken))
        waiter.turns = [PACKETS] * 3
        assert selector.select(5) == []
        assert len(waiter.patience_ns) == 3
        far.send(b"x")
        waiter.turns = [PACKETS | OTHERS]
        assert selector.select(5) == [(key, selectors.EVENT_READ)]
        assert next(taken, None) is None


def test_turns_without_end_do_not_hold_the_loop_up() -> None:
    waiter = FakeWaiter()
    waiter.turns = [PACKETS] * 1000
    with PacketSelector() as selector:
        selector.attach(waiter, lambda: False)
        assert selector.select(0) == []
        assert len(waiter.turns) == 999


@pytest.mark.parametrize(
    ("timeout", "least_ns", "most_ns"),
    [(None, 1 << 60, 1 << 62), (2.5, 2 * SECOND, 3 * SECOND), (0, -SECOND, 1)],
)
def test_the_waiter_has_the_loops_patience(
    timeout: float | None, least_ns: int, most_ns: int
) -> None:
    waiter = FakeWaiter()
    waiter.turns = [PACKETS]
    with PacketSelector() as selector:
        selector.attach(waiter, lambda: True)
        selector.select(timeout)
    assert least_ns <= waiter.patience_ns[0] < most_ns


# --- the loop -----------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", ["call_soon", "call_later", "create_task"])
def test_what_a_turn_schedules_is_done(schedule: str) -> None:
    async def live(loop: PacketLoop) -> None:
        done = asyncio.Event()
        waiter = FakeWaiter()

        async def finish() -> None:
            done.set()

        def turn() -> None:
            waiter.ticks = 0
            if schedule == "call_soon":
                loop.call_soon(done.set)
            elif schedule == "call_later":
                loop.call_later(0.01, done.set)
            else:
                tasks.append(loop.create_task(finish()))

        tasks: list[asyncio.Task[None]] = []
        loop.pass_packets(waiter, turn)
        waiter.ticks = 1
        await done.wait()
        loop.packets.detach()

    run(live)


def test_threads_timers_and_files_wake_the_loop_while_packets_pass(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    near, far = pair

    async def live(loop: PacketLoop) -> None:
        loop.pass_packets(FakeWaiter(), lambda: None)
        assert await asyncio.to_thread(lambda: "thread") == "thread"
        await asyncio.sleep(0.01)
        heard = asyncio.Event()
        loop.add_reader(near, heard.set)
        loop.call_later(0.01, far.send, b"x")
        await heard.wait()
        loop.remove_reader(near)
        loop.packets.detach()

    run(live)


def test_a_turn_that_fails_is_told_and_the_loop_goes_on() -> None:
    async def live(loop: PacketLoop) -> None:
        told: list[dict[str, object]] = []
        waiter = FakeWaiter()
        loop.set_exception_handler(lambda _loop, context: told.append(context))

        def turn() -> None:
            waiter.ticks = 0
            raise ValueError("a bug")

        loop.pass_packets(waiter, turn)
        waiter.ticks = 1
        await asyncio.sleep(0.01)
        loop.packets.detach()
        assert [str(context["exception"]) for context in told] == ["a bug"]

    run(live)


def test_everybody_has_a_turn_in_order() -> None:
    taker = Taker()

    async def live(loop: PacketLoop) -> None:
        waiter = FakeWaiter()
        turns = WaitingTurns(loop, waiter, taker)
        turns.start()
        batch = Batch()
        batch.control.append((b"stun", ("192.0.2.1", 9)))
        waiter.batches = [batch]
        turns.ask()
        now_ns = time.monotonic_ns()
        turns.pace(now_ns, now_ns)
        turns.write(0)
        await asyncio.sleep(0.01)
        assert taker.turns == ["packets 1", "paced", "write", "tick"]
        turns.pace(now_ns, now_ns + SECOND)  # the next tick is sooner
        turns.write(5 * MS)
        await asyncio.sleep(0.05)
        turns.stop()

    run(live)
    assert taker.turns[4:] == ["write"]
