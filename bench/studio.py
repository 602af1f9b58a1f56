"""Media and others as `lianxian serve` starts them, and seats that publish films to them.

The way is the real one: SRTP on loopback to media, frames over the link to picture and sound. The
programme is read as the recorder reads it.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bench.descriptions import one_profile
from bench.picture_films import Film
from bench.workers import Workers, answered, running_workers
from mixer.rtp.errors import RtpError
from mixer.rtp.rtcp import FullIntraRequest, Nack, PictureLoss, parse_rtcp
from mixer.transport.identity import Identity
from mixer.wire.control import Event
from mixer.wire.frame import Frame
from mixer.wire.ids import (
    LAYER_LOW,
    LAYER_MAIN,
    NANOSECONDS,
    MediaKind,
    PeerId,
    PublicationId,
    WorkerKind,
)
from mixer.wire.link import Link, LinkMessage, LinkSubscribe
from mixer.wire.resources import Clock, Peer, Publication, Resource
from server.simulate.connection import Connection
from server.simulate.description import OfferedTrack, publish_offer
from server.simulate.media_loop import CodedFrame, MediaLoop
from server.simulate.player import LoopPlayer

PROGRAMME = PublicationId(900)
SOUND = 100
"""Publication of a seat's sound less that of its picture."""
STEP_S = 0.004
EVENTS = 2000
REPORT_NS = NANOSECONDS
SILENCE = (b"\xf8\xff\xfe",)
"""Opus: 20 ms of nothing (RFC 6716)."""


def loop_of(film: Film, sound: Sequence[bytes] = SILENCE) -> MediaLoop:
    """A film as simulated sites play it: a key frame that is asked for comes at once."""
    pictures = tuple(CodedFrame(unit, number == 0) for number, unit in enumerate(film.units))
    return MediaLoop("vp8", film.form.rate, pictures, tuple(sound))


class StudioSeat:
    """Publishes one loop."""

    def __init__(self, number: int, loop: MediaLoop, identity: Identity) -> None:
        """``number`` from 1: of its peer and of its picture's publication."""
        self.number = number
        self.connection = Connection(identity, lambda _packet: None, self._on_rtcp)
        self.player = LoopPlayer(loop, self.connection.send_rtp)
        self._reported_ns = 0

    def resources(self) -> tuple[Resource, ...]:
        """What media holds for it."""
        peer = PeerId(self.number)
        return (
            Peer(id=peer, direction="receive"),
            Publication(id=PublicationId(self.number), peer=peer, mid="0", kind=MediaKind.VIDEO),
            Publication(
                id=PublicationId(SOUND + self.number), peer=peer, mid="1", kind=MediaKind.AUDIO
            ),
        )

    def offer(self) -> str:
        """Its description."""
        tracks = [
            OfferedTrack("0", "video", "vp8", self.player.video.ssrc),
            OfferedTrack("1", "audio", "opus", self.player.audio.ssrc),
        ]
        identity = self.connection.identity
        name = f"bench-{self.number}"
        return publish_offer(tracks, self.connection.credentials, identity.fingerprint, name)

    def advance(self, now_ns: int) -> None:
        """Send what is due."""
        self.player.advance(now_ns)
        if now_ns - self._reported_ns >= REPORT_NS:
            self._reported_ns = now_ns
            for track in (self.player.video, self.player.audio):
                self.connection.send_rtcp(track.report(f"bench-{self.number}", now_ns))

    def _on_rtcp(self, packet: bytes) -> None:
        """Key frames and repeats that media asks for."""
        try:
            messages = parse_rtcp(packet)
        except RtpError:
            return  # what is not read is not asked for again: the run then misses pictures
        for message in messages:
            if isinstance(message, PictureLoss | FullIntraRequest):
                self.player.ask_keyframe()
            elif isinstance(message, Nack):
                for track in (self.player.video, self.player.audio):
                    if track.ssrc == message.media_ssrc:
                        track.repeat(message.lost, time.monotonic_ns())


