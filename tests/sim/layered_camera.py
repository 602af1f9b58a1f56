"""A publisher of three layers, truly encoded, that repeats and refreshes as a browser does."""

from __future__ import annotations

import fractions
import hashlib
from dataclasses import dataclass, field

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from mixer.rtp import payload_type as types
from mixer.rtp.depacketise import assembler_for
from mixer.rtp.packet import RtpPacket
from mixer.rtp.packetise import packetise_h264, packetise_vp8
from mixer.rtp.rtcp import Nack, PictureLoss, parse_rtcp
from tests.unit.mixer.forward.layers_rig import RIDS, RTX_SSRCS, SSRCS

FRAMES_PER_SECOND = 20
SIZES = ((160, 96), (320, 192), (480, 288))
MEDIA_TYPES = {types.VP8: 96, types.H264: 98}
RTX_TYPES = {types.VP8: 97, types.H264: 99}
_FIRST_SEQUENCE = (65_400, 30_000, 100)
_FIRST_PICTURE = (32_740, 120, 7)
_FIRST_STAMP = (0xFFFF_0000, 5, 1_000_000)
_X264 = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "forced-idr": "1"}
_VPX = {"cpu-used": "12", "deadline": "realtime", "lag-in-frames": "0", "error-resilient": "0"}


def painted(index: int, size: tuple[int, int]) -> av.VideoFrame:
    """Blocks that say the picture's number, over something that moves; no two are the same."""
    width, height = size
    plane = np.zeros((height, width), dtype=np.uint8)
    plane += (np.arange(width) * 3 % 100).astype(np.uint8)
    plane += ((np.arange(height)[:, None] * 5 + index * 7) % 100).astype(np.uint8)
    for bit in range(16):
        left = bit * width // 16
        plane[: height // 4, left : left + width // 16] = 235 if index >> bit & 1 else 16
    grain = np.random.default_rng(index).integers(0, 256, (16, 32), dtype=np.uint8)
    plane[-16:, -32:] = grain
    frame = av.VideoFrame(width, height, "yuv420p")
    for target, values in zip(frame.planes, (plane, None, None), strict=True):
        shape = (target.height, target.line_size)
        filled = np.full(shape, (index * 5) % 200 + 20, dtype=np.uint8)
        if values is not None:
            filled[:, :width] = values
        target.update(filled.tobytes())
    frame.pts = index
    frame.time_base = fractions.Fraction(1, FRAMES_PER_SECOND)
    return frame


def fingerprint(frame: av.VideoFrame) -> bytes:
    """Tell two decoded pictures apart."""
    return hashlib.sha256(frame.to_ndarray(format="yuv420p").tobytes()).digest()


def decoder(codec: int) -> VideoCodecContext:
    context = av.CodecContext.create("vp8" if codec == types.VP8 else "h264", "r")
    assert isinstance(context, VideoCodecContext)
    context.thread_count = 1
    return context


def _encoder(codec: int, size: tuple[int, int]) -> VideoCodecContext:
    name, options = ("libvpx", _VPX) if codec == types.VP8 else ("libx264", _X264)
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.time_base = fractions.Fraction(1, FRAMES_PER_SECOND)
    context.framerate = fractions.Fraction(FRAMES_PER_SECOND)
    context.bit_rate = size[0] * size[1] * 4
    context.gop_size = 100_000
    context.thread_count = 1
    context.options = options
    return context


@dataclass
class _Layer:
    """What one encoding has made so far."""

    number: int
    codec: int
    sequence: int = 0
    sent: dict[int, RtpPacket] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.encoder = _encoder(self.codec, SIZES[self.number])
        self.decoder = decoder(self.codec)
        self.assembler = assembler_for(self.codec)
        self.sequence = _FIRST_SEQUENCE[self.number]


class LayeredCamera:
    """Makes a picture in three sizes at a time; `pictures` is what a perfect receiver decodes."""

    def __init__(self, codec: int) -> None:
        self.codec = codec
        self.frames = 0
        self.keyframes_asked = 0
        self.pictures: dict[bytes, tuple[int, bytes]] = {}
        """Access unit to layer and fingerprint."""
        self._layers = [_Layer(number, codec) for number in range(3)]
        self._rtx_sequence = 10
        self._wants_key = True

    def take_picture(self) -> list[bytes]:
        """Return the packets of all layers."""
        key, self._wants_key = self._wants_key, False
        out = [packet for layer in self._layers for packet in self._encode(layer, key=key)]
        self.frames += 1
        return out

    def _encode(self, layer: _Layer, *, key: bool) -> list[bytes]:
        frame = painted(self.frames, SIZES[layer.number])
        if key:
            frame.pict_type = av.video.frame.PictureType.I
        unit = b"".join(bytes(packet) for packet in layer.encoder.encode(frame))
        if self.codec == types.VP8:
            picture = _FIRST_PICTURE[layer.number] + self.frames & 0x7FFF
            payloads = packetise_vp8(unit, picture, tl0_picture_index=picture & 0xFF)
        else:
            payloads = packetise_h264(unit)
        stamp = _FIRST_STAMP[layer.number] + self.frames * 90_000 // FRAMES_PER_SECOND
        last = len(payloads) - 1
        return [
            self._packet(layer, payload, stamp, last=index == last)
            for index, payload in enumerate(payloads)
        ]

    def _packet(self, layer: _Layer, payload: bytes, stamp: int, *, last: bool) -> bytes:
        packet = RtpPacket(
            MEDIA_TYPES[self.codec],
            layer.sequence & 0xFFFF,
            stamp & 0xFFFFFFFF,
            SSRCS[layer.number],
            payload,
            last,
        )
        layer.sent[packet.sequence] = packet
        for unit in layer.assembler.push(layer.sequence, packet, 0):
            [decoded] = layer.decoder.decode(av.Packet(unit.payload))
            self.pictures[unit.payload] = (layer.number, fingerprint(decoded))
        layer.sequence += 1
        return packet.serialize({1: b"0", 2: RIDS[layer.number].encode()})

    def react(self, control: bytes) -> list[bytes]:
        """Repeat what is asked for; make key frames on all layers when one is asked for."""
        repeated = []
        for item in parse_rtcp(control):
            if isinstance(item, PictureLoss):
                self.keyframes_asked += 1
                self._wants_key = True
            if isinstance(item, Nack):
                layer = self._layers[SSRCS.index(item.media_ssrc)]
                repeated += [self._repeat(layer, number) for number in item.lost]
        return repeated

    def _repeat(self, layer: _Layer, number: int) -> bytes:
        packet = layer.sent[number]
        self._rtx_sequence += 1
        return RtpPacket(
            RTX_TYPES[self.codec],
            self._rtx_sequence & 0xFFFF,
            packet.timestamp,
            RTX_SSRCS[layer.number],
            number.to_bytes(2, "big") + packet.payload,
            packet.marker,
        ).serialize({1: b"0", 3: RIDS[layer.number].encode()})
