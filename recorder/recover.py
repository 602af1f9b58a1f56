"""Finish sessions that nobody finished: after a power cut, or when only files are left."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mixer.wire.resources import RecordingSession

from .ebml import EbmlError
from .finalise import Finalised, Steps, failed, finalise
from .matroska_read import read_header
from .state import (
    MANIFEST_FILE,
    STATE_FILE,
    Phase,
    StoredSession,
    StoredTrack,
    read_state,
    state_bytes,
    track_of_tags,
    write_atomically,
)
from .verify import verify_session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def rebuild_state(directory: Path) -> StoredSession | None:
    """What the files say of themselves, when `session.json` is lost. None: no file of ours."""
    tracks: list[StoredTrack] = []
    session: RecordingSession | None = None
    for path in sorted([*directory.glob("working/*.mkv"), *directory.glob("iso/*.mkv")]):
        try:
            with path.open("rb") as file:
                tags = read_header(file.fileno()).tags
            track = StoredTrack(
                resource=track_of_tags(tags),
                files=[str(path.relative_to(directory))],
                open=False,
            )
            session = session or RecordingSession(
                id=int(tags["SESSION"]),
                directory=tags["DIRECTORY"],
                started_ns=int(tags["STARTED_NS"]),
                about={},
            )
        except (EbmlError, KeyError, ValueError):
            continue
        tracks.append(track)
    if session is None:
        return None
    return StoredSession(session=session, released=True, tracks=tracks)


def recover_directory(
    directory: Path, progress: Callable[[str], None] = lambda _text: None
) -> Finalised:
    """Bring one session to its end: cut files to what is whole, finalise, verify.

    A session that is verified already is left as it is. No recorder may be writing it.
    Raises OSError when the disk fails.
    """
    if (directory / MANIFEST_FILE).exists():
        report = verify_session(directory, thorough=False)
        if report.ok:
            end_ms = max((file.duration_ms for file in report.files), default=0.0)
            return Finalised(
                ok=True,
                text=report.summary,
                files=len(report.files),
                size_bytes=sum(file.bytes for file in report.files),
                duration_ms=round(end_ms),
            )
    state = read_state(directory)
    notes = ["recovered after an interruption"]
    if state is None:
        state = rebuild_state(directory)
        notes = ["recovered from the files alone; marks and participants' names may be missing"]
    if state is None:
        return failed("no recording in this directory")
    result = finalise(directory, state, Steps(progress=progress), notes)
    state.phase = Phase.VERIFIED if result.ok else Phase.FAILED
    state.text = result.text
    state.released = True
    write_atomically(directory / STATE_FILE, state_bytes(state))
    return result


def main_recover(path: Path) -> int:
    """`lianxian session recover DIR`: say what is done; 0 when the session is verified."""
    result = recover_directory(path, lambda text: _print_line(f"... {text}"))
    _print_line(f"{'VERIFIED' if result.ok else 'FAILED'} {path.name}: {result.text}")
    return 0 if result.ok else 1


def _print_line(text: str) -> None:
    """To standard output."""
    sys.stdout.write(text + "\n")
