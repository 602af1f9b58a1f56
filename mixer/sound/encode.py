"""From mixed ticks to link frames: Opus as RTP, AAC as access units.

**What `session_ns` of a frame means**: the mix time of the first sample that the
unit decodes to, once the decoder's warm-up is through.

- Opus: tick k's packet carries sequence k, timestamp k * 960 and session_ns
  k * 20 ms, whatever happened before, so a restarted process goes on with the
  numbering and a tick that was skipped is a lost packet. A decoder's output is
  later by ``priming_samples`` of the `StreamCodec` (2.5 ms).
- AAC: access unit n decodes to the 1024 samples from session sample n * 1024 on
  and says so; nothing is to be subtracted. An encoder that starts at unit m first
  makes ``priming_samples / 1024`` units before m, which decode to nothing useful
  and have the times before. A player that begins with unit n must be given unit
  n - 1 as well (the transform overlaps) and throw its output away.
"""

from __future__ import annotations

from typing import Final

import av
import numpy as np

from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import OPUS, RED
from mixer.rtp.red import join_red
from mixer.sound.codec import (
    SAMPLE_RATE,
    TICK_SAMPLES,
    EncoderSettings,
    OpusLibrary,
    Samples,
    samples_to_ns,
)
from mixer.wire.frame import FLAG_KEYFRAME, Frame, FrameKind
from mixer.wire.ids import TICK_NS, Codec, PublicationId
from mixer.wire.resources import StreamCodec

RETURN_COMPLEXITY: Final = 5
"""Measured (docs/sound.md): a third cheaper than 8, and CELT gains little above."""
PROGRAMME_COMPLEXITY: Final = 9
PROGRAMME_BITRATE: Final = 128_000
AAC_BITRATE: Final = 128_000
AAC_UNIT_SAMPLES: Final = 1024
AAC_PRIMING_SAMPLES: Final = 1024
MAX_AAC_GAP_SAMPLES: Final = 2 * SAMPLE_RATE
"""Skipped ticks up to 2 s are encoded as silence; after more the encoder begins anew."""


class AacError(Exception):
    """FFmpeg's AAC encoder is not what this module relies on."""


class OpusStream:
    """One Opus publication: a return (mono) or the programme (stereo).

    With ``redundancy`` a packet is RED (RFC 2198) and carries the frame before once more.
    """

    def __init__(
        self, library: OpusLibrary, publication: PublicationId, settings: EncoderSettings
    ) -> None:
        self._publication = publication
        self._library = library
        self._settings = settings
        self._encoder = library.encoder(settings)
        self.redundancy = False
        self._last = (-1, b"")
        self.codec = StreamCodec(
            codec=Codec.OPUS,
            clock_rate=SAMPLE_RATE,
            channels=settings.channels,
            priming_samples=self._encoder.lookahead_samples,
        )

    def frame(self, tick: int, block: Samples) -> Frame:
        """The packet of ``tick`` from (960,) or (960, 2) samples. Raises `OpusError`."""
        coded = self._encoder.encode(block)
        payload = self._with_last(tick, coded) if self.redundancy else coded
        self._last = (tick, coded)
        packet = RtpPacket(
            RED if self.redundancy else OPUS,
            tick & 0xFFFF,
            tick * TICK_SAMPLES & 0xFFFFFFFF,
            self._publication & 0xFFFFFFFF,
            payload,
        )
        return Frame(
            FrameKind.RTP, self._publication, 0, 0, tick, 0, tick * TICK_NS, packet.serialize()
        )

    def set_bitrate(self, bitrate: int) -> None:
        """Code with ``bitrate`` bit/s from the next tick on. Raises `OpusError`."""
        if bitrate == self._settings.bitrate:
            return
        settings = self._settings._replace(bitrate=bitrate)
        if not self._encoder.set_bitrate(bitrate):
            self._encoder = self._library.encoder(settings)
        self._settings = settings

    def _with_last(self, tick: int, coded: bytes) -> bytes:
        last_tick, last = self._last
        return join_red(coded, last if last_tick == tick - 1 else b"", TICK_SAMPLES)


