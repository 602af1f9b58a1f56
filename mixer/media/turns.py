"""Who wakes the media process for packets and for what time makes due."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Final, Protocol

from mixer.forward.interface import NOTHING, Batch, Fanout
from mixer.forward.turns import EARLY_NS, LATE_NS, READ_AT_ONCE, Waiter
from mixer.media.selector import PacketLoop
from mixer.media.wakeups import Wakeups

POLL_NS: Final = 20_000_000
"""What is due sooner has a time of its own."""


class TurnTaker(Protocol):
    """What has to be done in turns. Times are monotonic."""

    def packets_came(self, batch: Batch, now_ns: int) -> None:
        """A reading left something."""

    def paced(self, now_ns: int) -> None:
        """The time told by `Turns.pace` has come."""

    def write(self) -> None:
        """The time told by `Turns.write` has come."""

    def tick(self, now_ns: int) -> None:
        """Some 50 times a second, or less often if the fan-out has nothing to do in it and nobody
        asked for it.
        """


class Turns(Protocol):
    """When it has to be done."""

    def start(self) -> None:
        """Begin, on the running loop."""

    def stop(self) -> None:
        """End; the socket stays open."""

    def pace(self, now_ns: int, due_ns: int) -> None:
        """Something waits for `Fanout.poll` until then."""

    def write(self, wait_ns: int) -> None:
        """Something waits to be written elsewhere, so long at most."""

    def look(self, due_ns: int) -> None:
        """From then on there is a tick whether or not the fan-out has anything to do in it."""

    def ask(self) -> None:
        """There is something to do in the next tick."""


class WaitingTurns:
    """Implements `Turns` by a waiter: packets pass while the loop waits."""

    def __init__(self, loop: PacketLoop, waiter: Waiter, taker: TurnTaker) -> None:
        """`loop` is the running one."""
        self._loop = loop
        self._waiter = waiter
        self._taker = taker
        self.look = waiter.look
        self.ask = waiter.ask

    def start(self) -> None:
        """See `Turns`."""
        self._loop.pass_packets(self._waiter, self._turn)

    def stop(self) -> None:
        """See `Turns`."""
        self._loop.packets.detach()

    def pace(self, now_ns: int, due_ns: int) -> None:
        """See `Turns`."""
        if due_ns - now_ns < POLL_NS:
            self._waiter.pace(due_ns)

    def write(self, wait_ns: int) -> None:
        """See `Turns`."""
        self._waiter.write(time.monotonic_ns() + wait_ns)

    def _turn(self) -> None:
        waiter, taker = self._waiter, self._taker
        now_ns = time.monotonic_ns()
        batch = waiter.take()
        if batch is not NOTHING:
            taker.packets_came(batch, now_ns)
        if waiter.is_paced(now_ns):
            taker.paced(now_ns)
        if waiter.is_written(now_ns):
            taker.write()
        if waiter.is_tick():
            taker.tick(now_ns)


class LoopTurns:
    """Implements `Turns` on any event loop, for any fan-out: it ticks each time."""

    def __init__(self, fanout: Fanout, port: socket.socket, taker: TurnTaker) -> None:
        """`port` is what the fan-out reads."""
        self._fanout = fanout
        self._file = port.fileno()
        self._taker = taker
        self._wakeups = Wakeups()
        self._timer: asyncio.TimerHandle | None = None
        self._pacing: asyncio.TimerHandle | None = None
        self._early_ns = 0

    def start(self) -> None:
        """See `Turns`."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._file, self._readable)
        self._timer = loop.call_later(LATE_NS / 1e9, self._tick)

    def stop(self) -> None:
        """See `Turns`."""
        for timer in (self._timer, self._pacing):
            if timer is not None:
                timer.cancel()
        asyncio.get_running_loop().remove_reader(self._file)

    def pace(self, now_ns: int, due_ns: int) -> None:
        """See `Turns`."""
        wait_ns = due_ns - now_ns
        if self._pacing is None and wait_ns < POLL_NS:
            loop = asyncio.get_running_loop()
            self._pacing = loop.call_later(wait_ns / 1e9, self._paced)

    def write(self, wait_ns: int) -> None:
        """See `Turns`."""
        asyncio.get_running_loop().call_later(wait_ns / 1e9, self._taker.write)

    def look(self, due_ns: int) -> None:
        """See `Turns`."""

    def ask(self) -> None:
        """See `Turns`."""

    def _readable(self) -> None:
        now_ns = self._wakeups.gather()
        batch = self._fanout.drain(now_ns, READ_AT_ONCE)
        if batch is not NOTHING:
            if not batch.exhausted:
                self._wakeups.hurry()
            self._taker.packets_came(batch, now_ns)
        if now_ns >= self._early_ns:
            self._tick()

    def _paced(self) -> None:
        self._pacing = None
        self._taker.paced(time.monotonic_ns())

    def _tick(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(LATE_NS / 1e9, self._tick)
        now_ns = time.monotonic_ns()
        self._early_ns = now_ns + EARLY_NS
        self._taker.tick(now_ns)


def make_turns(fanout: Fanout, port: socket.socket, taker: TurnTaker) -> Turns:
    """By the wait of the running loop, if that is one that packets pass by and the fan-out can."""
    loop = asyncio.get_running_loop()
    waiter = fanout.waiter()
    if isinstance(loop, PacketLoop) and waiter is not None:
        return WaitingTurns(loop, waiter, taker)
    return LoopTurns(fanout, port, taker)
