"""A media process inside the test, aiortc as browsers, and a worker on the link."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from aiortc import RTCPeerConnection, RTCRtpTransceiver, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack
from aiortc.rtcrtpparameters import RTCRtpCodecCapability

from mixer.media.worker import MediaWorker
from mixer.wire.boot import Boot
from mixer.wire.control import (
    Apply,
    Command,
    Description,
    Event,
    FinishSend,
    Metrics,
    NegotiateReceive,
    NegotiateSend,
    Outcome,
    ReadMetrics,
)
from mixer.wire.frame import Frame
from mixer.wire.ids import (
    Layer,
    MediaKind,
    PeerId,
    PublicationId,
    SubscriptionId,
    WorkerKind,
)
from mixer.wire.link import Link, LinkMessage, LinkSubscribe
from mixer.wire.resources import Clock, Peer, Publication, Resource, Subscription

VP8 = RTCRtpCodecCapability(mimeType="video/VP8", clockRate=90000)
DEADLINE_S = 15.0


async def until(condition: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Wait until `condition` holds; fails the test with `what` after `deadline_s`."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"did not happen: {what}"
        await asyncio.sleep(0.02)


class Media:
    """A `MediaWorker` whose control channel is this object."""

    def __init__(self, boot: Boot) -> None:
        self.boot = boot
        self.worker = MediaWorker(boot)
        self.events: list[Event] = []

    @property
    def udp_port(self) -> int:
        """The number of the media port."""
        port = self.worker._port
        assert port is not None
        return port.port

    async def put(self, *resources: Resource) -> None:
        await self.worker.apply(Apply(put=resources))

    async def remove(self, *keys: str) -> None:
        await self.worker.apply(Apply(remove=keys))

    async def command(self, command: Command) -> Outcome:
        return await self.worker.command(command)

    async def metric(self, name: str, **labels: str) -> float:
        answer = await self.command(ReadMetrics())
        assert isinstance(answer, Metrics)
        return sum(
            sample.value
            for sample in answer.samples
            if sample.name == f"lianxian_media_{name}" and labels.items() <= sample.labels.items()
        )


@asynccontextmanager
async def running_media(
    run_dir: Path, *, compiled: bool = True, udp_host: str = "127.0.0.1"
) -> AsyncIterator[Media]:
    boot = Boot(
        kind=WorkerKind.MEDIA,
        epoch=1,
        run_dir=run_dir,
        data_dir=run_dir,
        compiled=compiled,
        udp_host=udp_host,
    )
    media = Media(boot)
    await media.worker.start(media.events.append)
    origin_ns = time.monotonic_ns()
    await media.put(Clock(event=1, origin_monotonic_ns=origin_ns, origin_wall_ns=time.time_ns()))
    try:
        yield media
    finally:
        await media.worker.stop()


# --- browsers -----------------------------------------------------------------------------------


class MovingPicture(VideoStreamTrack):
    """A picture of one colour with a moving bar."""

    def __init__(self, colour: tuple[int, int, int], width: int = 320, height: int = 180) -> None:
        super().__init__()
        self._colour = colour
        self._size = (width, height)
        self._frame = 0

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        width, height = self._size
        picture = np.full((height, width, 3), self._colour, dtype=np.uint8)
        bar = self._frame * 4 % width
        picture[:, bar : bar + 8] = 255
        self._frame += 1
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = pts
        frame.time_base = time_base
        return frame


class Tone(AudioStreamTrack):
    """A sine of one frequency at half scale."""

    def __init__(self, frequency_hz: float) -> None:
        super().__init__()
        self._frequency_hz = frequency_hz
        self._begin: float | None = None
        self._sample = 0

    async def recv(self) -> av.AudioFrame:
        count = 960
        if self._begin is None:
            self._begin = time.time()
        await asyncio.sleep(max(0.0, self._begin + self._sample / 48_000 - time.time()))
        phase = (np.arange(count) + self._sample) * 2 * np.pi * self._frequency_hz / 48_000
        samples = (np.sin(phase) * 16_000).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 48_000
        frame.pts = self._sample
        frame.time_base = Fraction(1, 48_000)
        self._sample += count
        return frame


def prefer(transceiver: RTCRtpTransceiver, mime_type: str) -> None:
    """Leave only codecs of `mime_type` and retransmission in an offer."""
    from aiortc.rtcrtpsender import RTCRtpSender  # noqa: PLC0415

    capabilities = RTCRtpSender.getCapabilities(transceiver.kind).codecs
    transceiver.setCodecPreferences(
        [codec for codec in capabilities if codec.mimeType in (mime_type, "video/rtx")]
    )


async def publish(
    media: Media,
    peer: PeerId,
    tracks: dict[PublicationId, MediaStreamTrack],
    *,
    video: str = "video/VP8",
    through: Callable[[str], str] = str,
) -> RTCPeerConnection:
    """Connect a publisher; one publication for each track, in the order of m-lines.

    `through` alters what media describes, as a relay does.
    """
    connection = RTCPeerConnection()
    transceivers = []
    for track in tracks.values():
        transceiver = connection.addTransceiver(track, direction="sendonly")
        if track.kind == "video":
            prefer(transceiver, video)
        transceivers.append(transceiver)
    await connection.setLocalDescription(await connection.createOffer())
    await media.put(Peer(id=peer, direction="receive"))
    for publication, transceiver in zip(tracks, transceivers, strict=True):
        kind = MediaKind(transceiver.kind)
        mid = transceiver.mid or ""
        await media.put(Publication(id=publication, peer=peer, mid=mid, kind=kind))
    answer = await media.command(NegotiateReceive(peer=peer, sdp=connection.localDescription.sdp))
    assert isinstance(answer, Description)
    await connection.setRemoteDescription(RTCSessionDescription(through(answer.sdp), "answer"))
    return connection


class Viewer:
    """A connection that receives; decoded frames are kept by kind."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection()
        self.frames: dict[str, list[av.VideoFrame | av.AudioFrame]] = {"audio": [], "video": []}
        self._tasks: list[asyncio.Task[None]] = []
        self.connection.on("track", self._on_track)

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.create_task(self._consume(track)))

    async def _consume(self, track: MediaStreamTrack) -> None:
        while True:
            frame = await track.recv()
            assert isinstance(frame, av.VideoFrame | av.AudioFrame)
            kept = self.frames[track.kind]
            kept.append(frame)
            del kept[:-100]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.connection.close()


