"""Reading back what `matroska` wrote: find the last whole Cluster, continue, finish."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mixer.wire.ids import Codec

from . import ebml, matroska
from .matroska import Checkpoint, Gap, TrackFormat

if TYPE_CHECKING:
    from pathlib import Path

MAX_HEADER_BYTES: Final = 64 * 1024
CHECKED_CLUSTERS: Final = 12
"""Clusters at the end whose CRC is verified: more than can lie between two syncs, so what
a power cut left half-written is found without reading a whole archive."""
SEARCHED_BYTES: Final = (256 * 1024, 8 * 1024 * 1024)
"""From the end of a file that is to be continued: what usually does, then many times a
Cluster."""
_AUDIO_CUE_TICKS: Final = 50_000
_CODECS: Final = {name: codec for codec, name in matroska.CODEC_IDS.items()}


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in front of the Clusters; offsets are from the start of the file."""

    segment_offset: int
    """Of the Segment's body, from which Matroska counts positions."""
    seek_offset: int
    info_offset: int
    duration_offset: int
    tracks_offset: int
    end: int
    track: TrackFormat
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClusterPlace:
    """A whole Cluster: its place in the file and its checkpoint."""

    offset: int
    end: int
    checkpoint: Checkpoint


@dataclass(slots=True)
class Scan:
    """All whole Clusters from ``start`` on; the file is good up to ``end``."""

    header: Header
    clusters: list[ClusterPlace]
    end: int
    file_bytes: int

    @property
    def last(self) -> Checkpoint | None:
        """How far the file is; None when it holds no Cluster."""
        return self.clusters[-1].checkpoint if self.clusters else None

    @property
    def units(self) -> int:
        """Blocks in all Clusters."""
        return sum(place.checkpoint.units for place in self.clusters)

    @property
    def gaps(self) -> list[Gap]:
        """All gaps in order."""
        return [gap for place in self.clusters for gap in place.checkpoint.gaps]


def read_header(fd: int) -> Header:
    """Parse what `matroska.build_header` wrote. Raises `EbmlError` on anything else."""
    data = os.pread(fd, MAX_HEADER_BYTES, 0)
    head = ebml.read_header(data, 0)
    if head.id != matroska.EBML or head.end < 0:
        raise ebml.EbmlError("no Matroska file")
    segment = ebml.read_header(data, head.end)
    if segment.id != matroska.SEGMENT:
        raise ebml.EbmlError("no segment")
    position = segment.start
    found: dict[bytes, tuple[int, ebml.ElementHeader]] = {}
    for expected in (
        (ebml.VOID_ID, matroska.SEEK_HEAD),
        (matroska.INFO, ebml.VOID_ID),
        (matroska.TRACKS, matroska.INFO),
        (matroska.TAGS, matroska.TRACKS),
        (matroska.TAGS,),
    ):
        if matroska.TAGS in found:
            break
        child = ebml.read_header(data, position)
        if child.id not in expected or child.end < 0 or child.end > len(data):
            raise ebml.EbmlError("the header is not one of ours or is cut off")
        found.setdefault(child.id, (position, child))
        position = child.end
    info_at, info = found[matroska.INFO]
    tracks_at, tracks = found[matroska.TRACKS]
    return Header(
        segment_offset=segment.start,
        seek_offset=segment.start,
        info_offset=info_at,
        duration_offset=info.start,
        tracks_offset=tracks_at,
        end=position,
        track=_read_track(data, tracks),
        tags=_read_tags(data, found[matroska.TAGS][1]),
    )


