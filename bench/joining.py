"""Sites that join, and a desk that looks at them, as pages do: each notes its first key frames.

Everything goes the whole way: link, Socket.IO, descriptions, ICE, DTLS, SRTP, and a decoder at the
end. A site makes both its connections at once, as a page does.
"""

import asyncio
import time
from collections.abc import Callable

import av

from bench.workers import BenchError
from mixer.picture.decode import open_decoder
from mixer.rtp.assembler import VideoAssembler
from mixer.rtp.depacketise import H264Assembler, Vp8Assembler
from mixer.rtp.errors import RtpError
from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import H264, VP8
from mixer.rtp.rtcp import FullIntraRequest, Nack, PictureLoss, parse_rtcp
from mixer.rtp.sequence import SequenceExtender
from mixer.transport.ice import Credentials
from mixer.transport.identity import Identity
from mixer.transport.sdp import parse_sdp
from server.simulate.connection import Connection
from server.simulate.description import OfferedTrack, publish_offer
from server.simulate.media_loop import MediaLoop
from server.simulate.player import LoopPlayer
from server.simulate.signal import SignalClient
from signaling.wire.messages import (
    Join,
    Leave,
    NoticeBody,
    Offered,
    Publish,
    Published,
    PublishTrack,
    Subscribe,
    SubscribeAnswer,
)
from signaling.wire.state import SeatView
from signaling.wire.tiles import TilesOffered, WatchSites

REPORT_NS = 1_000_000_000
_CODECS: dict[int, tuple[str, Callable[[], VideoAssembler]]] = {
    H264: ("h264", H264Assembler),
    VP8: ("vp8", Vp8Assembler),
}


class FirstPicture:
    """Puts one stream together until its first key frame is decoded, and no longer."""

    def __init__(self, seen: Callable[[], None]) -> None:
        self._seen = seen
        self._assembler: VideoAssembler | None = None
        self._extender = SequenceExtender()
        self._done = False

    def on_packet(self, packet: RtpPacket) -> None:
        """One packet of the stream."""
        if self._done or packet.payload_type not in _CODECS:
            return
        codec, make = _CODECS[packet.payload_type]
        assembler = self._assembler = self._assembler or make()
        number = self._extender.extend(packet.sequence)
        for unit in assembler.push(number, packet, 0):
            if unit.keyframe and open_decoder(codec).decode(av.Packet(unit.payload)):
                self._done = True
                self._seen()
                return


def video_ssrcs(sdp: str) -> dict[str, int]:
    """M-line to the SSRC of its picture, of an offer of the server."""
    return {
        line.mid: next(ssrc for ssrc in line.ssrcs if ssrc not in line.rtx_ssrcs)
        for line in parse_sdp(sdp, 64).lines
        if line.kind == "video" and line.ssrcs and line.direction == "sendonly"
    }


def answer_with_everything(offer: str, credentials: Credentials, identity: Identity) -> str:
    """What a browser answers that shows every codec, and feeds nothing back but what we do."""
    print_ = identity.fingerprint
    ours = {
        "a=ice-ufrag:": f"a=ice-ufrag:{credentials.ufrag}",
        "a=ice-pwd:": f"a=ice-pwd:{credentials.password}",
        "a=fingerprint:": f"a=fingerprint:{print_.algorithm} {print_.value}",
        "a=setup:": "a=setup:active",
        "a=sendonly": "a=recvonly",
    }
    theirs = ("a=ice-lite", "a=candidate:", "a=ssrc", "a=msid:", "a=extmap", "a=rtcp-fb:")
    lines = [
        next((text for start, text in ours.items() if line.startswith(start)), line)
        for line in offer.split("\r\n")
        if not line.startswith(theirs)
    ]
    return "\r\n".join(lines)


class Receiving:
    """A connection that receives; knows which stream is which picture."""

    def __init__(self, signal: SignalClient, identity: Identity) -> None:
        self.connection = Connection(identity, self._on_rtp, lambda _packet: None)
        self._signal = signal
        self._identity = identity
        self._streams: dict[int, FirstPicture] = {}

    def expect(self, ssrc: int, seen: Callable[[], None]) -> None:
        """Call ``seen`` at the first key frame of a stream; a known one goes on."""
        self._streams.setdefault(ssrc, FirstPicture(seen))

    async def answer(self, offered: Offered | TilesOffered) -> None:
        """Take all that is offered."""
        sdp = answer_with_everything(offered.sdp, self.connection.credentials, self._identity)
        await self._signal.request(SubscribeAnswer(peer=offered.peer, sdp=sdp))

    def _on_rtp(self, data: bytes) -> None:
        try:
            packet = RtpPacket.parse(data)
        except RtpError as error:
            raise BenchError(f"the server sent no RTP: {error}") from error
        stream = self._streams.get(packet.ssrc)
        if stream is not None:
            stream.on_packet(packet)


