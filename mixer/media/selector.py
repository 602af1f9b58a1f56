"""The media process' wait: for packets in compiled code, for everything else as any loop."""

from __future__ import annotations

import selectors
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from mixer.forward.turns import OTHERS, PACKETS, Waiter

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

_NEVER_NS: Final = 1 << 62


class PacketSelector(selectors.BaseSelector):
    """A selector for an event loop whose one busiest file is read by a `Waiter`.

    That file, once `attach` has named it, is reported as readable when the waiter says that its
    reader shall have a turn. All other files are those of an ordinary selector.
    """

    def __init__(self) -> None:
        """As any selector until `attach`."""
        self._others = selectors.EpollSelector()
        self._others_file = self._others.fileno()
        self._waiter: Waiter | None = None
        self._number = -1
        self._packets: selectors.SelectorKey | None = None

    def attach(self, number: int, waiter: Waiter) -> None:
        """Let `waiter` read a file that is not registered yet."""
        self._number, self._waiter = number, waiter

    def detach(self) -> None:
        """The file has been unregistered; treat it as any other from now on."""
        self._number, self._waiter = -1, None

    def register(
        self, fileobj: FileDescriptorLike, events: int, data: object = None
    ) -> selectors.SelectorKey:
        """See `selectors.BaseSelector`. Raises ValueError for the packets' file if it is to be
        written: it never is by the loop.
        """
        if fileobj != self._number:
            return self._others.register(fileobj, events, data)
        if events != selectors.EVENT_READ:
            raise ValueError("packets are only read")
        self._packets = selectors.SelectorKey(fileobj, self._number, events, data)
        return self._packets

    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        """See `selectors.BaseSelector`."""
        if fileobj != self._number or self._packets is None:
            return self._others.unregister(fileobj)
        key, self._packets = self._packets, None
        return key

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """See `selectors.BaseSelector`."""
        if self._waiter is None or self._packets is None:
            return self._others.select(timeout)
        until_ns = _NEVER_NS if timeout is None else time.monotonic_ns() + int(timeout * 1e9)
        turns = self._waiter.wait(self._others_file, until_ns)
        found = self._others.select(0) if turns & OTHERS else []
        if turns & PACKETS:
            found.append((self._packets, selectors.EVENT_READ))
        return found

    def close(self) -> None:
        """See `selectors.BaseSelector`."""
        self._others.close()

    def get_map(self) -> Mapping[FileDescriptorLike, selectors.SelectorKey]:
        """See `selectors.BaseSelector`."""
        known = self._others.get_map()
        return known if self._packets is None else {**known, self._number: self._packets}

    def get_key(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        """See `selectors.BaseSelector`."""
        if fileobj == self._number and self._packets is not None:
            return self._packets
        return self._others.get_key(fileobj)
