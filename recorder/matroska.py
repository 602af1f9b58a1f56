"""Matroska (RFC 9559) written so that it can always be continued: one track per file.

Layout: EBML header, Segment of unknown size, reserve for a SeekHead, Info with a
reserve for the Duration, Tracks, Tags, then Clusters. Each Cluster is complete
in itself (known size, CRC-32) and ends with a Void that holds our `Checkpoint`:
what the file contains up to there. `matroska_read` finds the last whole Cluster
after a crash; `finish` adds Cues and fills the reserves.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

import msgspec

from mixer.wire.ids import Codec, MediaKind

from . import ebml

if TYPE_CHECKING:
    from collections.abc import Mapping

TICK_NS: Final = 100_000
"""Unit of time in our files: 0.1 ms. Finer units would leave a Cluster's blocks,
whose times are 16-bit, less room than the second we put into one."""
TICKS_PER_MS: Final = 10
MAX_CLUSTER_TICKS: Final = 30_000
SEEK_RESERVE_BYTES: Final = 128
CHECKPOINT_MAGIC: Final = b"LXC1"
MAX_GAPS_PER_CLUSTER: Final = 32

EBML: Final = b"\x1a\x45\xdf\xa3"
SEGMENT: Final = b"\x18\x53\x80\x67"
SEEK_HEAD: Final = b"\x11\x4d\x9b\x74"
INFO: Final = b"\x15\x49\xa9\x66"
DURATION: Final = b"\x44\x89"
TRACKS: Final = b"\x16\x54\xae\x6b"
TRACK_ENTRY: Final = b"\xae"
CODEC_ID: Final = b"\x86"
CODEC_PRIVATE: Final = b"\x63\xa2"
VIDEO: Final = b"\xe0"
AUDIO: Final = b"\xe1"
PIXEL_WIDTH: Final = b"\xb0"
PIXEL_HEIGHT: Final = b"\xba"
CHANNELS: Final = b"\x9f"
TAGS: Final = b"\x12\x54\xc3\x67"
TAG: Final = b"\x73\x73"
TARGETS: Final = b"\x63\xc0"
SIMPLE_TAG: Final = b"\x67\xc8"
TAG_NAME: Final = b"\x45\xa3"
TAG_STRING: Final = b"\x44\x87"
CLUSTER: Final = b"\x1f\x43\xb6\x75"
CLUSTER_TIMESTAMP: Final = b"\xe7"
SIMPLE_BLOCK: Final = b"\xa3"
CRC_32: Final = b"\xbf"
CUES: Final = b"\x1c\x53\xbb\x6b"

DURATION_BYTES: Final = 11
SEGMENT_BODY_OFFSET_FROM_ID: Final = 12
CODEC_IDS: Final = {
    Codec.VP8: "V_VP8",
    Codec.H264: "V_MPEG4/ISO/AVC",
    Codec.OPUS: "A_OPUS",
    Codec.AAC: "A_AAC",
}
_SEEK_PRE_ROLL_NS: Final = 80_000_000
_BLOCK: Final = struct.Struct(">BhB")
_TRAILER: Final = struct.Struct("<IH4s")
TRAILER_BYTES: Final = _TRAILER.size
CLUSTER_HEAD_BYTES: Final = 18
"""Id, size and CRC-32 of a Cluster."""
_KEYFRAME: Final = 0x80


class TrackFormat(msgspec.Struct, frozen=True, kw_only=True):
    """What a decoder must know before the first block."""

    codec: Codec
    codec_private: bytes = b""
    width: int = 0
    height: int = 0
    sample_rate: int = 0
    channels: int = 0

    @property
    def kind(self) -> MediaKind:
        """Audio or video."""
        video = self.codec in (Codec.VP8, Codec.H264)
        return MediaKind.VIDEO if video else MediaKind.AUDIO


class Gap(msgspec.Struct, frozen=True, array_like=True):
    """Media missing between two ticks. ``reason``: ``loss``, ``stream`` (the
    publisher was away or came back anew) or ``storage`` (could not be written).
    """

    from_tick: int
    to_tick: int
    packets: int
    reason: str


class Checkpoint(msgspec.Struct, frozen=True, array_like=True):
    """What one Cluster adds, and how far the file is afterwards.

    All packets of stream ``life`` up to extended sequence ``after`` are in the
    file, or known to be lost. ``key_tick`` is the first key frame's time, or -1;
    ``last_tick`` is the time of the last block, ``end_tick`` that of its end.
    """

    life: int
    after: int
    units: int
    key_tick: int
    first_tick: int
    last_tick: int
    end_tick: int
    gaps: tuple[Gap, ...] = ()


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Checkpoint)


def encode_checkpoint(checkpoint: Checkpoint, bytes_before: int) -> bytes:
    """A Void element whose last bytes tell its length and that of the whole Cluster, so
    that both are found from behind. ``bytes_before`` is the Cluster's size without it.
    """
    packed = _encoder.encode(checkpoint)
    head = ebml.VOID_ID + ebml.size_bytes(len(packed) + TRAILER_BYTES)
    total = bytes_before + len(head) + len(packed) + TRAILER_BYTES
    return head + packed + _TRAILER.pack(total, len(packed), CHECKPOINT_MAGIC)


def read_trailer(trailer: bytes) -> tuple[int, int]:
    """Sizes of the Cluster and of the packed checkpoint, from a Cluster's last
    `TRAILER_BYTES`. Raises `EbmlError` when they are none of ours.
    """
    if len(trailer) != TRAILER_BYTES:
        raise ebml.EbmlError("a cluster is too short for a checkpoint")
    cluster_bytes, size, magic = _TRAILER.unpack(trailer)
    if magic != CHECKPOINT_MAGIC:
        raise ebml.EbmlError("a cluster without our checkpoint")
    return int(cluster_bytes), int(size)


def decode_checkpoint(packed: bytes) -> Checkpoint:
    """The checkpoint. Raises `EbmlError` when it is unreadable."""
    try:
        return _decoder.decode(packed)
    except msgspec.MsgspecError as error:
        raise ebml.EbmlError(f"unreadable checkpoint: {error}") from error


def build_header(
    track: TrackFormat, *, title: str, application: str, tags: Mapping[str, str]
) -> bytes:
    """Everything in front of the first Cluster. ``tags`` say whose track it is, so that a
    file found alone still tells its place.
    """
    head = ebml.element(
        EBML,
        ebml.unsigned(b"\x42\x86", 1)
        + ebml.unsigned(b"\x42\xf7", 1)
        + ebml.unsigned(b"\x42\xf2", 4)
        + ebml.unsigned(b"\x42\xf3", 8)
        + ebml.text(b"\x42\x82", "matroska")
        + ebml.unsigned(b"\x42\x87", 4)
        + ebml.unsigned(b"\x42\x85", 2),
    )
    info = ebml.element(
        INFO,
        ebml.void(DURATION_BYTES)
        + ebml.unsigned(b"\x2a\xd7\xb1", TICK_NS)
        + ebml.text(b"\x4d\x80", application)
        + ebml.text(b"\x57\x41", application)
        + ebml.text(b"\x7b\xa9", title),
    )
    return b"".join(
        (
            head,
            SEGMENT + ebml.UNKNOWN_SIZE,
            ebml.void(SEEK_RESERVE_BYTES),
            info,
            ebml.element(TRACKS, _track_entry(track, title)),
            _tags(tags),
        )
    )


def _track_entry(track: TrackFormat, title: str) -> bytes:
    video = track.kind is MediaKind.VIDEO
    body = (
        ebml.unsigned(b"\xd7", 1)
        + ebml.unsigned(b"\x73\xc5", 1)
        + ebml.unsigned(b"\x83", 1 if video else 2)
        + ebml.unsigned(b"\x9c", 0)
        + ebml.text(b"\x22\xb5\x9c", "und")
        + ebml.text(b"\x53\x6e", title)
        + ebml.text(CODEC_ID, CODEC_IDS[track.codec])
    )
    if track.codec_private:
        body += ebml.element(CODEC_PRIVATE, track.codec_private)
    if track.codec is Codec.OPUS:
        # Times of units already stand for the first sample they decode to, so nothing is
        # left to compensate: CodecDelay 0 (RFC 9559 section 5.1.4.1.26).
        body += ebml.unsigned(b"\x56\xaa", 0) + ebml.unsigned(b"\x56\xbb", _SEEK_PRE_ROLL_NS)
    if video:
        body += ebml.element(
            VIDEO,
            ebml.unsigned(PIXEL_WIDTH, track.width) + ebml.unsigned(PIXEL_HEIGHT, track.height),
        )
    else:
        body += ebml.element(
            AUDIO,
            ebml.double(b"\xb5", float(track.sample_rate))
            + ebml.unsigned(CHANNELS, track.channels),
        )
    return ebml.element(TRACK_ENTRY, body)


def _tags(tags: Mapping[str, str]) -> bytes:
    simple = b"".join(
        ebml.element(SIMPLE_TAG, ebml.text(TAG_NAME, name) + ebml.text(TAG_STRING, value))
        for name, value in tags.items()
    )
    targets = ebml.element(TARGETS, ebml.unsigned(b"\x63\xc5", 1))
    return ebml.element(TAGS, ebml.element(TAG, targets + simple))


class ClusterBuilder:
    """Collects blocks, then makes one Cluster of them."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.units = 0
        self.size_bytes = 0
        """Payload collected so far."""
        self.first_tick = 0
        self.key_tick = -1

    def fits(self, tick: int) -> bool:
        """Whether a block at ``tick`` can join those already here."""
        return not self.units or 0 <= tick - self.first_tick <= MAX_CLUSTER_TICKS

    def add(self, tick: int, payload: bytes, *, keyframe: bool) -> None:
        """Append a block. ``tick`` must fit and never be less than the one before."""
        if not self.units:
            self.first_tick = tick
        if keyframe and self.key_tick < 0:
            self.key_tick = tick
        self._parts.append(SIMPLE_BLOCK + ebml.size_bytes(len(payload) + 4))
        self._parts.append(_BLOCK.pack(0x81, tick - self.first_tick, _KEYFRAME if keyframe else 0))
        self._parts.append(payload)
        self.units += 1
        self.size_bytes += len(payload)

    def build(self, checkpoint: Checkpoint) -> bytes:
        """The Cluster as bytes, ending with ``checkpoint``."""
        blocks = b"".join((ebml.unsigned(CLUSTER_TIMESTAMP, self.first_tick), *self._parts))
        body = blocks + encode_checkpoint(checkpoint, CLUSTER_HEAD_BYTES + len(blocks))
        # Element Data without the CRC itself, little endian (RFC 8794 section 11.3.1).
        checksum = CRC_32 + b"\x84" + zlib.crc32(body).to_bytes(4, "little")
        size = ebml.wide_size_bytes(len(body) + len(checksum))
        return b"".join((CLUSTER, size, checksum, body))


def build_cues(points: list[tuple[int, int]]) -> bytes:
    """Cues for ``(tick, cluster offset within the Segment)`` pairs."""
    return ebml.element(
        CUES,
        b"".join(
            ebml.element(
                b"\xbb",
                ebml.unsigned(b"\xb3", tick)
                + ebml.element(
                    b"\xb7", ebml.unsigned(b"\xf7", 1) + ebml.unsigned(b"\xf1", position)
                ),
            )
            for tick, position in points
        ),
    )


def build_seek_head(positions: list[tuple[bytes, int]]) -> bytes:
    """A SeekHead that fills `SEEK_RESERVE_BYTES`, a Void taking what it leaves."""
    head = ebml.element(
        SEEK_HEAD,
        b"".join(
            ebml.element(
                b"\x4d\xbb",
                ebml.element(b"\x53\xab", identity)
                + ebml.element(b"\x53\xac", position.to_bytes(8, "big")),
            )
            for identity, position in positions
        ),
    )
    return head + ebml.void(SEEK_RESERVE_BYTES - len(head))


def build_duration(ticks: int) -> bytes:
    """The Duration element, as long as its reserve."""
    return ebml.double(DURATION, float(ticks))
