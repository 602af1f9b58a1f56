"""A session being recorded: its tracks, their files, its state on disk."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import structlog

from mixer.wire.control import RecordingState

from .matroska import build_header
from .matroska_read import Scan, resume_file
from .state import (
    STATE_FILE,
    Phase,
    StoredSession,
    StoredTrack,
    file_for,
    state_bytes,
    tags_for,
    write_atomically,
)
from .track import Chunk, Position, RecordDrop, TrackRecorder
from .writer import OutputFile, Writer

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from mixer.wire.resources import Mark, RecordedTrack, Resource

    from .finalise import Finalised
    from .matroska import TrackFormat

_log = structlog.get_logger(__name__)
APPLICATION: Final = "Lianxian"


class LiveTrack:
    """A track that is written: its core, its current file, how far it is on disk."""

    def __init__(self, session: LiveSession, stored: StoredTrack, scan: Scan | None) -> None:
        self.session = session
        self.stored = stored
        self.stored_position = Position(0, -1)
        """Everything up to here is on disk, or known to be lost."""
        self.acknowledged = Position(0, -1)
        self.in_flight = 0
        """Chunks with the writer."""
        self.broken = False
        """A bug of ours showed on it: it takes nothing more."""
        self._file: OutputFile | None = None
        self._format: TrackFormat | None = None
        started_ns = session.state.session.started_ns
        if scan is None or scan.last is None:
            self.core = TrackRecorder(started_ns)
            return
        header = scan.header
        self._format = header.track
        self._file = OutputFile(session.directory / stored.files[-1], b"", scan.end)
        self.core = TrackRecorder(started_ns, resumed=scan.last, track=header.track)
        self.stored_position = Position(scan.last.life, scan.last.after)

    @property
    def resource(self) -> RecordedTrack:
        """What the server asked for."""
        return self.stored.resource

    @property
    def programme(self) -> bool:
        """Whether it is part of the programme, which is kept when space runs out."""
        return self.resource.role == "programme"

    @property
    def size_bytes(self) -> int:
        """Size of the current file."""
        return self._file.size_bytes if self._file else 0

    def flush(self) -> int:
        """Hand what was collected to the writer; return how many chunks it refused."""
        refused = 0
        for chunk in self.core.take_chunks():
            file = self._file_of(chunk)
            if self.session.writer.submit(
                file, chunk.cluster, (self, chunk), programme=self.programme
            ):
                self.in_flight += 1
            else:
                refused += 1
                self.core.not_stored(chunk, RecordDrop.WRITER_FULL)
        if not self.in_flight:
            # Nothing waits to be written, so what was passed over needs no keeping either.
            self.stored_position = self.core.position
        return refused

    def written(self, chunk: Chunk, error: int) -> None:
        """The writer is done with a chunk; ``error`` is 0 or an errno."""
        self.in_flight -= 1
        if error:
            self.core.not_stored(chunk, RecordDrop.WRITE_FAILED)
        self.stored_position = chunk.position

    def pause(self, reason: RecordDrop | None) -> None:
        """Keep nothing from now on, or go on with None."""
        self.core.paused = reason

    def close(self) -> None:
        """End of the track: write all that is held."""
        if not self.broken:
            self.core.end()
        self.flush()
        self.stored.open = False
        file = self._file
        if file is not None:
            self.session.writer.call(file.close)

    def _file_of(self, chunk: Chunk) -> OutputFile:
        if self._file is not None and chunk.track is self._format:
            return self._file
        session = self.session
        if self._file is not None:
            session.writer.call(self._file.close)
        name = session.name_for(self.resource)
        self.stored.files.append(name)
        session.save()
        header = build_header(
            chunk.track,
            title=self.resource.title,
            application=APPLICATION,
            tags=tags_for(session.state.session, self.resource),
        )
        self._format = chunk.track
        self._file = OutputFile(session.directory / name, header)
        _log.info("recorder.file", session=session.id, file=name, codec=chunk.track.codec.value)
        return self._file


class LiveSession:
    """A session and its tracks. Its methods only queue work for the writer."""

    def __init__(self, directory: Path, state: StoredSession, writer: Writer) -> None:
        self.directory = directory
        self.state = state
        self.writer = writer
        self.tracks: dict[str, LiveTrack] = {}
        """Open ones, by resource key."""
        self.closed_drops: Counter[str] = Counter()
        """Of tracks that are closed."""
        self.size_bytes = 0
        """Written by this life of the recorder, and found at its start."""
        self._finished: Finalised | None = None
        self._closed_at_ns: int | None = None

    @property
    def id(self) -> int:
        """As the server numbers it."""
        return self.state.session.id

    @property
    def recording(self) -> bool:
        """Whether tracks may still be added."""
        return self.state.phase is Phase.RECORDING

    @property
    def files(self) -> int:
        """How many files there are by now."""
        if self._finished is not None:
            return self._finished.files
        return sum(len(track.files) for track in self.state.tracks)

    def duration_ms(self, now_ns: int) -> int:
        """How long it is: until ``now_ns`` of the session clock, or as it was finished.

        It stands still while it is finalised.
        """
        if self._finished is not None:
            return self._finished.duration_ms
        if self._closed_at_ns is None and not self.recording:
            self._closed_at_ns = now_ns
        until_ns = self._closed_at_ns or now_ns
        return max(0, (until_ns - self.state.session.started_ns) // 1_000_000)

    def report(self, now_ns: int, hours_left: float, text: str) -> RecordingState:
        """Where it stands; an empty ``text`` tells how it was finished."""
        return RecordingState(
            session=self.id,
            state=self.state.phase.value,
            duration_ms=self.duration_ms(now_ns),
            files=self.files,
            size_bytes=self.size_bytes,
            hours_left=round(hours_left, 2),
            text=text or self.state.text,
        )

    def finished(self, result: Finalised) -> None:
        """Take over what finalising found."""
        self._finished = result
        self.size_bytes = result.size_bytes
        self.state.phase = Phase.VERIFIED if result.ok else Phase.FAILED
        self.state.text = result.text
        self.save()

    def observed(self) -> list[Resource]:
        """The resources held, as the server gave them."""
        state = self.state
        if state.released:
            return []
        return [
            state.session,
            *(track.resource for track in state.tracks if track.wanted),
            *(mark for mark in state.marks if mark.key not in state.forgotten_marks),
        ]

    def name_for(self, track: RecordedTrack) -> str:
        """A file name not yet taken."""
        return file_for(track, {name for one in self.state.tracks for name in one.files})

    def resume(self) -> list[LiveTrack]:
        """Continue the open tracks of an earlier life. Reads and cuts files: run it before
        the loop serves anything. Raises OSError.
        """
        for stored in self.state.tracks:
            stored.files = [name for name in stored.files if (self.directory / name).exists()]
            self.size_bytes += sum((self.directory / name).stat().st_size for name in stored.files)
            if not stored.open:
                continue
            scan = resume_file(self.directory / stored.files[-1]) if stored.files else None
            if scan is None and stored.files:
                stored.files.pop()
            self.tracks[stored.resource.key] = LiveTrack(self, stored, scan)
        return list(self.tracks.values())

    def add_track(self, resource: RecordedTrack) -> LiveTrack | None:
        """Begin a track; None when it is there already (its title may have changed)."""
        known = self.tracks.get(resource.key)
        if known is not None:
            known.stored.resource = resource
            self.save()
            return None
        stored = StoredTrack(resource=resource)
        self.state.tracks.append(stored)
        track = LiveTrack(self, stored, None)
        self.tracks[resource.key] = track
        self.save()
        return track

    def close_track(self, key: str) -> LiveTrack | None:
        """End a track; None when it is not open."""
        track = self.tracks.pop(key, None)
        if track is None:
            return None
        track.close()
        self.closed_drops.update(track.core.drops)
        self.save()
        return track

    def hold_late_track(self, resource: RecordedTrack) -> None:
        """Note a track asked for when the session is over already: it is held, and empty."""
        self.forget_track(resource.key)
        self.state.tracks.append(StoredTrack(resource=resource, open=False))
        self.save()

    def forget_track(self, key: str) -> None:
        """The server no longer asks for a track; its file stays."""
        for stored in self.state.tracks:
            if stored.resource.key == key:
                stored.wanted = False
        self.save()

    def put_mark(self, mark: Mark) -> None:
        """Add or replace a mark."""
        self.state.forgotten_marks = [key for key in self.state.forgotten_marks if key != mark.key]
        self.state.marks = [one for one in self.state.marks if one.key != mark.key]
        self.state.marks.append(mark)
        self.save()

    def remove_mark(self, key: str, *, ending: bool = False) -> None:
        """Take a mark away. Of a session that ends the server lets go; its chapters stay."""
        if ending or not self.recording:
            self.state.forgotten_marks.append(key)
            self.save()
            return
        self.state.marks = [mark for mark in self.state.marks if mark.key != key]
        self.save()

    def save(self) -> Future[None]:
        """Write `session.json`, in order with the media queued before and after."""
        content = state_bytes(self.state)
        directory = self.directory

        def write() -> None:
            directory.mkdir(parents=True, exist_ok=True)
            try:
                write_atomically(directory / STATE_FILE, content)
            except OSError as error:
                # The state before it is still there; the files themselves say how far they are.
                _log.error("recorder.state_failed", session=directory.name, error=str(error))

        return self.writer.call(write)
