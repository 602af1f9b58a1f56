"""An independent WebRTC peer (aiortc) at a seat, in the test's own loop."""

import asyncio
import contextlib
import fractions
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import av
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from numpy.typing import NDArray

from server.simulate.signal import SignalClient, SignalError
from signaling.wire.messages import (
    Done,
    Join,
    Joined,
    Leave,
    Offered,
    Publish,
    Published,
    PublishTrack,
    Subscribe,
    SubscribeAnswer,
)

from .camera import RATE, Signature, picture, tone
from .coded_picture import luma_of

WIDTH, HEIGHT, FRAMES_PER_SECOND = 320, 180, 15
KEPT_PICTURES = 60
KEPT_SOUND = 250


class Camera(MediaStreamTrack):
    """A moving picture of one colour."""

    kind = "video"

    def __init__(self, signature: Signature) -> None:
        super().__init__()
        self._signature = signature
        self._started = 0.0
        self._index = 0

    def paint(self, index: int) -> NDArray[np.uint8]:
        """All planes of one picture (yuv420p), one after the other."""
        phase = index / FRAMES_PER_SECOND / 2 % 1
        planes = picture(self._signature.rgb, WIDTH, HEIGHT, phase)
        return np.concatenate([plane.reshape(-1) for plane in planes])

    async def recv(self) -> av.VideoFrame:
        self._started = self._started or time.monotonic()
        await asyncio.sleep(
            max(0.0, self._started + self._index / FRAMES_PER_SECOND - time.monotonic())
        )
        joined = self.paint(self._index)
        frame = av.VideoFrame.from_ndarray(joined.reshape(HEIGHT * 3 // 2, WIDTH), "yuv420p")
        frame.pts = self._index * 90_000 // FRAMES_PER_SECOND
        frame.time_base = fractions.Fraction(1, 90_000)
        self._index += 1
        return frame


class CodedCamera(Camera):
    """The picture that tells whether it is whole; see `coded_picture`."""

    def paint(self, index: int) -> NDArray[np.uint8]:
        """The number is the index."""
        chroma = np.full(WIDTH * HEIGHT // 2, 128, dtype=np.uint8)
        return np.concatenate([luma_of(index, WIDTH, HEIGHT).reshape(-1), chroma])


class Microphone(MediaStreamTrack):
    """One tone."""

    kind = "audio"

    def __init__(self, signature: Signature) -> None:
        super().__init__()
        self._hertz = signature.tone_hz
        self._started = 0.0
        self._index = 0

    async def recv(self) -> av.AudioFrame:
        self._started = self._started or time.monotonic()
        await asyncio.sleep(max(0.0, self._started + self._index * 0.02 - time.monotonic()))
        samples = (tone(self._hertz, self._index * 960, 960) * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None, :], "s16", "mono")
        frame.sample_rate, frame.pts = RATE, self._index * 960
        frame.time_base = fractions.Fraction(1, RATE)
        self._index += 1
        return frame


class AiortcPeer:
    """Publishes a signature in a codec of choice; keeps the last it received, decoded."""

    def __init__(
        self,
        link: str,
        signature: Signature,
        codec: str,
        *,
        camera: type[Camera] = Camera,
        through: Callable[[str], str] = str,
    ) -> None:
        """``codec``: VP8 or H264. ``through`` alters what the server describes."""
        self.signal = SignalClient(link)
        self._signature = signature
        self._codec = codec
        self._camera = camera
        self._through = through
        self._sending = RTCPeerConnection()
        self._receiving = RTCPeerConnection()
        self._receiving.on("track", self._tracked)
        self._tasks: set[asyncio.Task[None]] = set()
        self.pictures: deque[av.VideoFrame] = deque(maxlen=KEPT_PICTURES)
        self.sound: deque[NDArray[np.float64]] = deque(maxlen=KEPT_SOUND)
        self.pictures_received = 0

    async def open(self) -> None:
        """Join, publish, subscribe."""
        await self.signal.connect()
        joined = await self.signal.request(Join(has_audio=True, has_video=True))
        assert isinstance(joined, Joined)
        await self._publish()
        await self._subscribe()

    async def _publish(self) -> None:
        self._sending.addTrack(Microphone(self._signature))
        transceiver = self._sending.addTransceiver(
            self._camera(self._signature), direction="sendonly"
        )
        wanted = f"video/{self._codec}"
        transceiver.setCodecPreferences(
            [
                codec
                for codec in RTCRtpSender.getCapabilities("video").codecs
                if codec.mimeType in {wanted, "video/rtx"}
            ]
        )
        await self._sending.setLocalDescription(await self._sending.createOffer())
        tracks = [
            PublishTrack(
                mid=transceiver.mid or "",
                kind=transceiver.kind,
                source="camera" if transceiver.kind == "video" else "microphone",
            )
            for transceiver in self._sending.getTransceivers()
        ]
        offer = self._sending.localDescription.sdp
        published = await self.signal.request(Publish(sdp=offer, tracks=tracks))
        assert isinstance(published, Published)
        answer = RTCSessionDescription(self._through(published.sdp), "answer")
        await self._sending.setRemoteDescription(answer)

    async def _subscribe(self) -> None:
        offered = await self.signal.request(Subscribe(layer="low"))
        assert isinstance(offered, Offered)
        offer = RTCSessionDescription(self._through(offered.sdp), "offer")
        await self._receiving.setRemoteDescription(offer)
        await self._receiving.setLocalDescription(await self._receiving.createAnswer())
        answer = SubscribeAnswer(peer=offered.peer, sdp=self._receiving.localDescription.sdp)
        assert isinstance(await self.signal.request(answer), Done)

    def _tracked(self, track: MediaStreamTrack) -> None:
        task = asyncio.create_task(self._keep(track))
        self._tasks.add(task)

    async def _keep(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame: Any = await track.recv()
            except MediaStreamError:
                return
            self.take(frame)

    def take(self, frame: Any) -> None:
        """Keep what was received and decoded."""
        if isinstance(frame, av.VideoFrame):
            self.pictures.append(frame)
            self.pictures_received += 1
        else:
            samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels))
            self.sound.append(samples.mean(axis=1) / 32768)

    def heard(self) -> NDArray[np.float64]:
        """The last seconds of sound, mono at 48 kHz."""
        return np.concatenate(list(self.sound)) if self.sound else np.zeros(RATE)

    async def receives(self, pictures: int, timeout_s: float) -> None:
        """Wait for so many fresh decoded pictures and a second of fresh sound."""
        self.pictures.clear()
        self.sound.clear()
        async with asyncio.timeout(timeout_s):
            while len(self.pictures) < pictures or len(self.sound) < 50:
                await asyncio.sleep(0.05)

    async def close(self) -> None:
        """Leave the seat too, so that another may sit there at once."""
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(SignalError, TimeoutError):  # it may not have been joined
            await self.signal.request(Leave())
        await self._sending.close()
        await self._receiving.close()
        await self.signal.close()


async def close_all(peers: Iterable[AiortcPeer]) -> None:
    for peer in peers:
        await peer.close()
