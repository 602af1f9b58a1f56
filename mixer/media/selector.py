"""The media process' event loop: packets pass in compiled code while it waits."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable
from contextvars import Context
from typing import Final, TypeVarTuple

from mixer.forward.turns import OTHERS, PACKETS, Waiter

_NEVER_NS: Final = 1 << 62
Arguments = TypeVarTuple("Arguments")


class PacketSelector(selectors.EpollSelector):
    """A selector that waits by a `Waiter`, once it has one, and gives packets their turns itself.

    A turn of packets is no event of the loop: there are hundreds a second, and few have anything
    for it to do.
    """

    def __init__(self) -> None:
        """As any selector until `attach`."""
        super().__init__()
        self._own_file = self.fileno()
        self._waiter: Waiter | None = None
        self._turn: Callable[[], bool] = bool

    def attach(self, waiter: Waiter, turn: Callable[[], bool]) -> None:
        """Wait by `waiter`; `turn` tells whether it left the loop something to do."""
        self._waiter, self._turn = waiter, turn

    def detach(self) -> None:
        """Wait as any selector."""
        self._waiter = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """See `selectors.BaseSelector`."""
        until_ns = _NEVER_NS if timeout is None else time.monotonic_ns() + int(timeout * 1e9)
        while (waiter := self._waiter) is not None:
            turns = waiter.wait(self._own_file, until_ns)
            has_left = bool(turns & PACKETS) and self._turn()
            if turns & OTHERS:
                return super().select(0)
            if not turns or has_left or time.monotonic_ns() >= until_ns:
                return []
        return super().select(timeout)


class PacketLoop(asyncio.SelectorEventLoop):
    """An event loop that packets may pass by; it notes whether anything was scheduled."""

    def __init__(self) -> None:
        """Packets pass from `pass_packets` on."""
        self.packets = PacketSelector()
        self._has_scheduled = False
        super().__init__(self.packets)

    def pass_packets(self, waiter: Waiter, turn: Callable[[], None]) -> None:
        """Wait by `waiter`, and call `turn` when packets shall have one."""

        def take_turn() -> bool:
            self._has_scheduled = False
            try:
                turn()
            except Exception as error:  # noqa: BLE001  as of any callback of a loop
                self.call_exception_handler({"message": "a turn failed", "exception": error})
            return self._has_scheduled

        self.packets.attach(waiter, take_turn)

    def call_soon(
        self,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """See `asyncio.AbstractEventLoop`."""
        self._has_scheduled = True
        return super().call_soon(callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """See `asyncio.AbstractEventLoop`; `call_later` comes here as well."""
        self._has_scheduled = True
        return super().call_at(when, callback, *args, context=context)
