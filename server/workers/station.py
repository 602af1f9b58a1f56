"""One worker as the server sees it: its connection, what it holds, what it shall hold."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from typing import TYPE_CHECKING

import structlog

from mixer.wire.channel import encode_message, read_message, to_server_decoder
from mixer.wire.control import (
    Answer,
    Command,
    ControlError,
    Event,
    Failure,
    Hello,
    Observe,
    Observed,
    Outcome,
    Report,
    Request,
)

from .reconcile import applied, difference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mixer.wire.ids import WorkerKind
    from mixer.wire.resources import Resource

_log = structlog.get_logger(__name__)
SETTLE_TIMEOUT_S = 5.0
REQUEST_TIMEOUT_S = 5.0
RETRY_S = 1.0
RETELL_EVERY_S = 30.0
"""An adopted key is looked at again after this long at the latest."""


def _unavailable(kind: WorkerKind) -> ControlError:
    return ControlError("worker.unavailable", f"{kind} is away")


class Station:
    """Keeps one worker at its wanted set for as long as the server lives.

    Tasks: `run` (sends differences) lives with the station; `talk` lives with each
    connection. Requests in flight fail with ``worker.unavailable`` when it ends.
    """

    def __init__(self, kind: WorkerKind) -> None:
        self.kind = kind
        self.epoch = 0
        self.observed: dict[str, Resource] = {}
        self._wanted: tuple[Resource, ...] = ()
        self._generation = 0
        self._settled = 0
        self._refusal: ControlError | None = None
        self._changed = asyncio.Event()
        self._progress = asyncio.Condition()
        self._writer: asyncio.StreamWriter | None = None
        self._ids = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Outcome]] = {}
        self._adopt_until = 0.0
        self._adopted: Callable[[str], bool] = lambda _key: False
        self._ours: set[str] = set()
        """Wanted at some time of the adoption: no longer wanted, they go at once."""

    @property
    def connected(self) -> bool:
        """Whether the worker is there."""
        return self._writer is not None

    def want(self, resources: Iterable[Resource]) -> None:
        """Replace the wanted set."""
        self._wanted = tuple(resources)
        if time.monotonic() < self._adopt_until:
            self._ours |= {resource.key for resource in self._wanted}
        self._generation += 1
        self._refusal = None
        self._changed.set()

    def adopt(self, seconds: float, keep: Callable[[str], bool]) -> None:
        """Keep observed keys that are not wanted, for a while."""
        self._adopt_until = time.monotonic() + seconds
        self._adopted = keep

    async def settle(self) -> None:
        """See `Workers.settle`."""
        generation = self._generation
        try:
            async with asyncio.timeout(SETTLE_TIMEOUT_S), self._progress:
                await self._progress.wait_for(
                    lambda: self._settled >= generation or self._refusal is not None
                )
        except TimeoutError:
            raise _unavailable(self.kind) from None
        if self._settled < generation and self._refusal is not None:
            raise self._refusal

    async def settle_connection(self) -> None:
        """Wait, however long it takes, until the connected worker is brought up to date."""
        generation = self._generation + (0 if self.connected else 1)
        async with self._progress:
            await self._progress.wait_for(lambda: self._settled >= generation)

    async def request(self, command: Command) -> Outcome:
        """Send now and wait for the answer. Raises `ControlError`."""
        writer = self._writer
        if writer is None:
            raise _unavailable(self.kind)
        number = next(self._ids)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        try:
            writer.write(encode_message(Request(id=number, command=command)))
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                outcome = await future
        except TimeoutError:
            raise _unavailable(self.kind) from None
        finally:
            self._pending.pop(number, None)
        if isinstance(outcome, Failure):
            raise ControlError(outcome.error, outcome.text)
        return outcome

    async def run(self) -> None:
        """Send differences whenever something changed; until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._next_look_s()):
                    await self._changed.wait()
            self._changed.clear()
            if self._writer is None:
                continue
            try:
                await self._reconcile()
            except ControlError as error:
                await self._refused(error)

    def _next_look_s(self) -> float | None:
        """Adoption ends by time alone, so look again then."""
        rest = self._adopt_until - time.monotonic()
        return min(rest + 0.05, RETELL_EVERY_S) if rest > 0 else None

    async def _reconcile(self) -> None:
        generation = self._generation
        adopting = time.monotonic() < self._adopt_until
        apply = difference(
            self._wanted,
            self.observed,
            lambda key: adopting and key not in self._ours and self._adopted(key),
        )
        if apply.put or apply.remove:
            await self.request(apply)
            self.observed = applied(self.observed, apply)
        async with self._progress:
            self._settled = generation
            self._progress.notify_all()

    async def _refused(self, error: ControlError) -> None:
        """Learn what is held, tell those who wait, try again soon."""
        if error.error != "worker.unavailable":
            _log.error("worker.refused", worker=self.kind, error=error.error, text=error.text)
        async with self._progress:
            self._refusal = error
            self._progress.notify_all()
        with contextlib.suppress(ControlError):
            outcome = await self.request(Observe())
            if isinstance(outcome, Observed):
                self.observed = {resource.key: resource for resource in outcome.resources}
        await asyncio.sleep(RETRY_S)
        self._changed.set()

    async def talk(
        self,
        hello: Hello,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        tell: Callable[[Event], None],
    ) -> None:
        """One connection, after its `Hello`; returns when it ends."""
        self.epoch = hello.epoch
        self.observed = {resource.key: resource for resource in hello.observed}
        self._writer = writer
        self._refusal = None
        self._generation += 1
        self._changed.set()
        try:
            while (message := await read_message(reader, to_server_decoder)) is not None:
                if isinstance(message, Report):
                    tell(message.event)
                elif isinstance(message, Answer):
                    self._answered(message)
        finally:
            if self._writer is writer:
                self._writer = None
            for future in self._pending.values():
                if not future.done():
                    future.set_result(
                        Failure(error="worker.unavailable", text=f"{self.kind} went away")
                    )

    def _answered(self, answer: Answer) -> None:
        future = self._pending.get(answer.id)
        if future is not None and not future.done():
            future.set_result(answer.outcome)
