"""Media and sound as `lianxian serve` starts them, wired for seats that only talk and listen."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bench.descriptions import one_profile
from bench.sound_load import SoundSeat
from bench.workers import Workers, answered, finish, offered, running_workers
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

KINDS = (WorkerKind.MEDIA, WorkerKind.SOUND)
PROGRAMME_OPUS, PROGRAMME_AAC = PublicationId(9001), PublicationId(9002)
RETURNS = 1000
"""Publication of a seat's return less its microphone's."""
SENDING = 2000
"""Peer on which a seat hears less that on which it talks."""
ALL_OFF = SoundFeatures(drift_correction=False, true_peak=False, loudness=False, echo_watch=False)
ALL_ON = SoundFeatures()


class SoundServer:
    """Both processes, and the control channel in place of the server's mind."""

    def __init__(self, workers: Workers) -> None:
        self._hub = workers.hub
        self.pids = workers.pids
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
        sent = await answered(self._hub, PeerId(number), offer)
        heard = (await offered(self._hub, PeerId(SENDING + number))).sdp
        answer, _ = receive_answer(heard, hearing.credentials, self._identity.fingerprint)
        await finish(self._hub, PeerId(SENDING + number), answer)
        await asyncio.gather(talking.connect(sent), hearing.connect(heard))
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
    async with running_workers(KINDS, folder, address) as workers:
        server = SoundServer(workers)
        try:
            yield server
        finally:
            server.close()