class JoiningSite:
    """One site. ``programme_ms`` from opening its link to the decoded programme."""

    def __init__(self, seat: str, link: str, loop: MediaLoop, identity: Identity) -> None:
        self.seat = seat
        self.began_ns = 0
        self.programme_ms = 0.0
        self.steps_ms: dict[str, float] = {}
        """When each step was done, for a person who looks for what is slow."""
        self._loop = loop
        self._identity = identity
        self._signal = SignalClient(link, "main", self._notice)
        self._sending: Connection | None = None
        self._receiving: Receiving | None = None
        self._player: LoopPlayer | None = None
        self._reported_ns = 0

    def _step(self, name: str) -> None:
        self.steps_ms[name] = (time.monotonic_ns() - self.began_ns) / 1e6

    async def join(self) -> None:
        """From the link to both connections."""
        self.began_ns = time.monotonic_ns()
        await self._signal.connect()
        self._step("signalling")
        await self._signal.request(Join(has_audio=True, has_video=True))
        self._step("joined")
        await asyncio.gather(self._publish(), self._subscribe())

    async def _publish(self) -> None:
        # The server takes a known certificate for an ICE restart of the same connection.
        identity = Identity()
        connection = self._sending = Connection(identity, lambda _packet: None, self._asked)
        player = LoopPlayer(self._loop, connection.send_rtp)
        tracks = [
            OfferedTrack("0", "audio", "opus", player.audio.ssrc),
            OfferedTrack("1", "video", self._loop.codec, player.video.ssrc),
        ]
        sdp = publish_offer(tracks, connection.credentials, identity.fingerprint, self.seat)
        named = [
            PublishTrack(mid="0", kind="audio", source="microphone"),
            PublishTrack(mid="1", kind="video", source="camera"),
        ]
        published = await self._signal.request(Publish(sdp=sdp, tracks=named))
        if not isinstance(published, Published):
            raise BenchError("publishing was answered by something else")
        self._step("published")
        await connection.connect(published.sdp)
        self._step("sending")
        player.start(time.monotonic_ns())
        self._player = player

    async def _subscribe(self) -> None:
        offered = await self._signal.request(Subscribe())
        if not isinstance(offered, Offered):
            raise BenchError("subscribing was answered by something else")
        self._step("offered")
        receiving = self._receiving = Receiving(self._signal, self._identity)
        (ssrc,) = video_ssrcs(offered.sdp).values()
        receiving.expect(ssrc, self._seen)
        # A browser checks as soon as it has answered, not when the server has read that.
        await asyncio.gather(receiving.answer(offered), receiving.connection.connect(offered.sdp))
        self._step("receiving")

    def _seen(self) -> None:
        self._step("programme")
        self.programme_ms = self.steps_ms["programme"]

    def _asked(self, data: bytes) -> None:
        player = self._player
        for part in parse_rtcp(data) if player is not None else ():
            if isinstance(part, PictureLoss | FullIntraRequest) and player is not None:
                player.ask_keyframe()
            elif isinstance(part, Nack) and player is not None:
                for track in (player.video, player.audio):
                    if track.ssrc == part.media_ssrc:
                        track.repeat(part.lost, time.monotonic_ns())

    def _notice(self, notice: NoticeBody) -> None:
        """Layers that are taken or not: there is one."""

    def advance(self, now_ns: int) -> None:
        """Send what is due."""
        if self._player is None or self._sending is None:
            return
        self._player.advance(now_ns)
        if now_ns - self._reported_ns >= REPORT_NS:
            self._reported_ns = now_ns
            for track in (self._player.audio, self._player.video):
                self._sending.send_rtcp(track.report(self.seat, now_ns))

    async def leave(self) -> None:
        """Stand up and hang up."""
        self._player = None
        await self._signal.request(Leave())
        if self._sending is not None:
            self._sending.close()
        if self._receiving is not None:
            self._receiving.connection.close()
        await self._signal.close()


class Desk:
    """The director's page: sees the camera of each site as a tile, asked for when it is there."""

    def __init__(self, link: str, identity: Identity) -> None:
        self._signal = SignalClient(link, "main")
        self._identity = identity
        self._receiving: Receiving | None = None
        self._tiles: frozenset[str] = frozenset()
        self.seen_ns: dict[str, int] = {}
        """Seat to when its camera's first key frame was decoded, monotonic."""
        self._watching: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Sit down, receive the programme, watch who comes."""
        await self._signal.connect()
        await self._signal.request(Join(has_audio=False, has_video=False))
        offered = await self._signal.request(Subscribe(sound="programme"))
        if not isinstance(offered, Offered):
            raise BenchError("subscribing was answered by something else")
        receiving = self._receiving = Receiving(self._signal, self._identity)
        await receiving.answer(offered)
        await receiving.connection.connect(offered.sdp)
        self._watching = asyncio.create_task(self._watch(receiving), name="watch-sites")

    async def close(self) -> None:
        """Hang up."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        if self._receiving is not None:
            self._receiving.connection.close()
        await self._signal.close()

    def check(self) -> None:
        """Raises what ended the watching."""
        if self._watching is not None and self._watching.done():
            self._watching.result()

    def live(self) -> frozenset[str]:
        """Seats with a camera that is connected or about to be, as the page judges."""
        return frozenset(
            value.seat
            for value in self._signal.state.values()
            if isinstance(value, SeatView)
            and any(
                device.has_video and device.connection in ("connecting", "connected")
                for device in value.devices
            )
        )

    async def _watch(self, receiving: Receiving) -> None:
        while True:
            wanted = self.live()
            if wanted == self._tiles:
                async with self._signal.changed:
                    await self._signal.changed.wait()
                continue
            await self._take(receiving, wanted)

    async def _take(self, receiving: Receiving, wanted: frozenset[str]) -> None:
        offered = await self._signal.request(WatchSites(pictures=sorted(wanted)))
        if not isinstance(offered, TilesOffered):
            raise BenchError("watching was answered by something else")
        ssrcs = video_ssrcs(offered.sdp)
        for tile in offered.tiles:
            receiving.expect(ssrcs[tile.mid], self._seer(tile.picture))
        await receiving.answer(offered)
        self._tiles = wanted

    def _seer(self, seat: str) -> Callable[[], None]:
        def seen() -> None:
            self.seen_ns.setdefault(seat, time.monotonic_ns())

        return seen
