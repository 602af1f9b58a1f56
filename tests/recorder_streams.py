"""Coded media for the recorder's tests: real codecs, known content, frames of the link."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

import av
import numpy as np

from mixer.rtp import payload_type
from mixer.rtp.packet import RtpPacket
from mixer.rtp.packetise import packetise_h264, packetise_opus, packetise_vp8
from mixer.wire.frame import Frame, FrameKind
from mixer.wire.ids import Codec
from mixer.wire.resources import StreamCodec

MS = 1_000_000
FPS = 25
WIDTH, HEIGHT = 160, 96
RATE = 48_000
FLASH_EVERY = 25
AAC_SAMPLES = 1024
PACKET_BYTES = 60
"""Small, so that small pictures take several packets."""


@dataclass(frozen=True)
class Unit:
    """A coded unit and its time on the session clock."""

    payload: bytes
    session_ns: int
    keyframe: bool


@dataclass
class Stream:
    """A publication's layer as frames, and what a file must hold in the end."""

    publication: int
    layer: int
    codec: StreamCodec
    units: list[Unit]
    life: int = 7
    first_sequence: int = 65_500
    frames: list[Frame] = field(default_factory=list)

    def __post_init__(self) -> None:
        sequence = self.first_sequence
        for index, unit in enumerate(self.units):
            if self.codec.codec is Codec.AAC:
                self.frames.append(self._frame(FrameKind.ACCESS_UNIT, index, unit, unit.payload))
                continue
            for packet in self._packets(index, unit, sequence):
                kind = FrameKind.RTP
                self.frames.append(self._frame(kind, sequence, unit, packet.serialize()))
                sequence += 1

    def _frame(self, kind: FrameKind, sequence: int, unit: Unit, payload: bytes) -> Frame:
        return Frame(
            kind,
            self.publication,
            self.layer,
            0,
            sequence,
            unit.session_ns,
            unit.session_ns,
            payload,
        )

    def _packets(self, index: int, unit: Unit, sequence: int) -> list[RtpPacket]:
        if self.codec.codec is Codec.OPUS:
            kind, payloads = payload_type.OPUS, packetise_opus(unit.payload)
        elif self.codec.codec is Codec.VP8:
            kind, payloads = (
                payload_type.VP8,
                packetise_vp8(unit.payload, index & 0x7FFF, PACKET_BYTES),
            )
        else:
            kind, payloads = payload_type.H264, packetise_h264(unit.payload, PACKET_BYTES)
        ticks = unit.session_ns * self.codec.clock_rate // 1_000_000_000 & 0xFFFFFFFF
        return [
            RtpPacket(
                kind,
                sequence + offset & 0xFFFF,
                ticks,
                self.publication,
                payload,
                marker=offset == len(payloads) - 1,
            )
            for offset, payload in enumerate(payloads)
        ]


def is_flash(index: int) -> bool:
    """Whether picture `index` is white; all others are dark."""
    return index % FLASH_EVERY == FLASH_EVERY // 2


def _picture(index: int, *, width: int = WIDTH, height: int = HEIGHT) -> av.VideoFrame:
    luma = np.full((height * 3 // 2, width), 128, np.uint8)
    luma[:height] = 235 if is_flash(index) else 40
    row = index * 2 % height
    luma[row : row + 8, : width // 2] = 160
    frame = av.VideoFrame.from_ndarray(luma, format="yuv420p")
    frame.pts = index
    frame.time_base = Fraction(1, FPS)
    return frame


@cache
def _coded_pictures(
    name: str, count: int, width: int, height: int
) -> tuple[tuple[bytes, bool], ...]:
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = width, height
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, FPS)
    context.framerate = Fraction(FPS)
    context.thread_count = 1
    context.gop_size = 25
    context.options = (
        {"preset": "superfast", "tune": "zerolatency", "profile": "baseline"}
        if name == "libx264"
        else {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    )
    packets = []
    for index in range(count):
        packets += context.encode(_picture(index, width=width, height=height))
    packets += context.encode(None)
    return tuple((bytes(packet), packet.is_keyframe) for packet in packets)


def video(
    publication: int,
    codec: Codec = Codec.VP8,
    *,
    count: int = 50,
    start_ns: int = 0,
    layer: int = 0,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> Stream:
    """`count` pictures at 25 a second from `start_ns`, a key frame each second."""
    name = "libx264" if codec is Codec.H264 else "libvpx"
    units = [
        Unit(payload, start_ns + index * 40 * MS, keyframe)
        for index, (payload, keyframe) in enumerate(_coded_pictures(name, count, *size))
    ]
    return Stream(publication, layer, StreamCodec(codec=codec, clock_rate=90_000), units)


def _tone(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    time = np.arange(count) / RATE
    return (0.5 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)[None, :]


def beeps(seconds: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Stereo: silence with 40 ms of tone that begin where `is_flash` pictures stand."""
    samples = np.zeros(round(seconds * RATE), np.float32)
    tone = _tone(RATE // FPS)[0]
    for index in range(round(seconds * FPS)):
        if is_flash(index):
            at = index * RATE // FPS
            samples[at : at + len(tone)] = tone[: len(samples) - at]
    return np.stack((samples, samples))


@cache
def _opus_packets(count: int) -> tuple[bytes, ...]:
    context = av.CodecContext.create("libopus", "w")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate = RATE
    context.layout = "mono"
    context.format = "flt"
    packets: list[bytes] = []
    samples = _tone((count + 2) * 960)
    for index in range(count + 2):
        block = samples[:, index * 960 : (index + 1) * 960]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), "flt", "mono")
        frame.sample_rate = RATE
        frame.pts = index * 960
        packets += [bytes(packet) for packet in context.encode(frame)]
    return tuple(packets[:count])


def opus(publication: int, *, count: int = 100, start_ns: int = 0) -> Stream:
    """`count` packets of 20 ms."""
    units = [
        Unit(payload, start_ns + index * 20 * MS, keyframe=True)
        for index, payload in enumerate(_opus_packets(count))
    ]
    codec = StreamCodec(codec=Codec.OPUS, clock_rate=RATE, channels=1)
    return Stream(publication, 0, codec, units)


def aac(
    publication: int,
    samples: np.ndarray[tuple[int, int], np.dtype[np.float32]],
    *,
    start_ns: int = 0,
) -> Stream:
    """Stereo `samples` from `start_ns` on; the unit with the priming comes first, before it."""
    context = av.CodecContext.create("aac", "w")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate = RATE
    context.layout = "stereo"
    context.format = "fltp"
    units: list[Unit] = []
    for at in [*range(0, samples.shape[1] - AAC_SAMPLES + 1, AAC_SAMPLES), None]:
        frame = None
        if at is not None:
            block = np.ascontiguousarray(samples[:, at : at + AAC_SAMPLES])
            frame = av.AudioFrame.from_ndarray(block, "fltp", "stereo")
            frame.sample_rate = RATE
            frame.pts = at
        for packet in context.encode(frame):
            assert packet.pts is not None
            session_ns = start_ns + packet.pts * 1_000_000_000 // RATE
            units.append(Unit(bytes(packet), session_ns, keyframe=True))
    codec = StreamCodec(
        codec=Codec.AAC,
        clock_rate=RATE,
        channels=2,
        priming_samples=AAC_SAMPLES,
        configuration=bytes(context.extradata or b""),
    )
    return Stream(publication, 0, codec, units)
