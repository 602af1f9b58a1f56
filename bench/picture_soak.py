"""Ten minutes of programme beside sound and forwarding on this machine: no hole, no growth.

Nineteen sites send picture and sound; sound mixes a return for each and the programme, media
forwards all pictures and the programme to a receiver. ``--rounds`` are minutes.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path

import uvloop

from bench.clicks import make_loop
from bench.picture import HALL, SITE, make_films
from bench.picture_run import Run, resources, timed
from bench.priority import before_others
from bench.report import Measurement
from bench.sound_server import ALL_ON, RETURNS
from bench.studio import PROGRAMME, SOUND, Studio, loop_of, running_studio
from bench.workers import finish, offered
from mixer.sound.opus import LibOpus, library_paths
from mixer.wire.ids import (
    LAYER_LOW,
    LAYER_MAIN,
    GroupId,
    Layer,
    MediaKind,
    PeerId,
    PublicationId,
    SubscriptionId,
    WorkerKind,
)
from mixer.wire.resources import (
    OnAir,
    Peer,
    Resource,
    SoundProgramme,
    SoundReturn,
    SoundSource,
    Subscription,
)
from server.simulate.connection import Connection
from server.simulate.description import receive_answer

KINDS = (WorkerKind.MEDIA, WorkerKind.SOUND, WorkerKind.PICTURE)
MINUTE_S = 60.0
SETTLE_S = 5.0
WATCHER = PeerId(3000)
OPUS, AAC = PublicationId(9001), PublicationId(9002)


def measure(rounds: int) -> list[Measurement]:
    """``rounds`` minutes. Raises BenchError when no programme was made."""
    with before_others(), tempfile.TemporaryDirectory(prefix="bench-") as folder:
        minutes, packets = uvloop.run(_measure(Path(folder), rounds))
    frames = sum(run.frames for run in minutes)
    half = len(minutes) // 2 or 1
    first, last = minutes[:half], minutes[-half:]
    return [
        Measurement("minutes", len(minutes)),
        Measurement("missing", sum(run.missing for run in minutes)),
        Measurement("repeated", sum(run.stale for run in minutes) / frames * 100, "%"),
        Measurement("late_ms", max(run.late_ms for run in minutes), "ms"),
        Measurement("core", sum(run.core_percent for run in minutes) / len(minutes), "%"),
        Measurement("memory_mb", max(run.resident_mb for run in minutes), "MB"),
        Measurement(
            "memory_growth_mb",
            max(run.resident_mb for run in last) - max(run.resident_mb for run in first),
            "MB",
        ),
        Measurement("forwarded", packets["rtp"] / (len(minutes) * MINUTE_S), "1/s"),
    ]


async def _measure(folder: Path, minutes: int) -> tuple[list[Run], Counter[str]]:
    films = make_films(HALL, SITE)
    packets: Counter[str] = Counter()
    runs: list[Run] = []
    async with running_studio(KINDS, folder) as studio:
        await studio.hold(WorkerKind.PICTURE, resources("grid", len(films)))
        await studio.hold(WorkerKind.SOUND, sound_resources(len(films)))
        sounds = _speech(len(films))
        await studio.join([loop_of(film, sounds[n]) for n, film in enumerate(films)])
        await _receive(studio, packets)
        await asyncio.sleep(SETTLE_S)
        packets.clear()
        for minute in range(minutes):
            run = await timed(studio, MINUTE_S)
            runs.append(run)
            print(f"minute {minute + 1}: {run}", file=sys.stderr, flush=True)
    return runs, packets


def _speech(count: int) -> list[list[bytes]]:
    library = LibOpus(next(library_paths()))
    return [list(make_loop(library, seat, count, 64_000).packets) for seat in range(count)]


def sound_resources(seats: int) -> list[Resource]:
    """All on air, a return for each, the programme, every feature on."""
    numbers = range(1, seats + 1)
    groups = tuple(GroupId(n) for n in numbers)
    return [
        ALL_ON,
        *(SoundSource(publication=PublicationId(SOUND + n), group=GroupId(n)) for n in numbers),
        *(SoundReturn(publication=PublicationId(RETURNS + n), group=GroupId(n)) for n in numbers),
        SoundProgramme(opus=OPUS, aac=AAC),
        OnAir(revision=1, groups=groups, at_ns=0),
    ]


async def _receive(studio: Studio, packets: Counter[str]) -> None:
    """One receiver of everything: the programme, its sound, and each site's picture."""

    def count(_packet: bytes) -> None:
        packets["rtp"] += 1

    def taken(number: int, publication: PublicationId, kind: MediaKind, layer: Layer) -> Resource:
        return Subscription(
            id=SubscriptionId(number),
            peer=WATCHER,
            publication=publication,
            kind=kind,
            layer=layer,
        )

    wanted = [Peer(id=WATCHER, direction="send")]
    more = [
        taken(100, PROGRAMME, MediaKind.VIDEO, LAYER_MAIN),
        taken(101, OPUS, MediaKind.AUDIO, LAYER_LOW),
        *(
            taken(seat.number, PublicationId(seat.number), MediaKind.VIDEO, LAYER_LOW)
            for seat in studio.seats
        ),
    ]
    await studio.hold(WorkerKind.MEDIA, [*wanted, *more])
    connection = Connection(studio.identity, count, lambda _packet: None)
    studio.connections.append(connection)
    offer = (await offered(studio.hub, WATCHER)).sdp
    answer, _ = receive_answer(offer, connection.credentials, studio.identity.fingerprint)
    await finish(studio.hub, WATCHER, answer)
    await connection.connect(offer)