class AacStream:
    """The programme as AAC-LC, 48 kHz stereo, on the grid of 1024 samples from session time 0."""

    def __init__(self, publication: PublicationId) -> None:
        self._publication = publication
        self._context, self._configuration = _open_aac()
        self._waiting = np.zeros((2, 0), np.float32)
        self._next_sample = -1
        """Session sample that follows what waits; -1 before the first tick."""
        self._first_sample = 0
        """Session sample with which this life of the encoder begins; on the grid."""
        self.restarts = 0
        """Times the encoder began anew after a long gap."""
        self.codec = StreamCodec(
            codec=Codec.AAC,
            clock_rate=SAMPLE_RATE,
            channels=2,
            priming_samples=AAC_PRIMING_SAMPLES,
            configuration=self._configuration,
        )

    def frames(self, tick: int, block: Samples) -> list[Frame]:
        """The access units (none, one or, after a gap, many) completed by ``tick`` (960, 2)."""
        first = tick * TICK_SAMPLES
        gap = first - self._next_sample
        if self._next_sample < 0 or not 0 <= gap <= MAX_AAC_GAP_SAMPLES:
            self._begin(first)
            gap = 0
        skipped = max(self._first_sample - first, 0)
        planes = (self._waiting, np.zeros((2, gap), np.float32), block.T[:, skipped:])
        self._waiting = np.concatenate(planes, axis=1)
        self._next_sample = first + TICK_SAMPLES
        frames: list[Frame] = []
        while self._waiting.shape[1] >= AAC_UNIT_SAMPLES:
            frames += self._encode()
        return frames

    def _begin(self, first: int) -> None:
        """Start on the grid: what stands before its next line is left out."""
        if self._next_sample >= 0:
            self.restarts += 1
            self._context, _ = _open_aac()
        self._waiting = np.zeros((2, 0), np.float32)
        self._first_sample = first + -first % AAC_UNIT_SAMPLES

    def _encode(self) -> list[Frame]:
        start = self._next_sample - self._waiting.shape[1]
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(self._waiting[:, :AAC_UNIT_SAMPLES]),
            format="fltp",
            layout="stereo",
        )
        self._waiting = self._waiting[:, AAC_UNIT_SAMPLES:]
        frame.sample_rate = SAMPLE_RATE
        frame.pts = start
        return [self._unit(packet) for packet in self._context.encode(frame)]

    def _unit(self, packet: av.Packet[av.AudioStream]) -> Frame:
        if packet.pts is None:
            raise AacError("the encoder gave an access unit without a time")
        return Frame(
            FrameKind.ACCESS_UNIT,
            self._publication,
            0,
            FLAG_KEYFRAME,
            packet.pts // AAC_UNIT_SAMPLES,
            0,
            samples_to_ns(packet.pts),
            bytes(packet),
        )


def _open_aac() -> tuple[av.AudioCodecContext, bytes]:
    """An encoder and its AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1)."""
    context = av.CodecContext.create("aac", "w")
    if not isinstance(context, av.AudioCodecContext):
        raise AacError("PyAV has no AAC encoder")
    context.sample_rate = SAMPLE_RATE
    context.layout = "stereo"
    context.format = "fltp"
    context.bit_rate = AAC_BITRATE
    context.thread_count = 1
    # The default coder takes up to 1.3 ms a unit on a dense mix and 0.4 on speech; this one a
    # steady 0.14, and left equal to right leaves it twice the bits it needs.
    context.options = {"aac_coder": "fast"}
    context.open()
    configuration = context.extradata
    # Object type 2 (LC), frequency index 3 (48 kHz), two channels.
    if configuration is None or configuration[:2] != b"\x11\x90":
        raise AacError(f"unexpected AudioSpecificConfig {configuration!r}")
    return context, configuration
