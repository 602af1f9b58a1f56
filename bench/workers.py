"""Workers as `lianxian serve` starts them, with the control channel in place of the server."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

from mixer.wire.boot import Boot
from mixer.wire.control import Description, Event, FinishSend, NegotiateReceive, NegotiateSend
from mixer.wire.ids import PeerId, WorkerKind
from server.supervisor.children import ENTRIES, ChildStart, mint_epoch, preload, run_child
from server.workers.hub import WorkerHub

START_S = 20.0
STOP_S = 10.0


class BenchError(ValueError):
    """A run that measured nothing worth comparing."""


class Workers(NamedTuple):
    """Running processes and the channel to them."""

    hub: WorkerHub
    pids: tuple[int, ...]


@asynccontextmanager
async def running_workers(
    kinds: Sequence[WorkerKind],
    folder: Path,
    address: str,
    on_event: Callable[[Event], None] = lambda _event: None,
) -> AsyncIterator[Workers]:
    """Start processes with sockets in `folder`, media on `address`; end them.

    ``on_event`` gets what they report. Raises BenchError when one does not come up.
    """
    up = _Up(kinds, on_event)
    hub = WorkerHub(folder / "control.sock")
    hub.listen(up)
    await hub.start()
    lifeline, held = multiprocessing.Pipe(duplex=False)
    processes: list[BaseProcess] = []
    try:
        processes += [_start(kind, kinds, folder, address, lifeline) for kind in kinds]
        await up.wait()
        yield Workers(hub, tuple(process.pid or 0 for process in processes))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            await asyncio.to_thread(process.join, STOP_S)
        held.close()
        lifeline.close()
        await hub.stop()


async def answered(hub: WorkerHub, peer: PeerId, offer: str) -> str:
    """Media's answer to who publishes. Raises ControlError, BenchError."""
    outcome = await hub.request(WorkerKind.MEDIA, NegotiateReceive(peer=peer, sdp=offer))
    return _description(outcome).sdp


async def offered(hub: WorkerHub, peer: PeerId) -> Description:
    """Media's offer to who receives. Raises ControlError, BenchError."""
    return _description(await hub.request(WorkerKind.MEDIA, NegotiateSend(peer=peer)))


async def finish(hub: WorkerHub, peer: PeerId, answer: str) -> None:
    """Hand media the answer to its offer. Raises ControlError."""
    await hub.request(WorkerKind.MEDIA, FinishSend(peer=peer, sdp=answer))


def _description(outcome: object) -> Description:
    if not isinstance(outcome, Description):
        raise BenchError("media answered with something else than a description")
    return outcome


def _start(
    kind: WorkerKind, kinds: Sequence[WorkerKind], folder: Path, address: str, lifeline: object
) -> BaseProcess:
    context = preload({one.value: ENTRIES[one.value] for one in kinds})
    boot = Boot(
        kind=kind,
        epoch=mint_epoch(),
        run_dir=folder,
        data_dir=folder,
        log_level="error",
        udp_host=address,
    )
    # The settings are for the server's own process only.
    start = ChildStart(name=kind.value, module=ENTRIES[kind.value], boot=boot, settings=b"")
    process = context.Process(target=run_child, args=(start, lifeline), name=kind.value)
    process.start()
    return process


class _Up:
    """Waits until all processes have said hello."""

    def __init__(self, kinds: Sequence[WorkerKind], on_event: Callable[[Event], None]) -> None:
        self._missing = set(kinds)
        self._on_event = on_event
        self._all = asyncio.Event()

    async def wait(self) -> None:
        try:
            async with asyncio.timeout(START_S):
                await self._all.wait()
        except TimeoutError:
            missing = ", ".join(sorted(kind.value for kind in self._missing))
            raise BenchError(f"not up in {START_S:.0f} s: {missing}") from None

    def worker_connected(self, kind: WorkerKind, epoch: int, *, new_life: bool) -> None:  # noqa: ARG002  the listener's shape
        self._missing.discard(kind)
        if not self._missing:
            self._all.set()

    def worker_lost(self, kind: WorkerKind) -> None:
        """A run that goes on without it receives nothing, which ends it."""

    def worker_event(self, kind: WorkerKind, event: Event) -> None:  # noqa: ARG002  the listener's shape
        self._on_event(event)