async def subscribe(
    media: Media,
    peer: PeerId,
    wanted: dict[SubscriptionId, tuple[PublicationId, MediaKind, Layer]],
) -> Viewer:
    """Connect a subscriber."""
    await media.put(Peer(id=peer, direction="send"))
    for subscription, (publication, kind, layer) in wanted.items():
        await media.put(
            Subscription(
                id=subscription, peer=peer, publication=publication, kind=kind, layer=layer
            )
        )
    viewer = Viewer()
    await negotiate_send(media, peer, viewer)
    return viewer


async def negotiate_send(media: Media, peer: PeerId, viewer: Viewer) -> Description:
    offer = await media.command(NegotiateSend(peer=peer))
    assert isinstance(offer, Description)
    await viewer.connection.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
    await viewer.connection.setLocalDescription(await viewer.connection.createAnswer())
    await media.command(FinishSend(peer=peer, sdp=viewer.connection.localDescription.sdp))
    return offer


# --- workers ------------------------------------------------------------------------------------


class LinkWorker:
    """A worker on the link that keeps everything it is sent."""

    def __init__(
        self,
        path: Path,
        kind: WorkerKind = WorkerKind.RECORDER,
        wishes: tuple[LinkSubscribe, ...] = (),
        epoch: int = 1,
    ) -> None:
        self.wishes = wishes
        self.frames: list[Frame] = []
        self.messages: list[LinkMessage] = []
        self.ups = 0
        self.link = Link(path, kind, epoch, self)
        self._task = asyncio.create_task(self.link.run())

    def link_up(self) -> None:
        self.ups += 1
        for wish in self.wishes:
            self.link.send_message(wish)

    def link_down(self) -> None:
        pass

    def link_frames(self, frames: list[Frame]) -> None:
        self.frames += frames

    def link_message(self, message: LinkMessage) -> None:
        self.messages.append(message)

    async def die(self) -> None:
        """Vanish as a killed process does."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
