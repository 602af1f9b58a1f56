"""Glass to glass through the programme, and how soon a take is on air, on the real path.

A camera shows the running number of its pictures; a receiver of `main` decodes them. Between them
are SRTP, media, the link, sound (whose buffers picture lines up with), picture, the link, media and
SRTP again, all on loopback, with 19 sites on the event.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import uvloop

from bench.alternate import MINIMUM_ROUNDS
from bench.picture import HALL, SITE, make_films
from bench.picture_clock import ClockSeat, Eye
from bench.priority import before_others
from bench.report import Measurement
from bench.studio import PROGRAMME, SOUND, Studio, loop_of, running_studio
from bench.workers import BenchError, finish, offered
from mixer.wire.control import DelayReport, Event, PreviewReady, SceneApplied
from mixer.wire.ids import (
    FRAME_NS,
    LAYER_MAIN,
    GroupId,
    MediaKind,
    PeerId,
    PublicationId,
    SubscriptionId,
    WorkerKind,
)
from mixer.wire.picture import (
    PictureProgramme,
    PictureSource,
    PreviewScene,
    Scene,
    Slot,
    SourceDelay,
)
from mixer.wire.resources import OnAir, Peer, SoundSource, Subscription
from server.simulate.connection import Connection
from server.simulate.description import receive_answer

KINDS = (WorkerKind.MEDIA, WorkerKind.SOUND, WorkerKind.PICTURE)
LAYOUT = "full"
WATCHER = PeerId(3000)
SETTLE_S = 3.0
WATCH_S = 12.0
PATIENCE_S = 10.0
WAIT_NS = 2_000_000_000
"""How long a direct take may wait for its picture: long enough to be measured."""
CAMERA = 1
OTHERS = (2, 3, 4, 5)
BETWEEN_TAKES_S = 0.6
"""A site is asked for a key frame twice a second at most, by media; nobody directs as quickly."""


def measure(rounds: int) -> list[Measurement]:
    """Delays in ms and in frames; ``rounds`` takes of each kind.

    Raises BenchError when pictures or takes do not arrive.
    """
    if rounds < MINIMUM_ROUNDS:
        raise ValueError(f"{rounds} rounds make no median; at least {MINIMUM_ROUNDS}")
    with before_others(), tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return uvloop.run(_measure(Path(folder), rounds))


async def _measure(folder: Path, rounds: int) -> list[Measurement]:
    films = make_films(HALL, SITE)
    async with running_studio(KINDS, folder) as studio:
        camera = ClockSeat(CAMERA, studio.identity)
        studio.seats.append(camera)
        desk = Desk(studio)
        await desk.begin(len(films))
        await studio.join([loop_of(film) for film in films[1:]])
        eye = Eye(camera)
        await watch(studio, eye)
        await desk.take(CAMERA)
        await asyncio.sleep(SETTLE_S)
        await desk.line_up()
        await asyncio.sleep(SETTLE_S)
        eye.delays_ms.clear()
        pictures = eye.pictures
        await asyncio.sleep(WATCH_S)
        delays_ms = sorted(eye.delays_ms)
        if len(delays_ms) < WATCH_S * 5:
            raise BenchError(f"{len(delays_ms)} pictures of the clock were seen on air")
        seen = (eye.pictures - pictures) / WATCH_S
        prepared = [await desk.prepared_take(one) for one in _turns(rounds)]
        direct = [await desk.take(one) for one in _turns(rounds)]
    print(f"takes: prepared {prepared}, direct {direct} (ms)", file=sys.stderr, flush=True)
    return [
        Measurement("glass_ms", median(delays_ms), "ms"),
        Measurement("glass_p95_ms", delays_ms[int(len(delays_ms) * 0.95)], "ms"),
        Measurement("pictures", seen, "1/s"),
        Measurement("buffer_ms", desk.delay_ms(CAMERA), "ms"),
        Measurement("take_frames", median(_frames(one) for one in prepared)),
        Measurement("take_frames_worst", max(_frames(one) for one in prepared)),
        Measurement("direct_take_ms", median(direct), "ms"),
        Measurement("direct_take_worst_ms", max(direct), "ms"),
    ]


def _turns(rounds: int) -> list[int]:
    """Seats to be taken, one after another; none twice in a row."""
    return [OTHERS[number % len(OTHERS)] for number in range(rounds)]


def _frames(late_ms: float) -> float:
    """Of the programme, begun ones counted whole."""
    return -(-late_ms * 1e6 // FRAME_NS)


async def watch(studio: Studio, eye: Eye) -> None:
    """Receive `main` as any site does."""
    subscription = Subscription(
        id=SubscriptionId(1),
        peer=WATCHER,
        publication=PROGRAMME,
        kind=MediaKind.VIDEO,
        layer=LAYER_MAIN,
    )
    await studio.hold(WorkerKind.MEDIA, [Peer(id=WATCHER, direction="send"), subscription])
    connection = Connection(studio.identity, eye.on_rtp, lambda _packet: None)
    studio.connections.append(connection)
    offer = (await offered(studio.hub, WATCHER)).sdp
    answer, _ = receive_answer(offer, connection.credentials, studio.identity.fingerprint)
    await finish(studio.hub, WATCHER, answer)
    await connection.connect(offer)


class Desk:
    """The director's desk: previews, takes, and when they came on air."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._revision = 0

    async def begin(self, seats: int) -> None:
        """Let picture and sound know all seats."""
        numbers = range(1, seats + 1)
        await self._studio.hold(
            WorkerKind.PICTURE,
            [
                PictureProgramme(publication=PROGRAMME),
                *(
                    PictureSource(publication=PublicationId(n), seat=str(n), title=f"站点{n}")
                    for n in numbers
                ),
            ],
        )
        groups = tuple(GroupId(n) for n in numbers)
        sources = [
            SoundSource(publication=PublicationId(SOUND + n), group=GroupId(n)) for n in numbers
        ]
        on_air = OnAir(revision=1, groups=groups, at_ns=0)
        await self._studio.hold(WorkerKind.SOUND, [*sources, on_air])

    def delay_ms(self, seat: int) -> float:
        """What sound told last of a seat's buffer."""
        told = [one for one in self._studio.events if isinstance(one, DelayReport)]
        publication = PublicationId(SOUND + seat)
        values = [one.delays_ns[publication] for one in told if publication in one.delays_ns]
        return values[-1] / 1e6 if values else 0.0

    async def prepared_take(self, seat: int) -> float:
        """Preview, then take; ms from the command to the frame's time."""
        await self.line_up()
        revision = self._revision + 1
        await self._studio.hold(
            WorkerKind.PICTURE, [PreviewScene(scene=self._scene(seat, revision))]
        )
        await self._told(PreviewReady(revision=revision, ready=True))
        return await self.take(seat)

    async def take(self, seat: int) -> float:
        """Put a seat on air; ms from the command to the time of the first frame that shows it."""
        await asyncio.sleep(BETWEEN_TAKES_S)
        self._revision += 1
        asked_ns = self._studio.session_ns()
        scene = self._scene(seat, self._revision, at_ns=asked_ns, wait_ns=WAIT_NS)
        await self._studio.hold(WorkerKind.PICTURE, [scene])
        applied = await self._applied(self._revision)
        return (applied.at_ns - asked_ns) / 1e6

    def _scene(self, seat: int, revision: int, at_ns: int = 0, wait_ns: int = 0) -> Scene:
        slots = (Slot(seat=str(seat), title=f"站点{seat}"),)
        return Scene(revision=revision, at_ns=at_ns, layout=LAYOUT, slots=slots, wait_ns=wait_ns)

    async def line_up(self) -> None:
        """As the server does: tell picture what sound told of its buffers."""
        delays = {
            int(publication) - SOUND: delay_ns
            for one in self._studio.events
            if isinstance(one, DelayReport)
            for publication, delay_ns in one.delays_ns.items()
        }
        told = [SourceDelay(seat=str(seat), delay_ns=value) for seat, value in delays.items()]
        await self._studio.hold(WorkerKind.PICTURE, told)

    async def _applied(self, revision: int) -> SceneApplied:
        def of_this(event: Event) -> bool:
            return isinstance(event, SceneApplied) and event.revision == revision

        found = await self._reported(of_this)
        if not isinstance(found, SceneApplied):
            raise BenchError("something else was applied")
        return found

    async def _told(self, wanted: PreviewReady) -> None:
        await self._reported(lambda event: event == wanted)

    async def _reported(self, wanted: Callable[[Event], bool]) -> Event:
        """The first such event. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for event in self._studio.events:
                    if wanted(event):
                        return event
                await asyncio.sleep(0.005)