def _read_track(data: bytes, tracks: ebml.ElementHeader) -> TrackFormat:
    entry = ebml.children(data, tracks.start, tracks.end)[0]
    fields = {child.id: child for child in ebml.children(data, entry.start, entry.end)}
    name = ebml.read_text(data, fields[matroska.CODEC_ID])
    if name not in _CODECS:
        raise ebml.EbmlError(f"codec {name} is none of ours")
    private = fields.get(matroska.CODEC_PRIVATE)
    values: dict[bytes, ebml.ElementHeader] = {}
    for part in (matroska.VIDEO, matroska.AUDIO):
        if part in fields:
            inner = fields[part]
            values |= {child.id: child for child in ebml.children(data, inner.start, inner.end)}

    def number(identity: bytes) -> int:
        return ebml.read_unsigned(data, values[identity]) if identity in values else 0

    codec = Codec(_CODECS[name])
    audio = matroska.AUDIO in fields
    return TrackFormat(
        codec=codec,
        codec_private=data[private.start : private.end] if private else b"",
        width=number(matroska.PIXEL_WIDTH),
        height=number(matroska.PIXEL_HEIGHT),
        sample_rate=round(ebml.read_double(data, values[b"\xb5"])) if audio else 0,
        channels=number(matroska.CHANNELS),
    )


def _read_tags(data: bytes, tags: ebml.ElementHeader) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in ebml.children(data, tags.start, tags.end):
        for simple in ebml.children(data, tag.start, tag.end):
            if simple.id != matroska.SIMPLE_TAG:
                continue
            parts = {child.id: child for child in ebml.children(data, simple.start, simple.end)}
            name = ebml.read_text(data, parts[matroska.TAG_NAME])
            found[name] = ebml.read_text(data, parts[matroska.TAG_STRING])
    return found


def read_cluster(fd: int, offset: int, file_bytes: int) -> ClusterPlace:
    """The Cluster at ``offset``. Raises `EbmlError` when it is none or not whole."""
    cluster = ebml.read_header(os.pread(fd, ebml.MAX_HEADER_BYTES, offset), 0)
    if cluster.id != matroska.CLUSTER or cluster.end < 0:
        raise ebml.EbmlError("no cluster")
    end = offset + cluster.end
    if end > file_bytes:
        raise ebml.EbmlError("a cluster is cut off")
    tail = os.pread(fd, min(512, cluster.end), end - min(512, cluster.end))
    total, size = matroska.read_trailer(tail[-matroska.TRAILER_BYTES :])
    if total != cluster.end:
        raise ebml.EbmlError("a cluster of another size than its trailer says")
    wanted = size + matroska.TRAILER_BYTES
    if wanted > cluster.end:
        raise ebml.EbmlError("a checkpoint is longer than its cluster")
    if wanted > len(tail):
        tail = os.pread(fd, wanted, end - wanted)
    packed = tail[len(tail) - wanted : len(tail) - matroska.TRAILER_BYTES]
    return ClusterPlace(offset, end, matroska.decode_checkpoint(packed))


def cluster_intact(fd: int, place: ClusterPlace) -> bool:
    """Whether the Cluster's CRC-32 fits its bytes."""
    data = memoryview(os.pread(fd, place.end - place.offset, place.offset))
    cluster = ebml.read_header(data, 0)
    body = data[cluster.start :]
    if bytes(body[:2]) != matroska.CRC_32 + b"\x84":
        return False
    return zlib.crc32(body[6:]) == int.from_bytes(body[2:6], "little")


def scan(fd: int, start: int = 0) -> Scan:
    """Find all whole Clusters, from ``start`` (the end of a known one) or the first on.

    Raises `EbmlError` when not even the header is whole.
    """
    header = read_header(fd)
    file_bytes = os.fstat(fd).st_size
    position = max(start, header.end)
    clusters: list[ClusterPlace] = []
    while position < file_bytes:
        try:
            place = read_cluster(fd, position, file_bytes)
        except ebml.EbmlError:
            break
        clusters.append(place)
        position = place.end
    _drop_torn(fd, clusters)
    end = clusters[-1].end if clusters else max(start, header.end)
    return Scan(header, clusters, end, file_bytes)


def _drop_torn(fd: int, clusters: list[ClusterPlace]) -> None:
    first = max(0, len(clusters) - CHECKED_CLUSTERS)
    for index in range(first, len(clusters)):
        if not cluster_intact(fd, clusters[index]):
            del clusters[index:]
            return


