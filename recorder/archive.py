"""Reading the archive: what sessions there are, what is in one, where a file lies.

Pure functions for the server; nothing here decodes media or writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from .manifest import Manifest, ManifestError, read_manifest
from .state import (
    MANIFEST_FILE,
    SESSIONS_FOLDER,
    Phase,
    StoredSession,
    iso_time,
    read_state,
    safe_relative,
    session_directories,
)

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMME_FILE: Final = "programme.mp4"


class ArchiveError(Exception):
    """A session or file that is not there or may not be read. ``id`` is stable."""

    def __init__(self, identity: str, text: str) -> None:
        super().__init__(text)
        self.id = identity


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the archive. ``name`` is the directory below ``<data>/sessions``."""

    name: str
    session: int
    phase: str
    """``recording``, ``finalising``, ``verified``, ``failed``; ``unfinished`` when only
    media files are left, which `recover` turns into a session."""
    title: str
    started_wall: str
    duration_ms: float
    files: int
    size_bytes: int
    playable: bool
    """Whether there is a programme.mp4."""
    text: str = ""


class SessionDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A summary, and the manifest once there is one."""

    summary: SessionSummary
    manifest: Manifest | None


def list_sessions(data_dir: Path) -> list[SessionSummary]:
    """All sessions on disk, the newest first. What cannot be read is listed as such."""
    found = [
        _summary(data_dir, directory, *_manifest(directory))
        for directory in session_directories(data_dir)
    ]
    found.sort(key=lambda one: (one.started_wall, one.name), reverse=True)
    return found


def read_session(data_dir: Path, name: str) -> SessionDetail:
    """One session.

    Raises `ArchiveError` ``archive.unknown_session``.
    """
    directory = _directory(data_dir, name)
    manifest, text = _manifest(directory)
    return SessionDetail(summary=_summary(data_dir, directory, manifest, text), manifest=manifest)


def safe_path(data_dir: Path, name: str, file: str) -> Path:
    """Where a finished file of a session lies.

    Only files that the manifest lists, and the manifest itself. Raises `ArchiveError`
    ``archive.unknown_session`` or ``archive.unknown_file``.
    """
    directory = _directory(data_dir, name)
    manifest, _ = _manifest(directory)
    listed = {one.path for one in manifest.files} if manifest else set()
    if not safe_relative(file) or file not in listed | {MANIFEST_FILE}:
        raise ArchiveError("archive.unknown_file", f"the session has no file {file!r}")
    path = (directory / file).resolve()
    if not path.is_relative_to(directory.resolve()) or not path.is_file():
        raise ArchiveError("archive.unknown_file", f"the session has no file {file!r}")
    return path


def _directory(data_dir: Path, name: str) -> Path:
    root = (data_dir / SESSIONS_FOLDER).resolve()
    unknown = ArchiveError("archive.unknown_session", f"there is no session {name!r}")
    if not safe_relative(name):
        raise unknown
    directory = (root / name).resolve()
    if not directory.is_relative_to(root) or not directory.is_dir():
        raise unknown
    if not (directory / MANIFEST_FILE).is_file() and read_state(directory) is None:
        raise unknown
    return directory


def _manifest(directory: Path) -> tuple[Manifest | None, str]:
    """The manifest, or None and why there is none."""
    try:
        return read_manifest(directory), ""
    except ManifestError as error:
        return None, "" if error.id == "manifest.missing" else f"{error.id}: {error}"


def _summary(
    data_dir: Path, directory: Path, manifest: Manifest | None, text: str
) -> SessionSummary:
    root = (data_dir / SESSIONS_FOLDER).resolve()
    name = directory.resolve().relative_to(root).as_posix()
    state = read_state(directory)
    if manifest is None:
        return _unfinished(name, directory, state, text)
    return SessionSummary(
        name=name,
        session=manifest.session,
        phase=(state.phase if state else Phase.VERIFIED).value,
        title=manifest.about.get("title", name),
        started_wall=manifest.started_wall,
        duration_ms=manifest.duration_ms,
        files=len(manifest.files),
        size_bytes=sum(file.bytes for file in manifest.files),
        playable=any(file.path == PROGRAMME_FILE for file in manifest.files),
        text=state.text if state else "",
    )


def _unfinished(
    name: str, directory: Path, state: StoredSession | None, text: str
) -> SessionSummary:
    media = [*directory.glob("iso/*.mkv"), *directory.glob("working/*.mkv")]
    started = ""
    if state is not None and state.clock is not None:
        started = iso_time(state.clock.origin_wall_ns + state.session.started_ns)
    return SessionSummary(
        name=name,
        session=state.session.id if state else 0,
        phase=state.phase.value if state else "unfinished",
        title=state.session.about.get("title", name) if state else name,
        started_wall=started,
        duration_ms=0.0,
        files=len(media),
        size_bytes=sum(path.stat().st_size for path in media),
        playable=False,
        text=text or (state.text if state else ""),
    )
