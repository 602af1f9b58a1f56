"""From closed working files to a verified session: index, remux, hash, manifest, verify.

Runs on a thread of low priority. Every step can be done again, so a recorder that dies
in the middle simply begins anew at its next start.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import av
import structlog

from mixer.wire.ids import MediaKind

from .chapters import build_chapters
from .manifest import (
    MANIFEST_VERSION,
    Chapter,
    FileGap,
    Manifest,
    ManifestFile,
    ManifestMark,
    MediaStream,
    Participant,
    write_manifest,
)
from .matroska import TICKS_PER_MS
from .matroska_read import Scan, finish_file
from .remux import Remuxed, RemuxStopped, remux_programme
from .state import iso_time
from .verify import verify_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from .state import StoredSession, StoredTrack

_log = structlog.get_logger(__name__)
TOOL: Final = "lianxian 0.1.0"
PROGRAMME_FILE: Final = "programme.mp4"
PROGRAMME_TITLE: Final = "programme"
_HASH_BYTES: Final = 1 << 20
_NICENESS: Final = 10


@dataclass(frozen=True, slots=True)
class Finalised:
    """``ok``: verified. ``text`` says in one sentence what is wrong otherwise."""

    ok: bool
    text: str
    files: int
    size_bytes: int
    duration_ms: int


def failed(text: str) -> Finalised:
    """The outcome of work that could not be done."""
    return Finalised(ok=False, text=text, files=0, size_bytes=0, duration_ms=0)


@dataclass(frozen=True, slots=True)
class _Part:
    """A finished working or ISO file and the track it belongs to."""

    path: str
    track: StoredTrack
    scan: Scan


@dataclass(slots=True)
class Steps:
    """What the work needs from outside: where to tell progress, when to stop."""

    progress: Callable[[str], None] = lambda _text: None
    stopped: Callable[[], bool] = lambda: False
    keep_working: bool = False

    def begin(self, text: str) -> None:
        """Tell the next step. Raises `RemuxStopped` when the recorder is to end."""
        if self.stopped():
            raise RemuxStopped
        self.progress(text)


def finalise(
    directory: Path, state: StoredSession, steps: Steps, notes: Iterable[str] = ()
) -> Finalised:
    """Make the deliverables of a session whose files are closed.

    Raises `RemuxStopped` when told to stop, OSError when the disk fails.
    """
    with contextlib.suppress(OSError):
        # Linux gives each thread a priority of its own; the call goes on meanwhile.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
    noted = list(notes)
    steps.begin("index")
    parts = _finish_files(directory, state, noted)
    marks = sorted(state.marks, key=lambda mark: (mark.at_ns, mark.id))
    end_ms = max((_end_ms(part.scan) for part in parts), default=0.0)
    chapters = build_chapters(marks, state.session.started_ns, end_ms)
    programme = [part for part in parts if part.track.resource.role == "programme"]
    files: list[ManifestFile] = []
    if programme:
        steps.begin("programme")
        files += _make_programme(directory, programme, chapters, steps, noted)
    kept = [part for part in parts if part not in programme]
    if steps.keep_working or (programme and not files):
        kept += programme
    for number, part in enumerate(kept, start=1):
        steps.begin(f"hash {number}/{len(kept)}")
        files.append(_manifest_file(directory, part, steps))
    clock = state.clock
    started_wall_ns = clock.origin_wall_ns + state.session.started_ns if clock else 0
    manifest = Manifest(
        version=MANIFEST_VERSION,
        tool=TOOL,
        session=state.session.id,
        directory=state.session.directory,
        about=state.session.about,
        started_wall=iso_time(started_wall_ns),
        origin_wall_ns=clock.origin_wall_ns if clock else 0,
        started_ns=state.session.started_ns,
        duration_ms=end_ms,
        files=tuple(files),
        participants=_participants(files),
        chapters=tuple(chapters),
        marks=tuple(
            ManifestMark(
                id=mark.id,
                kind=mark.kind,
                at_ms=(mark.at_ns - state.session.started_ns) / 1e6,
                title=mark.title,
                seats=mark.seats,
                layout=mark.layout,
            )
            for mark in marks
        ),
        notes=tuple(noted),
    )
    write_manifest(directory, manifest)
    return _verify(directory, manifest, parts, steps)


def _verify(directory: Path, manifest: Manifest, parts: list[_Part], steps: Steps) -> Finalised:
    steps.begin("verify")
    report = verify_session(directory, thorough=False)
    if report.ok:
        listed = {file.path for file in manifest.files}
        for part in parts:
            if part.path not in listed:
                (directory / part.path).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            (directory / "working").rmdir()
    else:
        _log.error("recorder.verify_failed", session=manifest.session, text=report.summary)
    return Finalised(
        ok=report.ok,
        text=report.summary,
        files=len(manifest.files),
        size_bytes=sum(file.bytes for file in manifest.files),
        duration_ms=round(manifest.duration_ms),
    )


def _finish_files(directory: Path, state: StoredSession, notes: list[str]) -> list[_Part]:
    parts: list[_Part] = []
    for track in state.tracks:
        for name in track.files:
            path = directory / name
            if not path.exists():
                continue
            scan = finish_file(path)
            if scan is None:
                notes.append(f"{name} held nothing and was removed")
                continue
            parts.append(_Part(name, track, scan))
    return parts


def _make_programme(
    directory: Path,
    parts: list[_Part],
    chapters: list[Chapter],
    steps: Steps,
    notes: list[str],
) -> list[ManifestFile]:
    """Remux; an empty list and a note when that is impossible, the working files then stay."""
    by_kind: dict[MediaKind, list[_Part]] = {MediaKind.VIDEO: [], MediaKind.AUDIO: []}
    for part in parts:
        by_kind[part.track.resource.kind].append(part)
    for same in by_kind.values():
        same.sort(key=lambda part: part.scan.clusters[0].checkpoint.first_tick)
    fresh = directory / (PROGRAMME_FILE + ".new")
    try:
        made = remux_programme(
            [directory / part.path for part in by_kind[MediaKind.VIDEO]],
            [directory / part.path for part in by_kind[MediaKind.AUDIO]],
            fresh,
            chapters,
            steps.stopped,
        )
    except (av.FFmpegError, ValueError) as error:
        _log.exception("recorder.remux_failed")
        notes.append(f"programme.mp4 could not be made: {error}")
        fresh.unlink(missing_ok=True)
        return []
    except RemuxStopped:
        fresh.unlink(missing_ok=True)
        raise
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(directory / PROGRAMME_FILE)
    steps.begin("hash programme")
    return [_programme_file(directory, by_kind, made, steps)]


def _programme_file(
    directory: Path, by_kind: dict[MediaKind, list[_Part]], made: Remuxed, steps: Steps
) -> ManifestFile:
    path = directory / PROGRAMME_FILE
    streams = tuple(_stream(kind, same, made) for kind, same in by_kind.items() if same)
    first = {stream.kind: stream for stream in reversed(streams)}
    video = first.get("video")
    lead = video or streams[0]
    start_ms = float(made.start * 1000)
    ends = [_end_ms(part.scan) for same in by_kind.values() for part in same]
    return ManifestFile(
        path=PROGRAMME_FILE,
        bytes=path.stat().st_size,
        sha256=_sha256(path, steps),
        role="programme",
        kind="both" if len(streams) > 1 else lead.kind,
        codec=" + ".join(stream.codec for stream in streams),
        seat="programme",
        source="programme",
        title=PROGRAMME_TITLE,
        start_ms=start_ms,
        first_ms=start_ms,
        duration_ms=max(ends) - start_ms,
        frames=lead.frames,
        width=video.width if video else 0,
        height=video.height if video else 0,
        streams=streams,
        gaps=tuple(gap for same in by_kind.values() for part in same for gap in _file_gaps(part)),
    )


def _stream(kind: MediaKind, parts: list[_Part], made: Remuxed) -> MediaStream:
    track = parts[0].scan.header.track
    return MediaStream(
        kind=kind.value,
        codec=track.codec.value,
        frames=made.video_frames if kind is MediaKind.VIDEO else made.audio_frames,
        duration_ms=_end_ms(parts[-1].scan) - _first_ms(parts[0].scan),
        width=track.width,
        height=track.height,
        sample_rate=track.sample_rate,
        channels=track.channels,
    )


def _manifest_file(directory: Path, part: _Part, steps: Steps) -> ManifestFile:
    track = part.scan.header.track
    resource = part.track.resource
    path = directory / part.path
    duration_ms = _end_ms(part.scan) - _first_ms(part.scan)
    return ManifestFile(
        path=part.path,
        bytes=path.stat().st_size,
        sha256=_sha256(path, steps),
        role="iso" if resource.role == "iso" else "working",
        kind=resource.kind.value,
        codec=track.codec.value,
        seat=resource.seat,
        source=resource.source,
        title=resource.title,
        start_ms=0.0,
        first_ms=_first_ms(part.scan),
        duration_ms=duration_ms,
        frames=part.scan.units,
        width=track.width,
        height=track.height,
        streams=(
            MediaStream(
                kind=resource.kind.value,
                codec=track.codec.value,
                frames=part.scan.units,
                duration_ms=duration_ms,
                width=track.width,
                height=track.height,
                sample_rate=track.sample_rate,
                channels=track.channels,
            ),
        ),
        gaps=_file_gaps(part),
    )


def _file_gaps(part: _Part) -> tuple[FileGap, ...]:
    return tuple(
        FileGap(
            from_ms=gap.from_tick / TICKS_PER_MS,
            to_ms=gap.to_tick / TICKS_PER_MS,
            kind=part.track.resource.kind.value,
            packets_lost=gap.packets,
            reason=gap.reason,
        )
        for gap in part.scan.gaps
    )


def _participants(files: list[ManifestFile]) -> tuple[Participant, ...]:
    seats: dict[str, list[ManifestFile]] = {}
    for file in files:
        if file.role == "iso":
            seats.setdefault(file.seat, []).append(file)
    return tuple(
        Participant(
            seat=seat,
            title=theirs[0].title,
            files=tuple(file.path for file in theirs),
            first_ms=min(file.first_ms for file in theirs),
            last_ms=max(file.first_ms + file.duration_ms for file in theirs),
        )
        for seat, theirs in seats.items()
    )


def _first_ms(scan: Scan) -> float:
    return scan.clusters[0].checkpoint.first_tick / TICKS_PER_MS


def _end_ms(scan: Scan) -> float:
    return scan.clusters[-1].checkpoint.end_tick / TICKS_PER_MS


def _sha256(path: Path, steps: Steps) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_HASH_BYTES):
            if steps.stopped():
                raise RemuxStopped
            digest.update(chunk)
    return digest.hexdigest()
