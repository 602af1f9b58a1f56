"""Media and sound as `lianxian serve` starts them, wired for seats that only talk and listen."""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from bench.sound_load import BenchError, SoundSeat, one_profile
from mixer.wire.boot import Boot
from mixer.wire.control import Description, Event, FinishSend, NegotiateReceive, NegotiateSend
from mixer.wire.ids import (
    GroupId,
    Layer,
    MediaKind,
    PeerId,
    PublicationId,
    SubscriptionId,
    WorkerKind,
)
from mixer.wire.resources import (
    Clock,
    OnAir,
    Peer,
    Publication,
    Resource,
    SoundProgramme,
    SoundReturn,
    SoundSource,
    Subscription,
)
from mixer.wire.sound import SoundFeatures
from server.simulate.connection import Connection
from server.simulate.description import OfferedTrack, publish_offer, receive_answer
from server.supervisor.children import ENTRIES, ChildStart, mint_epoch, preload, run_child
from server.workers.hub import WorkerHub

KINDS = (WorkerKind.MEDIA, WorkerKind.SOUND)
START_S = 20.0
STOP_S = 10.0
PROGRAMME_OPUS, PROGRAMME_AAC = PublicationId(9001), PublicationId(9002)
RETURNS = 1000
"""Publication of a seat's return less its microphone's."""
SENDING = 2000
"""Peer on which a seat hears less that on which it talks."""
ALL_OFF = SoundFeatures(drift_correction=False, true_peak=False, loudness=False, echo_watch=False)
ALL_ON = SoundFeatures()


class SoundServer:
    """Both processes, and the control channel in place of the server's mind."""

    def __init__(self, hub: WorkerHub, processes: Sequence[BaseProcess]) -> None:
        self._hub = hub
        self.pids = tuple(process.pid or 0 for process in processes)
        self._identity = one_profile()
        self._connections: list[Connection] = []

    async def hold(self, seats: Sequence[SoundSeat], features: SoundFeatures) -> None:
        """Let both processes hold all seats, all of them on air."""
        clock = Clock(
            event=1,
            origin_monotonic_ns=time.monotonic_ns(),
            origin_wall_ns=time.time_ns(),
        )
        media = [resource for seat in seats for resource in media_resources(seat.number)]
        sound = sound_resources(len(seats), features)
        self._hub.want(WorkerKind.MEDIA, (clock, *media))
        self._hub.want(WorkerKind.SOUND, (clock, *sound))
        for kind in KINDS:
            await self._hub.settle(kind)

    async def join(self, seat: SoundSeat) -> tuple[Connection, Connection]:
        """Connect a seat: the connection it sends on and the one it hears on."""
        talking = Connection(self._identity, seat.on_rtcp, seat.on_rtcp)
        hearing = Connection(self._identity, seat.on_rtp, seat.on_rtcp)
        self._connections += (talking, hearing)
        number = seat.number + 1
        track = OfferedTrack("0", "audio", "opus", seat.ssrc)
        offer = publish_offer(
            [track], talking.credentials, self._identity.fingerprint, f"bench-{number}"
        )
        answered = await self._hub.request(
            WorkerKind.MEDIA, NegotiateReceive(peer=PeerId(number), sdp=offer)
        )
        offered = await self._hub.request(
            WorkerKind.MEDIA, NegotiateSend(peer=PeerId(SENDING + number))
        )
        if not isinstance(answered, Description) or not isinstance(offered, Description):
            raise BenchError("media answered with something else than a description")
        answer, _ = receive_answer(offered.sdp, hearing.credentials, self._identity.fingerprint)
        await self._hub.request(
            WorkerKind.MEDIA, FinishSend(peer=PeerId(SENDING + number), sdp=answer)
        )
        await asyncio.gather(talking.connect(answered.sdp), hearing.connect(offered.sdp))
        return talking, hearing

    def close(self) -> None:
        """Hang up."""
        for connection in self._connections:
            connection.close()


def media_resources(seat: int) -> tuple[Resource, ...]:
    """What media holds for a seat: a peer and track each way."""
    number = seat + 1
    talking, hearing = PeerId(number), PeerId(SENDING + number)
    return (
        Peer(id=talking, direction="receive"),
        Publication(id=PublicationId(number), peer=talking, mid="0", kind=MediaKind.AUDIO),
        Peer(id=hearing, direction="send"),
        Subscription(
            id=SubscriptionId(number),
            peer=hearing,
            publication=PublicationId(RETURNS + number),
            kind=MediaKind.AUDIO,
            layer=Layer(0),
        ),
    )


def sound_resources(seats: int, features: SoundFeatures) -> tuple[Resource, ...]:
    """What sound holds: a group, a source and a return a seat, and who is on air.

    The programme (stereo Opus, AAC) is made where its loudness is measured: Janus makes none.
    """
    groups = tuple(GroupId(number) for number in range(1, seats + 1))
    sources = [
        SoundSource(publication=PublicationId(number), group=GroupId(number))
        for number in range(1, seats + 1)
    ]
    returns = [
        SoundReturn(publication=PublicationId(RETURNS + number), group=GroupId(number))
        for number in range(1, seats + 1)
    ]
    programme = (
        (SoundProgramme(opus=PROGRAMME_OPUS, aac=PROGRAMME_AAC),) if features.loudness else ()
    )
    on_air = OnAir(revision=1, groups=groups, at_ns=0)
    return (features, *sources, *returns, *programme, on_air)


@asynccontextmanager
async def running_sound(folder: Path, address: str) -> AsyncIterator[SoundServer]:
    """Start both processes with sockets in `folder`; end them.

    Raises BenchError when one does not come up.
    """
    up = _Up()
    hub = WorkerHub(folder / "control.sock")
    hub.listen(up)
    await hub.start()
    lifeline, held = multiprocessing.Pipe(duplex=False)
    processes: list[BaseProcess] = []
    try:
        processes += [_start(kind, folder, address, lifeline) for kind in KINDS]
        await up.wait()
        server = SoundServer(hub, processes)
        try:
            yield server
        finally:
            server.close()
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            await asyncio.to_thread(process.join, STOP_S)
        held.close()
        lifeline.close()
        await hub.stop()


def _start(kind: WorkerKind, folder: Path, address: str, lifeline: object) -> BaseProcess:
    context = preload({one.value: ENTRIES[one.value] for one in KINDS})
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

    def __init__(self) -> None:
        self._missing = set(KINDS)
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
        """A run that goes on without it hears nothing, which ends it."""

    def worker_event(self, kind: WorkerKind, event: Event) -> None:
        """Reports are not judged."""