class ProgrammeTap:
    """Reads layers of the programme from media as the recorder does."""

    def __init__(self, socket: Path) -> None:
        self._link = Link(socket, WorkerKind.RECORDER, 1, self)
        self._task = asyncio.create_task(self._link.run())
        self.times: dict[int, list[int]] = {}
        """Session times of the pictures that came, by layer."""
        self.size_bytes: dict[int, int] = {}

    async def stop(self) -> None:
        """Hang up."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def clear(self) -> None:
        """Count from now on."""
        self.times.clear()
        self.size_bytes.clear()

    def missing(self, layer: int, frame_ns: int) -> int:
        """Pictures that never came, between the first and the last of a layer."""
        times = sorted(set(self.times.get(layer, ())))
        return round((times[-1] - times[0]) / frame_ns) + 1 - len(times) if times else 0

    def link_up(self) -> None:
        """Media is there."""
        for layer in (LAYER_LOW, LAYER_MAIN):
            self._link.send_message(LinkSubscribe(publication=PROGRAMME, layer=layer))

    def link_down(self) -> None:
        """Media went; the run will come to nothing."""

    def link_frames(self, frames: list[Frame]) -> None:
        """Packets of the programme."""
        for frame in frames:
            seen = self.times.setdefault(frame.layer, [])
            self.size_bytes[frame.layer] = self.size_bytes.get(frame.layer, 0) + len(frame.payload)
            if not seen or seen[-1] != frame.session_ns:
                seen.append(frame.session_ns)

    def link_message(self, message: LinkMessage) -> None:
        """Lives of the stream do not matter here."""


class Studio:
    """Running processes, seats that send, and what each process is to hold."""

    def __init__(self, workers: Workers, kinds: Sequence[WorkerKind], folder: Path) -> None:
        self.hub = workers.hub
        self.pids = dict(zip(kinds, workers.pids, strict=True))
        self.tap = ProgrammeTap(folder / "link.sock")
        self.identity = one_profile()
        self.clock = Clock(
            event=1,
            origin_monotonic_ns=time.monotonic_ns() - 100 * NANOSECONDS,
            origin_wall_ns=time.time_ns(),
        )
        self.seats: list[StudioSeat] = []
        self.connections: list[Connection] = []
        """Of those who only receive; closed with the rest."""
        self.events: deque[Event] = deque(maxlen=EVENTS)
        """What the processes reported; the oldest go first."""
        self._held: dict[WorkerKind, dict[str, Resource]] = {kind: {} for kind in kinds}
        self._player: asyncio.Task[None] | None = None

    def session_ns(self) -> int:
        """Session time now."""
        return time.monotonic_ns() - self.clock.origin_monotonic_ns

    async def hold(self, kind: WorkerKind, resources: Iterable[Resource]) -> None:
        """Let a process hold these too. Raises ControlError."""
        held = self._held[kind]
        held |= {one.key: one for one in (self.clock, *resources)}
        self.hub.want(kind, held.values())
        await self.hub.settle(kind)

    async def join(self, loops: Sequence[MediaLoop]) -> None:
        """Let seats publish; they are spread over 40 ms, as real ones are not in step."""
        for loop in loops:
            self.seats.append(StudioSeat(len(self.seats) + 1, loop, self.identity))
        await self.hold(WorkerKind.MEDIA, [one for seat in self.seats for one in seat.resources()])
        for seat in self.seats:
            answer = await answered(self.hub, PeerId(seat.number), seat.offer())
            await seat.connection.connect(answer)
        begun_ns = time.monotonic_ns()
        for index, seat in enumerate(self.seats):
            seat.player.start(begun_ns + index * 40_000_000 // len(self.seats))
        self._player = asyncio.create_task(self._play())

    async def _play(self) -> None:
        while True:
            await asyncio.sleep(STEP_S)
            now_ns = time.monotonic_ns()
            for seat in self.seats:
                seat.advance(now_ns)

    async def close(self) -> None:
        """Hang up."""
        if self._player is not None:
            self._player.cancel()
            await asyncio.gather(self._player, return_exceptions=True)
        for connection in (*self.connections, *(seat.connection for seat in self.seats)):
            connection.close()
        await self.tap.stop()


@asynccontextmanager
async def running_studio(kinds: Sequence[WorkerKind], folder: Path) -> AsyncIterator[Studio]:
    """Start media and others with sockets in `folder`; end them. Raises BenchError."""
    events: deque[Event] = deque(maxlen=EVENTS)
    async with running_workers(kinds, folder, "127.0.0.1", events.append) as workers:
        studio = Studio(workers, kinds, folder)
        studio.events = events
        try:
            yield studio
        finally:
            await studio.close()
