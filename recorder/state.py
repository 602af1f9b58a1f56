"""`session.json`: what a running session is, so that any later life of the recorder can go on.

How far each file is stands in the file itself (`matroska.Checkpoint`); this page only
says which files there are and what they are for.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from mixer.wire.ids import Layer, MediaKind, PublicationId
from mixer.wire.resources import Clock, Mark, RecordedTrack, RecordingSession

SESSIONS_FOLDER: Final = "sessions"
STATE_FILE: Final = "session.json"
MANIFEST_FILE: Final = "manifest.json"
STATE_VERSION: Final = 1
_MEDIA_FOLDERS: Final = ("iso", "working")
_UNSAFE: Final = re.compile(r"[^a-z0-9]+")


class Phase(StrEnum):
    """Where a session stands; as told in `RecordingState`."""

    RECORDING = "recording"
    FINALISING = "finalising"
    VERIFIED = "verified"
    FAILED = "failed"


class StoredTrack(msgspec.Struct, kw_only=True):
    """A track and its files, relative to the session's directory. More than one file:
    the publisher came back with another codec.
    """

    resource: RecordedTrack
    files: list[str] = []
    open: bool = True
    wanted: bool = True
    """Whether the server still holds us to it; closed tracks of a finished session may be."""


class StoredSession(msgspec.Struct, kw_only=True):
    """All of `session.json`."""

    version: int = STATE_VERSION
    session: RecordingSession
    clock: Clock | None = None
    phase: Phase = Phase.RECORDING
    text: str = ""
    released: bool = False
    """Whether the server no longer wants the session; it is then only finished."""
    tracks: list[StoredTrack] = []
    marks: list[Mark] = []
    forgotten_marks: list[str] = []
    """Keys the server let go of together with the session; the marks stay chapters."""


def state_bytes(state: StoredSession) -> bytes:
    """The state as JSON for people's eyes."""
    return msgspec.json.format(msgspec.json.encode(state), indent=2)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file so that a crash leaves the old one or the new one. Raises OSError."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read_state(directory: Path) -> StoredSession | None:
    """The state of a session directory; None when there is none that can be read."""
    try:
        return msgspec.json.decode((directory / STATE_FILE).read_bytes(), type=StoredSession)
    except (OSError, msgspec.MsgspecError):
        return None


def session_directories(data_dir: Path) -> list[Path]:
    """Directories below ``<data>/sessions`` that hold a session, in order of name.

    A session's directory may lie deeper, since `RecordingSession.directory` is a path.
    """
    found: list[Path] = []
    for name, folders, files in os.walk(data_dir / SESSIONS_FOLDER):
        directory = Path(name)
        media = [one for one in _MEDIA_FOLDERS if one in folders and _holds_media(directory / one)]
        if media or STATE_FILE in files or MANIFEST_FILE in files:
            found.append(directory)
            folders.clear()
    return sorted(found)


def _holds_media(folder: Path) -> bool:
    return next(folder.glob("*.mkv"), None) is not None


def iso_time(unix_ns: int) -> str:
    """Unix time in UTC as ISO 8601 with milliseconds; empty for 0."""
    if not unix_ns:
        return ""
    return datetime.fromtimestamp(unix_ns / 1e9, UTC).isoformat(timespec="milliseconds")


def tags_for(session: RecordingSession, track: RecordedTrack) -> dict[str, str]:
    """What a file says of itself, so that it can be placed when `session.json` is lost."""
    return {
        "SESSION": str(session.id),
        "DIRECTORY": session.directory,
        "STARTED_NS": str(session.started_ns),
        "PUBLICATION": str(track.publication),
        "LAYER": str(track.layer),
        "KIND": track.kind.value,
        "ROLE": track.role,
        "SEAT": track.seat,
        "SOURCE": track.source,
        "TITLE": track.title,
    }


def track_of_tags(tags: dict[str, str]) -> RecordedTrack:
    """The track a file belongs to. Raises KeyError or ValueError when its tags are not ours."""
    return RecordedTrack(
        session=int(tags["SESSION"]),
        publication=PublicationId(int(tags["PUBLICATION"])),
        layer=Layer(int(tags["LAYER"])),
        kind=MediaKind(tags["KIND"]),
        role=tags["ROLE"],
        seat=tags["SEAT"],
        source=tags["SOURCE"],
        title=tags["TITLE"],
    )


def slug(text: str) -> str:
    """``text`` as part of a file name: small letters, digits and single dashes."""
    return _UNSAFE.sub("-", text.lower()).strip("-") or "x"


def safe_relative(name: str) -> bool:
    """Whether ``name`` stays inside the directory it is joined to; hidden names do not."""
    parts = name.split("/")
    return (
        "\x00" not in name
        and "\\" not in name
        and all(part and not part.startswith(".") for part in parts)
    )


def file_for(track: RecordedTrack, taken: set[str]) -> str:
    """A new file name for a track, not among ``taken``: ``iso/<seat>-<source>[-n].mkv``."""
    folder = "working" if track.role == "programme" else "iso"
    stem = f"{folder}/{slug(track.seat)}-{slug(track.source)}"
    if track.role == "programme":
        stem = f"{folder}/programme-{track.kind.value}"
    name = f"{stem}.mkv"
    number = 2
    while name in taken:
        name = f"{stem}-{number}.mkv"
        number += 1
    return name
