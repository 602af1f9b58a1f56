"""When packets are read, and when somebody else has to have a turn.

What arrives within `GATHER_NS` of the packet that woke the process is read together, as a network
card joins interrupts; what comes after calm is read at once. What time makes due is looked at by
the first reading that comes `EARLY_NS` after the last look, which has woken the process already,
and at the latest `LATE_NS` after it.
"""

from __future__ import annotations

from typing import Final, Protocol

from mixer.forward.batch import Batch

GATHER_NS: Final = 2_000_000
"""From the first packet to the reading that takes it with all that followed it."""
CALM_NS: Final = 10_000_000
"""A packet that comes so long after the reading before is read at once."""
EARLY_NS: Final = 16_000_000
LATE_NS: Final = 24_000_000
READ_AT_ONCE: Final = 64
"""Datagrams a reading; more would make whatever else waits late."""
PACKETS: Final = 1
"""`Waiter.wait`: a batch, a tick or something that was to be done by now waits for its turn."""
OTHERS: Final = 2
"""`Waiter.wait`: something else than the socket can be read."""


class Waiter(Protocol):
    """An event loop's wait, during which packets pass without the interpreter.

    It reads the socket of the fan-out it belongs to; no other call of that fan-out may come
    meanwhile. All times are monotonic ns.
    """

    def wait(self, others: int, until_ns: int) -> int:
        """Pass packets on until somebody else has to have a turn, or `until_ns`; 0, or of
        `PACKETS` and `OTHERS` those who have.

        `others` is a file number that can be read when anything else than the socket can.
        """

    def take(self) -> Batch:
        """What readings left; `NOTHING` for nothing."""

    def is_tick(self) -> bool:
        """Whether a tick is due, once for each."""

    def is_paced(self, now_ns: int) -> bool:
        """Whether the time told by `pace` has come, once for each."""

    def pace(self, due_ns: int) -> None:
        """Something waits for `Fanout.poll` until then."""

    def write(self, due_ns: int) -> None:
        """Something waits to be written elsewhere until then."""

    def is_written(self, now_ns: int) -> bool:
        """Whether the time told by `write` has come, once for each."""

    def look(self, due_ns: int) -> None:
        """From then on a tick is due whether or not the fan-out has anything to do in it."""

    def ask(self) -> None:
        """The next tick is due in any case."""
