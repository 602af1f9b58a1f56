"""A worker on the link that plays a programme in two layers, and a tone, over and over."""

from __future__ import annotations

import asyncio
import struct
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mixer.rtp import payload_type
from mixer.rtp.packetise import packetise_opus, packetise_vp8
from mixer.wire.frame import FLAG_KEYFRAME, Frame, FrameKind
from mixer.wire.ids import Codec, MediaKind, PublicationId, WorkerKind
from mixer.wire.link import LinkKeyframe, LinkMessage, LinkPublish
from mixer.wire.resources import StreamCodec
from tests.system.media_rig import LinkWorker

PROGRAMME, SOUND = PublicationId(100), PublicationId(101)
FPS, PICTURES = 25, 50
LAYERS = ((320, 180, 300_000), (640, 360, 2_000_000))
_SOUND_FRAMES = 50


def film(width: int, height: int, bps: int) -> list[bytes]:
    """Two seconds of noise that drifts, in VP8; the first picture is a key frame."""
    context = av.CodecContext.create("libvpx", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate = Fraction(1, FPS), Fraction(FPS)
    context.bit_rate = bps
    context.options = {
        "deadline": "realtime",
        "cpu-used": "8",
        "minrate": str(bps),
        "maxrate": str(bps),
        "bufsize": str(bps),
        "g": str(PICTURES),
        "lag-in-frames": "0",
        "error-resilient": "default",
    }
    chance = np.random.default_rng(7)
    noise = chance.integers(16, 235, (height, width), dtype=np.uint8)
    units = []
    for number in range(PICTURES):
        canvas = np.full((height * 3 // 2, width), 128, dtype=np.uint8)
        grain = chance.integers(0, 24, (height, width), dtype=np.uint8)
        canvas[:height] = np.roll(noise, 3 * number, axis=1) // 2 + grain
        frame = av.VideoFrame.from_ndarray(canvas, format="yuv420p")
        frame.pts = number
        units += [bytes(packet) for packet in context.encode(frame)]
    return units


def tone() -> list[bytes]:
    """A second of Opus at 64 kbit/s."""
    context = av.CodecContext.create("libopus", "w")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.format, context.layout = 48_000, "s16", "mono"
    context.bit_rate = 64_000
    context.options = {"application": "audio", "frame_duration": "20", "vbr": "off"}
    units = []
    for number in range(_SOUND_FRAMES + 2):
        phase = (np.arange(960) + number * 960) * 2 * np.pi * 400 / 48_000
        samples = (np.sin(phase) * 12_000).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48_000, number * 960
        units += [bytes(packet) for packet in context.encode(frame)]
    return units[-_SOUND_FRAMES:]


class PlayedProgramme(LinkWorker):
    """Its `origin_ns` is that of session time; a request for a key frame begins the film anew."""

    def __init__(self, path: Path, origin_ns: int) -> None:
        super().__init__(path, WorkerKind.PICTURE)
        self._origin_ns = origin_ns
        self._films = [film(*layer) for layer in LAYERS]
        self._tone = tone()
        self._at = [0] * len(LAYERS)
        self._picture_ids = [0] * len(LAYERS)
        self._sequences = [0] * (len(LAYERS) + 1)
        self.wants_key = [False] * len(LAYERS)

    def link_up(self) -> None:
        super().link_up()
        video = StreamCodec(codec=Codec.VP8, clock_rate=payload_type.VIDEO_CLOCK_RATE)
        audio = StreamCodec(codec=Codec.OPUS, clock_rate=payload_type.AUDIO_CLOCK_RATE, channels=2)
        for publication, kind, codec, layers in (
            (PROGRAMME, MediaKind.VIDEO, video, len(LAYERS)),
            (SOUND, MediaKind.AUDIO, audio, 1),
        ):
            self.link.send_message(
                LinkPublish(publication=publication, kind=kind, codec=codec, layers=layers)
            )

    def link_message(self, message: LinkMessage) -> None:
        if isinstance(message, LinkKeyframe):
            self.wants_key[message.layer] = True

    async def play(self) -> None:
        """Until it is cancelled: 50 ticks a second, sound in each, a picture in every other."""
        begin, tick = time.monotonic(), 0
        while True:
            self._sound(tick)
            if tick % 2 == 0:
                for layer in range(len(LAYERS)):
                    self._picture(layer, tick // 2)
            tick += 1
            await asyncio.sleep(max(0.0, begin + tick / 50 - time.monotonic()))

    def _sound(self, tick: int) -> None:
        unit = self._tone[tick % len(self._tone)]
        self._send(SOUND, 0, packetise_opus(unit), payload_type.OPUS, tick * 960)

    def _picture(self, layer: int, number: int) -> None:
        if self.wants_key[layer] or self._at[layer] == PICTURES:
            self.wants_key[layer] = False
            self._at[layer] = 0
        unit = self._films[layer][self._at[layer]]
        self._picture_ids[layer] = (self._picture_ids[layer] + 1) & 0x7FFF
        payloads = packetise_vp8(unit, self._picture_ids[layer])
        is_key = self._at[layer] == 0
        self._at[layer] += 1
        stamp = number * (90_000 // FPS)
        self._send(PROGRAMME, layer, payloads, payload_type.VP8, stamp, is_key=is_key)

    def _send(
        self,
        publication: PublicationId,
        layer: int,
        payloads: list[bytes],
        number: int,
        stamp: int,
        *,
        is_key: bool = False,
    ) -> None:
        line = layer if publication == PROGRAMME else len(LAYERS)
        session_ns = time.monotonic_ns() - self._origin_ns
        frames = []
        for index, payload in enumerate(payloads):
            self._sequences[line] += 1
            last = index == len(payloads) - 1 and publication == PROGRAMME
            header = struct.pack(
                "!BBHII",
                0x80,
                0x80 * last | number,
                self._sequences[line] & 0xFFFF,
                stamp & 0xFFFFFFFF,
                line + 1,
            )
            flags = FLAG_KEYFRAME if is_key and index == 0 else 0
            frames.append(
                Frame(
                    FrameKind.RTP,
                    publication,
                    layer,
                    flags,
                    self._sequences[line],
                    0,
                    session_ns,
                    header + payload,
                )
            )
        self.link.send_frames(frames)
