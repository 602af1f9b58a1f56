"""One simulated seat: joins, publishes its loop, receives programme and return."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from mixer.rtp.errors import RtpError
from mixer.rtp.rtcp import FullIntraRequest, Nack, PictureLoss, parse_rtcp
from mixer.transport.identity import Identity
from mixer.wire.control import ControlError
from signaling.wire.messages import (
    Gone,
    Join,
    Joined,
    NoticeBody,
    Offered,
    Publish,
    Published,
    PublishTrack,
    Reconnect,
    Subscribe,
    SubscribeAnswer,
)
from signaling.wire.roles import Role
from signaling.wire.state import You

from .connection import LOST_AFTER_S, Connection, ConnectionLostError
from .description import OfferedTrack, publish_offer, receive_answer
from .player import LoopPlayer
from .receiver import TrackReceiver
from .signal import SignalClient, SignalError

if TYPE_CHECKING:
    from .capture import ReturnCapture
    from .media_loop import MediaLoop

_log = structlog.get_logger(__name__)
RETRY_S = 0.5
REPORT_NS = 1_000_000_000
PUBLISH, SUBSCRIBE = "publish", "subscribe"


@dataclass(slots=True)
class SeatCounts:
    """Totals of a seat over all its connections."""

    joined: bool = False
    connected: bool = False
    taken_over: bool = False
    sent: int = 0
    received: int = 0
    received_video: int = 0
    lost: int = 0
    repaired: int = 0
    repeated: int = 0
    keyframes_asked: int = 0
    skipped_late: int = 0
    reconnects: int = 0


class SimulatedSeat:
    """Runs until cancelled, or until somebody takes the seat over."""

    def __init__(
        self,
        seat: str,
        link: str,
        loop: MediaLoop,
        identity: Identity,
        capture: ReturnCapture | None,
    ) -> None:
        self.seat = seat
        self._loop = loop
        self._identity = identity
        self._signal = SignalClient(link, "main", self._notice)
        self._player: LoopPlayer | None = None
        self._receiver = TrackReceiver(self._send_feedback, capture)
        self._connections: dict[str, Connection] = {}
        self._wanted: asyncio.Queue[str] = asyncio.Queue(maxsize=16)
        self._gone = asyncio.Event()
        self._counts = SeatCounts()
        self._reported_ns = 0
        self._cname = f"simulated-{seat}"

    async def run(self) -> None:
        """Join and keep both directions up."""
        await self._signal.connect()
        joined = await self._signal.request(Join(has_audio=True, has_video=True, take_over=True))
        assert isinstance(joined, Joined)  # noqa: S101  the answer to Join
        self._signal.resume = joined.resume
        self._counts.joined = True
        for direction in (SUBSCRIBE, PUBLISH):
            self._wanted.put_nowait(direction)
        keeper = asyncio.create_task(self._keep(), name=f"keep-{self.seat}")
        try:
            await self._gone.wait()
        finally:
            keeper.cancel()
            self._drop(PUBLISH)
            self._drop(SUBSCRIBE)
            self._counts.joined = False
            await self._signal.close()

    async def _keep(self) -> None:
        """Make what is wanted, one direction after another; watch for silence."""
        while True:
            try:
                async with asyncio.timeout(1.0):
                    direction = await self._wanted.get()
            except TimeoutError:
                self._watch()
                continue
            try:
                await self._make(direction)
            except (SignalError, ConnectionLostError, ControlError, TimeoutError) as error:
                _log.warning("simulate.retry", seat=self.seat, what=direction, error=str(error))
                await asyncio.sleep(RETRY_S)
                self._want(direction)

    def _want(self, direction: str) -> None:
        if not self._wanted.full():
            self._wanted.put_nowait(direction)

    def _watch(self) -> None:
        for direction, connection in list(self._connections.items()):
            if connection.silent_s > LOST_AFTER_S:
                _log.warning("simulate.lost", seat=self.seat, what=direction)
                self._drop(direction)
                self._want(direction)

    async def _make(self, direction: str) -> None:
        if direction in self._connections:
            self._counts.reconnects += 1
        self._drop(direction)
        await (self._publish() if direction == PUBLISH else self._subscribe())

    async def _publish(self) -> None:
        # The server takes a known certificate for an ICE restart of the same connection.
        identity = Identity()
        connection = Connection(identity, _ignore, self._feedback)
        self._connections[PUBLISH] = connection
        player = LoopPlayer(self._loop, connection.send_rtp)
        tracks = [
            OfferedTrack("0", "audio", "opus", player.audio.ssrc),
            OfferedTrack("1", "video", self._loop.codec, player.video.ssrc),
        ]
        sdp = publish_offer(tracks, connection.credentials, identity.fingerprint, self._cname)
        published = await self._signal.request(
            Publish(
                sdp=sdp,
                tracks=[
                    PublishTrack(mid="0", kind="audio", source="microphone"),
                    PublishTrack(mid="1", kind="video", source="camera"),
                ],
            )
        )
        assert isinstance(published, Published)  # noqa: S101  the answer to Publish
        await connection.connect(published.sdp)
        player.start(time.monotonic_ns())
        self._player = player

    async def _subscribe(self) -> None:
        you = self._signal.state.get("you")
        is_member = isinstance(you, You) and you.role is Role.MEMBER
        # Nobody looks at it: a small picture, so that the machine's cores are left to the server.
        offered = await self._signal.request(Subscribe(layer="low" if is_member else "main"))
        assert isinstance(offered, Offered)  # noqa: S101  the answer to Subscribe
        connection = Connection(self._identity, self._receiver.on_rtp, self._receiver_rtcp)
        self._connections[SUBSCRIBE] = connection
        answer, tracks = receive_answer(
            offered.sdp, connection.credentials, self._identity.fingerprint
        )
        self._receiver.expect(tracks)
        await self._signal.request(SubscribeAnswer(peer=offered.peer, sdp=answer))
        await connection.connect(offered.sdp)

    def _drop(self, direction: str) -> None:
        if direction == PUBLISH and self._player is not None:
            self._add_player_counts(self._counts, self._player)
            self._player = None
        connection = self._connections.pop(direction, None)
        if connection is not None:
            connection.close()

    def advance(self, now_ns: int) -> None:
        """Send what is due and ask for what is missing; called every few milliseconds."""
        if self._player is not None:
            self._player.advance(now_ns)
        self._receiver.ask(now_ns)
        if now_ns - self._reported_ns >= REPORT_NS:
            self._reported_ns = now_ns
            self._receiver.report(now_ns)
            connection = self._connections.get(PUBLISH)
            if self._player is not None and connection is not None:
                for track in (self._player.audio, self._player.video):
                    connection.send_rtcp(track.report(self._cname, now_ns))

    def counts(self) -> SeatCounts:
        """Totals so far."""
        counts = SeatCounts(
            **{name: getattr(self._counts, name) for name in SeatCounts.__dataclass_fields__}
        )
        if self._player is not None:
            self._add_player_counts(counts, self._player)
        counts.connected = self._player is not None and SUBSCRIBE in self._connections
        for kind in ("audio", "video"):
            received, lost, repaired = self._receiver.totals(kind)
            counts.received += received
            counts.lost += lost
            counts.repaired += repaired
            counts.received_video += received if kind == "video" else 0
        return counts

    @staticmethod
    def _add_player_counts(counts: SeatCounts, player: LoopPlayer) -> None:
        for track in (player.audio, player.video):
            counts.sent += track.packets
            counts.repeated += track.repeated
        counts.keyframes_asked += player.keyframes_asked
        counts.skipped_late += player.skipped_late

    def _notice(self, notice: NoticeBody) -> None:
        if isinstance(notice, Reconnect):
            self._want(notice.direction)
        elif isinstance(notice, Gone):
            _log.info("simulate.gone", seat=self.seat, reason=notice.reason)
            self._counts.taken_over = notice.reason == "taken_over"
            self._gone.set()

    def _send_feedback(self, packet: bytes) -> None:
        connection = self._connections.get(SUBSCRIBE)
        if connection is not None:
            connection.send_rtcp(packet)

    def _receiver_rtcp(self, packet: bytes) -> None:
        try:
            self._receiver.on_rtcp(packet)
        except RtpError as error:
            _log.warning("simulate.bad_rtcp", seat=self.seat, error=str(error))

    def _feedback(self, packet: bytes) -> None:
        """What the server says of the tracks this seat sends."""
        player = self._player
        if player is None:
            return
        try:
            parts = parse_rtcp(packet)
        except RtpError as error:
            _log.warning("simulate.bad_rtcp", seat=self.seat, error=str(error))
            return
        for part in parts:
            if isinstance(part, PictureLoss | FullIntraRequest):
                player.ask_keyframe()
            elif isinstance(part, Nack):
                for track in (player.audio, player.video):
                    if track.ssrc == part.media_ssrc:
                        track.repeat(part.lost, time.monotonic_ns())


def _ignore(_packet: bytes) -> None:
    """A connection that only sends receives no RTP."""
