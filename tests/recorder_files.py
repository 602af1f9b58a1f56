"""Runs streams through the recorder's core into files, without a process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mixer.wire.frame import Frame
from mixer.wire.ids import Layer, MediaKind, PublicationId
from mixer.wire.resources import RecordedTrack, RecordingSession
from recorder.matroska import build_header
from recorder.session import APPLICATION
from recorder.state import StoredSession, StoredTrack, file_for, tags_for
from recorder.track import Chunk, TrackRecorder
from tests.recorder_streams import Stream

SESSION = RecordingSession(id=9, directory="d", started_ns=0, about={"title": "试"})


def resource(stream: Stream, role: str = "iso", seat: str = "hunan") -> RecordedTrack:
    video = stream.codec.clock_rate == 90_000
    return RecordedTrack(
        session=SESSION.id,
        publication=PublicationId(stream.publication),
        layer=Layer(stream.layer),
        kind=MediaKind.VIDEO if video else MediaKind.AUDIO,
        role=role,
        seat=seat,
        source="camera" if video else "microphone",
        title="湖南",
    )


def feed(core: TrackRecorder, frames: Iterable[Frame], every: int = 60) -> list[Chunk]:
    """Give frames to a core, taking a Cluster after each `every` frames."""
    chunks: list[Chunk] = []
    for index, frame in enumerate(frames):
        core.frame(frame)
        if index % every == every - 1:
            chunks += core.take_chunks()
    return chunks + core.take_chunks()


def record(stream: Stream, *, started_ns: int = 0, every: int = 60) -> list[Chunk]:
    """All of a stream as Clusters."""
    core = TrackRecorder(started_ns)
    core.stream(stream.codec, stream.life)
    return feed(core, stream.frames, every)


def header_of(chunk: Chunk, stream: Stream, role: str = "iso") -> bytes:
    track = resource(stream, role)
    return build_header(
        chunk.track, title=track.title, application=APPLICATION, tags=tags_for(SESSION, track)
    )


def write_stream(path: Path, stream: Stream, *, every: int = 60, role: str = "iso") -> list[Chunk]:
    """A stream's file as the writer leaves it, unfinished."""
    chunks = record(stream, every=every)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        header_of(chunks[0], stream, role) + b"".join(chunk.cluster for chunk in chunks)
    )
    return chunks


def write_session(
    directory: Path, tracks: Sequence[tuple[Stream, str]], session: RecordingSession = SESSION
) -> StoredSession:
    """A session's files, closed and not yet finalised."""
    state = StoredSession(session=session)
    for stream, role in tracks:
        taken = {name for one in state.tracks for name in one.files}
        name = file_for(resource(stream, role), taken)
        write_stream(directory / name, stream, role=role)
        state.tracks.append(StoredTrack(resource=resource(stream, role), files=[name], open=False))
    return state
