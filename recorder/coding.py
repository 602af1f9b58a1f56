"""Codec matters a container needs: private data, picture sizes, lengths of sound units."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from mixer.rtp.h264 import NAL_DELIMITER, NAL_PPS, NAL_SPS, split_annexb
from mixer.wire.ids import Codec

from .matroska import TrackFormat

if TYPE_CHECKING:
    from mixer.rtp.depacketise import AccessUnit
    from mixer.wire.resources import StreamCodec

OPUS_RATE: Final = 48_000
AAC_SAMPLES: Final = 1024
_SECOND_NS: Final = 1_000_000_000
_OPUS_FRAME_US: Final = {
    **{config: (10_000, 20_000, 40_000, 60_000)[config % 4] for config in range(12)},
    **{config: (10_000, 20_000)[config % 2] for config in range(12, 16)},
    **{config: (2_500, 5_000, 10_000, 20_000)[config % 4] for config in range(16, 32)},
}
_HIGH_PROFILES: Final = frozenset({100, 110, 122, 144})
_MAX_SETS: Final = 31
_MAX_SET: Final = 0xFFFF
_NAL_LENGTH: Final = struct.Struct(">I")


def opus_head(channels: int) -> bytes:
    """OpusHead (RFC 7845 section 5.1). No pre-skip: times of units on the link already
    stand for the first sample they decode to, so a player has nothing to shift.
    """
    return b"OpusHead" + struct.pack("<BBHIhB", 1, channels, 0, OPUS_RATE, 0, 0)


def opus_duration_ns(packet: bytes) -> int:
    """How long a packet sounds (RFC 6716 section 3.1); an empty one counts as 20 ms."""
    if not packet:
        return 20_000_000
    frame_us = _OPUS_FRAME_US[packet[0] >> 3]
    code = packet[0] & 0x03
    if code == 0:
        return frame_us * 1000
    if code != 3:
        return frame_us * 2000
    count = packet[1] & 0x3F if len(packet) > 1 else 1
    return frame_us * count * 1000


def aac_duration_ns(sample_rate: int) -> int:
    """How long one AAC-LC access unit sounds."""
    return AAC_SAMPLES * _SECOND_NS // sample_rate


def avc_configuration(units: list[bytes]) -> bytes:
    """AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3.1) of the SPS and PPS
    among ``units``. Raises ValueError when either is missing or they do not fit.
    """
    sequence = [nal for nal in units if nal[0] & 0x1F == NAL_SPS]
    picture = [nal for nal in units if nal[0] & 0x1F == NAL_PPS]
    if not sequence or not picture or len(sequence[0]) < 4:
        raise ValueError("no parameter sets")
    if (
        len(sequence) > _MAX_SETS
        or len(picture) > _MAX_SETS
        or any(len(nal) > _MAX_SET for nal in sequence + picture)
    ):
        raise ValueError("parameter sets that no configuration can hold")
    parts = [b"\x01", sequence[0][1:4], b"\xff", bytes((0xE0 | len(sequence),))]
    for nal in sequence:
        parts += (len(nal).to_bytes(2, "big"), nal)
    parts.append(bytes((len(picture),)))
    for nal in picture:
        parts += (len(nal).to_bytes(2, "big"), nal)
    if sequence[0][1] in _HIGH_PROFILES:
        # 4:2:0 in 8 bits, the only form browsers and our encoder make.
        parts.append(b"\xfd\xf8\xf8\x00")
    return b"".join(parts)


class AvcShaper:
    """Annex B units to what Matroska and MP4 hold: NAL units with a length in front.

    Parameter sets equal to those in the file's configuration are left out; changed
    ones stay in band, so that a publisher may change its picture size in mid-file.
    """

    def __init__(self, configuration: bytes) -> None:
        self.configuration = configuration

    def shape(self, annexb: bytes) -> bytes:
        """One access unit; empty when nothing of it is left."""
        parts: list[bytes] = []
        for nal in split_annexb(annexb):
            kind = nal[0] & 0x1F
            if kind == NAL_DELIMITER:
                continue
            if kind in (NAL_SPS, NAL_PPS) and nal in self.configuration:
                continue
            parts.append(_NAL_LENGTH.pack(len(nal)))
            parts.append(nal)
        return b"".join(parts)


def video_format(codec: Codec, unit: AccessUnit) -> TrackFormat:
    """The format a key frame begins. Raises ValueError when it does not tell it."""
    private = b""
    if codec is Codec.H264:
        private = avc_configuration(split_annexb(unit.payload))
    if not unit.width or not unit.height:
        raise ValueError("a key frame without a size")
    return TrackFormat(codec=codec, codec_private=private, width=unit.width, height=unit.height)


def sound_format(stream: StreamCodec) -> TrackFormat:
    """The format of a sound stream; browsers send Opus that may turn stereo at any time."""
    channels = stream.channels or 2
    private = opus_head(channels) if stream.codec is Codec.OPUS else stream.configuration
    return TrackFormat(
        codec=stream.codec,
        codec_private=private,
        sample_rate=stream.clock_rate or OPUS_RATE,
        channels=channels,
    )
