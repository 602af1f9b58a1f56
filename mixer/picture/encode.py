"""One rendition: an encoder, then RTP frames for the worker link.

Numbering: frame n stands at n / rate seconds of session time and has the RTP timestamp of that
moment. A rendition's first packet of a process life has the extended sequence n0 * ``sequences``
of its spec, n0 being its first frame. The bit rate is bounded far below that many packets a
frame, so numbers of a later life are always above those of an earlier one.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import av
import structlog
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from mixer.rtp import payload_type
from mixer.rtp.packet import RtpPacket
from mixer.rtp.packetise import packetise_h264, packetise_vp8
from mixer.wire.frame import FLAG_KEYFRAME, Frame, FrameKind
from mixer.wire.ids import Codec, PublicationId

from .keyframes import KeyframeRule
from .picture_format import PictureFormat
from .rendition_spec import RenditionSpec, open_encoder
from .scale import Scaler

_log = structlog.get_logger(__name__)
SEQUENCES_PER_FRAME = 64
MAX_PAYLOAD_BYTES = 1100
_TYPES = {Codec.H264: payload_type.H264, Codec.VP8: payload_type.VP8}


class Rendition:
    """One encoder and its RTP stream. Used by one thread."""

    def __init__(
        self,
        spec: RenditionSpec,
        publication: PublicationId,
        make: Callable[[RenditionSpec], VideoCodecContext] = open_encoder,
    ) -> None:
        self.spec = spec
        self.publication = publication
        self.keyframes = KeyframeRule(spec.frame_rate)
        self.errors = 0
        self.packets = 0
        self.size_bytes = 0
        self._form = PictureFormat(spec.width, spec.height, spec.frame_rate)
        self._make = make
        self._context: VideoCodecContext | None = None
        self._scaler = Scaler()
        self._sequence = -1
        # Media gives each receiver an SSRC of its own; this one only has to be steady.
        self._ssrc = (publication << 2 | spec.layer) & 0xFFFFFFFF

    def rest(self) -> None:
        """Nobody takes it for now: give the encoder's memory back. `encode` begins anew."""
        self._context = None
        self.keyframes = KeyframeRule(self.spec.frame_rate)

    def encode(self, canvas: VideoFrame, number: int) -> list[Frame]:
        """Link frames of programme frame ``number``, at once (no look-ahead).

        An encoder that fails is made anew and codes the same picture as a key frame; empty
        when that fails too.
        """
        spec = self.spec
        picture = self._scaler.scale(canvas, spec.width, spec.height)
        picture.pts = number
        picture.time_base = Fraction(1, spec.frame_rate)
        for _ in range(2):
            keyframe = self.keyframes.decide(number)
            try:
                coded = self._code(picture, keyframe=keyframe)
            except (av.FFmpegError, ValueError, MemoryError) as error:
                self.errors += 1
                _log.error("picture.encode_error", layer=spec.layer, error=str(error))
                self.rest()
                continue
            return self._frames(coded, number, keyframe=keyframe)
        return []

    def _code(self, picture: VideoFrame, *, keyframe: bool) -> bytes:
        if self._context is None:
            self._context = self._make(self.spec)
        picture.pict_type = PictureType.I if keyframe else PictureType.NONE
        coded = b"".join([bytes(packet) for packet in self._context.encode(picture)])
        if not coded and self.spec.codec is Codec.H264:
            raise ValueError("the encoder gave nothing")
        return coded

    def _frames(self, coded: bytes, number: int, *, keyframe: bool) -> list[Frame]:
        if self._sequence < 0:
            self._sequence = number * self.spec.sequences
        if self.spec.codec is Codec.VP8:
            payloads = packetise_vp8(coded, number & 0x7FFF, MAX_PAYLOAD_BYTES)
        else:
            payloads = packetise_h264(coded, MAX_PAYLOAD_BYTES)
        kind, timestamp = _TYPES[self.spec.codec], self._form.timestamp_of(number)
        session_ns = self._form.time_of(number)
        frames: list[Frame] = []
        for index, payload in enumerate(payloads):
            sequence = self._sequence
            self._sequence += 1
            packet = RtpPacket(
                kind,
                sequence & 0xFFFF,
                timestamp,
                self._ssrc,
                payload,
                marker=index == len(payloads) - 1,
            ).serialize()
            frames.append(
                Frame(
                    FrameKind.RTP,
                    self.publication,
                    self.spec.layer,
                    FLAG_KEYFRAME if keyframe and index == 0 else 0,
                    sequence,
                    0,
                    session_ns,
                    packet,
                )
            )
        self.packets += len(frames)
        self.size_bytes += len(coded)
        return frames
