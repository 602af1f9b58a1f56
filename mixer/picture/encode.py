"""The programme's renditions: x264, then RTP frames for the worker link.

Numbering: frame n has RTP timestamp n * 3600 mod 2^32 and session time n * FRAME_NS. A rendition's
first packet of a process life has the extended sequence n0 * `SEQUENCES_PER_FRAME`,
n0 being its first frame. The bit rate is bounded far below that many packets a
frame, so numbers of a later life are always above those of an earlier one.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import av
import structlog
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from mixer.rtp import payload_type
from mixer.rtp.packet import RtpPacket
from mixer.rtp.packetise import packetise_h264
from mixer.wire.frame import FLAG_KEYFRAME, Frame, FrameKind
from mixer.wire.ids import FRAME_NS, LAYER_LOW, LAYER_MAIN, Layer, PublicationId

from .colour import MATRIX_SMPTE170M, PRIMARIES_BT709, TRANSFER_BT709, Scaler

_log = structlog.get_logger(__name__)
FRAMES_PER_SECOND = 25
TICKS_PER_FRAME = payload_type.VIDEO_CLOCK_RATE // FRAMES_PER_SECOND
KEYFRAME_EVERY = 50
"""Key frames stand at even session seconds, the same in every rendition."""
KEYFRAME_MIN_DISTANCE = 13
"""Frames (520 ms) between a requested key frame and the one before."""
SEQUENCES_PER_FRAME = 64
MAX_PAYLOAD_BYTES = 1100
_LIMITED_RANGE = 1


class RenditionSpec(NamedTuple):
    """One coding of the programme. Rates in bit/s, buffer in bits."""

    layer: Layer
    width: int
    height: int
    crf: int
    maxrate: int
    bufsize: int


def renditions(width: int, height: int) -> tuple[RenditionSpec, RenditionSpec]:
    """``main`` in full size and ``low`` in half size at 300 kbit/s."""
    return (
        RenditionSpec(LAYER_MAIN, width, height, 23, 2_500_000, 1_250_000),
        RenditionSpec(LAYER_LOW, width // 2, height // 2, 26, 300_000, 300_000),
    )


def open_encoder(spec: RenditionSpec) -> VideoCodecContext:
    """x264 without look-ahead, one thread, baseline as browsers negotiate it (42e01f)."""
    context = av.CodecContext.create("libx264", "w")
    if not isinstance(context, VideoCodecContext):
        raise TypeError("libx264 is no video codec")
    context.width = spec.width
    context.height = spec.height
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, FRAMES_PER_SECOND)
    context.framerate = Fraction(FRAMES_PER_SECOND)
    context.thread_count = 1
    context.gop_size = KEYFRAME_EVERY
    context.colorspace = MATRIX_SMPTE170M
    context.color_range = _LIMITED_RANGE
    context.color_primaries = PRIMARIES_BT709
    context.color_trc = TRANSFER_BT709
    context.options = {
        "preset": "superfast",
        "profile": "baseline",
        "tune": "zerolatency",
        "level": "3.1",
        "crf": str(spec.crf),
        "maxrate": str(spec.maxrate),
        "bufsize": str(spec.bufsize),
        "sc_threshold": "0",
        "forced-idr": "1",
    }
    return context


class KeyframeRule:
    """When a frame is a key frame: each 2 s, and on request but not too often."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._requested = False

    def request(self) -> None:
        """Somebody needs one. May come from another thread."""
        self._requested = True

    def decide(self, frame: int) -> bool:
        """Whether frame ``frame`` shall be one. Frame numbers only grow."""
        last = self._last
        aligned = last is None or frame // KEYFRAME_EVERY != last // KEYFRAME_EVERY
        asked = self._requested and last is not None and frame - last >= KEYFRAME_MIN_DISTANCE
        if not (aligned or asked):
            return False
        self._last = frame
        self._requested = False
        return True


class Rendition:
    """One encoder and its RTP stream."""

    def __init__(self, spec: RenditionSpec, publication: PublicationId) -> None:
        self.spec = spec
        self.keyframes = KeyframeRule()
        self.errors = 0
        self.packets = 0
        self.size_bytes = 0
        self._publication = publication
        self._context = open_encoder(spec)
        self._scaler = Scaler()
        self._sequence = -1
        # Media gives each receiver an SSRC of its own; this one only has to be steady.
        self._ssrc = (publication << 2 | spec.layer) & 0xFFFFFFFF

    def encode(self, canvas: VideoFrame, number: int) -> list[Frame]:
        """Link frames of programme frame ``number``, at once (no look-ahead).

        Empty when the encoder failed; it is then made anew and goes on with a key frame.
        """
        spec = self.spec
        picture = self._scaler.scale(canvas, spec.width, spec.height)
        picture.pts = number
        picture.time_base = Fraction(1, FRAMES_PER_SECOND)
        keyframe = self.keyframes.decide(number)
        picture.pict_type = PictureType.I if keyframe else PictureType.NONE
        try:
            coded = b"".join([bytes(packet) for packet in self._context.encode(picture)])
        except (av.FFmpegError, ValueError, MemoryError) as error:
            self.errors += 1
            _log.error("picture.encode_error", layer=spec.layer, error=str(error))
            self._context = open_encoder(spec)
            self.keyframes = KeyframeRule()
            return []
        return self._frames(coded, number, keyframe=keyframe)

    def _frames(self, coded: bytes, number: int, *, keyframe: bool) -> list[Frame]:
        if self._sequence < 0:
            self._sequence = number * SEQUENCES_PER_FRAME
        payloads = packetise_h264(coded, MAX_PAYLOAD_BYTES)
        timestamp = number * TICKS_PER_FRAME & 0xFFFFFFFF
        frames: list[Frame] = []
        for index, payload in enumerate(payloads):
            sequence = self._sequence
            self._sequence += 1
            packet = RtpPacket(
                payload_type.H264,
                sequence & 0xFFFF,
                timestamp,
                self._ssrc,
                payload,
                marker=index == len(payloads) - 1,
            ).serialize()
            frames.append(
                Frame(
                    FrameKind.RTP,
                    self._publication,
                    self.spec.layer,
                    FLAG_KEYFRAME if keyframe and index == 0 else 0,
                    sequence,
                    0,
                    number * FRAME_NS,
                    packet,
                )
            )
        self.packets += len(frames)
        self.size_bytes += len(coded)
        return frames
