"""What the rest of the server may ask of workers.

`server.workers.hub.WorkerHub` is the real one; tests use a fake of the same shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mixer.wire.control import Command, Event, Outcome
    from mixer.wire.ids import WorkerKind
    from mixer.wire.resources import Resource


class Listener(Protocol):
    """Told of what workers do; called on the server's loop, must not block."""

    def worker_connected(self, kind: WorkerKind, epoch: int, *, new_life: bool) -> None:
        """A worker said hello and was brought to the wanted set. ``new_life``: its
        epoch differs from the last one seen (`Workers.remember` or earlier), so
        negotiated state is gone. The epoch shall be stored for `remember`.
        """

    def worker_lost(self, kind: WorkerKind) -> None:
        """Its channel closed; it will be back."""

    def worker_event(self, kind: WorkerKind, event: Event) -> None:
        """A report."""


class Workers(Protocol):
    """The workers as the server's mind sees them."""

    def listen(self, listener: Listener) -> None:
        """Set the one listener, before `start`."""

    def want(self, kind: WorkerKind, resources: Iterable[Resource]) -> None:
        """Replace the whole wanted set of a worker, in the order of putting. Returns at
        once; the difference is sent soon, coalesced, and again whenever it is needed.
        """

    async def settle(self, kind: WorkerKind) -> None:
        """Wait until the worker holds the set wanted at the time of the call.

        Raises `mixer.wire.control.ControlError` ``worker.unavailable`` after 5 s, or
        with the worker's own error if it refused the difference.
        """

    async def request(self, kind: WorkerKind, command: Command) -> Outcome:
        """Carry out one command after everything wanted so far has settled.

        Raises `ControlError` as `settle` does, or with the worker's refusal.
        """

    def remember(self, kind: WorkerKind, epoch: int) -> None:
        """Before the start: the epoch of this worker that the store knows."""

    def connected(self, kind: WorkerKind) -> bool:
        """Whether the worker is there now."""

    def adopt(self, kind: WorkerKind, seconds: float, keep: Callable[[str], bool]) -> None:
        """For ``seconds`` do not remove observed keys for which ``keep(key)`` holds, though
        they are not wanted (after a restart of the server).
        """
