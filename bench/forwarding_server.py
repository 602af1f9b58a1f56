"""Our media process as `lianxian serve` starts it, wired for publishers and takers of a load."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from bench.descriptions import one_profile, publishing, taking, transport_id
from bench.load_drive import Drive
from bench.load_publisher import Publisher
from bench.load_takers import Takers
from bench.workers import Workers, answered, finish, offered, running_workers
from mixer.wire.control import Metrics, ReadMetrics
from mixer.wire.ids import Layer, MediaKind, PeerId, PublicationId, SubscriptionId, WorkerKind
from mixer.wire.resources import Clock, Peer, Priority, Publication, Resource, Subscription
from server.simulate.connection import Connection

KINDS = (WorkerKind.MEDIA,)
SENDING = 2000
"""Peer on which a taker receives less its number."""
AUDIO = 500
"""Publication of a publisher's sound less that of its picture."""


class Take(NamedTuple):
    """A publisher's streams as one taker wants them."""

    publisher: int
    layer: int = 0
    video: bool = True
    audio: bool = True
    priority: Priority = Priority.ON_AIR


class ForwardingServer:
    """The media process, and the control channel in place of the server's mind."""

    def __init__(self, workers: Workers) -> None:
        self._hub = workers.hub
        self.pids = workers.pids
        self._identity = one_profile()

    async def hold(self, publishers: Sequence[Publisher], takes: Sequence[Sequence[Take]]) -> None:
        """Let media hold all of them. `takes`: what each taker receives."""
        clock = Clock(
            event=1, origin_monotonic_ns=time.monotonic_ns(), origin_wall_ns=time.time_ns()
        )
        resources = [clock, *resources_of(publishers, takes)]
        self._hub.want(WorkerKind.MEDIA, resources)
        await self._hub.settle(WorkerKind.MEDIA)

    async def publish(self, publisher: Publisher) -> None:
        """Connect a publisher."""
        connection = Connection(self._identity, _nothing, _nothing)
        offer = publishing(
            publisher.lines(),
            connection.credentials,
            self._identity.fingerprint,
            f"bench-{publisher.index}",
        )
        answer = await answered(self._hub, PeerId(publisher.index + 1), offer)
        await connection.connect(answer)
        publisher.start(connection, transport_id(answer))

    async def take(self, takers: Takers, number: int) -> None:
        """Connect a taker."""
        peer = PeerId(SENDING + number + 1)
        connection = Connection(self._identity, _nothing, _nothing)
        offer = (await offered(self._hub, peer)).sdp
        answer, lines = taking(offer, connection.credentials, self._identity.fingerprint)
        await finish(self._hub, peer, answer)
        await connection.connect(offer)
        takers.add(connection, lines)

    async def metrics(self) -> dict[str, float]:
        """All samples of media; labels stand behind the name."""
        outcome = await self._hub.request(WorkerKind.MEDIA, ReadMetrics())
        samples = outcome.samples if isinstance(outcome, Metrics) else ()
        return {" ".join([one.name, *one.labels.values()]): one.value for one in samples}


def resources_of(
    publishers: Sequence[Publisher], takes: Sequence[Sequence[Take]]
) -> list[Resource]:
    """Peers, publications and subscriptions."""
    held: list[Resource] = []
    for publisher in publishers:
        peer = PeerId(publisher.index + 1)
        rids = tuple(one.rid for one in publisher.video if one.rid)
        held += [
            Peer(id=peer, direction="receive"),
            Publication(
                id=picture_of(publisher.index),
                peer=peer,
                mid="0",
                kind=MediaKind.VIDEO,
                rids=rids,
            ),
            Publication(id=sound_of(publisher.index), peer=peer, mid="1", kind=MediaKind.AUDIO),
        ]
    ids = iter(range(1, 1 << 20))
    for number, wanted in enumerate(takes):
        peer = PeerId(SENDING + number + 1)
        held.append(Peer(id=peer, direction="send"))
        for take in wanted:
            for kind in MediaKind:
                if take.video if kind is MediaKind.VIDEO else take.audio:
                    held.append(_subscription(SubscriptionId(next(ids)), peer, kind, take))
    return held


def _subscription(number: SubscriptionId, peer: PeerId, kind: MediaKind, take: Take) -> Resource:
    is_video = kind is MediaKind.VIDEO
    return Subscription(
        id=number,
        peer=peer,
        publication=picture_of(take.publisher) if is_video else sound_of(take.publisher),
        kind=kind,
        layer=Layer(take.layer if is_video else 0),
        priority=take.priority if is_video else Priority.SOUND,
    )


def picture_of(publisher: int) -> PublicationId:
    """The publication of a publisher's video."""
    return PublicationId(publisher + 1)


def sound_of(publisher: int) -> PublicationId:
    """The publication of a publisher's Opus."""
    return PublicationId(AUDIO + publisher + 1)


@asynccontextmanager
async def running_forwarder(
    folder: Path,
    address: str,
    publishers: Sequence[Publisher],
    takes: Sequence[Sequence[Take]],
) -> AsyncIterator[tuple[ForwardingServer, Drive]]:
    """Media with all publishers and takers connected; ended afterwards.

    Raises BenchError, ControlError, ConnectionLostError.
    """
    async with running_workers(KINDS, folder, address) as workers:
        server = ForwardingServer(workers)
        takers = Takers(list(publishers), len(takes))
        try:
            await server.hold(publishers, takes)
            for publisher in publishers:
                await server.publish(publisher)
            for number in range(len(takes)):
                await server.take(takers, number)
            await asyncio.sleep(0)
            yield server, Drive(list(publishers), takers, server.pids)
        finally:
            takers.close()
            for publisher in publishers:
                publisher.close()


def _nothing(_packet: bytes) -> None:
    """The load reads its sockets itself."""