def _find_last(fd: int, header: Header, file_bytes: int) -> ClusterPlace | None:
    """The last whole Cluster, searched from behind; None when the search finds none."""
    for searched in SEARCHED_BYTES:
        place = _find_within(fd, header, file_bytes, searched)
        if place is not None:
            return place
    return None


def _find_within(fd: int, header: Header, file_bytes: int, searched: int) -> ClusterPlace | None:
    window_at = max(header.end, file_bytes - searched)
    window = os.pread(fd, file_bytes - window_at, window_at)
    found = len(window)
    while (found := window.rfind(matroska.CHECKPOINT_MAGIC, 0, found)) >= 0:
        end = found + len(matroska.CHECKPOINT_MAGIC)
        try:
            total, _ = matroska.read_trailer(window[max(0, end - matroska.TRAILER_BYTES) : end])
            offset = window_at + end - total
            if offset < header.end:
                continue
            place = read_cluster(fd, offset, file_bytes)
        except ebml.EbmlError:
            continue
        # Media may hold the same four bytes; only a Cluster has a fitting CRC.
        if place.end == window_at + end and cluster_intact(fd, place):
            return place
    return None


def resume_file(path: Path) -> Scan | None:
    """As `recover_file`, but looks at the end only: the scan holds the last Cluster alone.

    A recorder that comes back must not read hours of archive first.
    """
    with path.open("r+b") as file:
        fd = file.fileno()
        file_bytes = os.fstat(fd).st_size
        try:
            header = read_header(fd)
            last = _find_last(fd, header, file_bytes)
        except ebml.EbmlError:
            last = None
        if last is not None:
            if last.end != file_bytes:
                os.ftruncate(fd, last.end)
                os.fsync(fd)
            return Scan(header, [last], last.end, file_bytes)
    return recover_file(path)


def recover_file(path: Path) -> Scan | None:
    """Cut a file back to its last whole Cluster. None: it held nothing and is removed.

    What is left can be continued at its end. A file that was finished before loses
    its Cues and gets them again from `finish_file`.
    """
    with path.open("r+b") as file:
        fd = file.fileno()
        try:
            found = scan(fd)
        except ebml.EbmlError:
            found = None
        if found is not None and found.clusters:
            if found.end != found.file_bytes:
                os.ftruncate(fd, found.end)
                os.fsync(fd)
            return found
    path.unlink()
    return None


def finish_file(path: Path) -> Scan | None:
    """Recover a file, then make it seekable: Cues, SeekHead, Duration, Segment size.

    None: it held nothing and is removed.
    """
    found = recover_file(path)
    if found is None:
        return None
    header = found.header
    cues = matroska.build_cues(_cue_points(found))
    positions = [
        (matroska.INFO, header.info_offset - header.segment_offset),
        (matroska.TRACKS, header.tracks_offset - header.segment_offset),
        (matroska.CUES, found.end - header.segment_offset),
    ]
    last = found.clusters[-1].checkpoint
    with path.open("r+b") as file:
        fd = file.fileno()
        os.pwrite(fd, cues, found.end)
        os.pwrite(fd, matroska.build_seek_head(positions), header.seek_offset)
        os.pwrite(fd, matroska.build_duration(last.end_tick), header.duration_offset)
        size = found.end + len(cues) - header.segment_offset
        os.pwrite(fd, ebml.wide_size_bytes(size), header.segment_offset - 8)
        os.fsync(fd)
    return found


def _cue_points(found: Scan) -> list[tuple[int, int]]:
    """A point per Cluster with a key frame; for sound one every five seconds."""
    video = found.header.track.width > 0
    points: list[tuple[int, int]] = []
    for place in found.clusters:
        tick = place.checkpoint.key_tick
        if tick < 0:
            continue
        if not video and points and tick - points[-1][0] < _AUDIO_CUE_TICKS:
            continue
        points.append((tick, place.offset - found.header.segment_offset))
    return points
