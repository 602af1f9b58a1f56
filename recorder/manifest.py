"""`manifest.json`: what a finished session holds. The schema is in docs/recording.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from .state import MANIFEST_FILE, write_atomically

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST_VERSION: Final = 1


class ManifestError(Exception):
    """A manifest that is missing or cannot be read. ``id`` is stable."""

    def __init__(self, identity: str, text: str) -> None:
        super().__init__(text)
        self.id = identity


class FileGap(msgspec.Struct, frozen=True, kw_only=True):
    """Media missing from a file; times from the session's start.

    ``reason``: ``loss`` (packets never came), ``stream`` (the publisher was away),
    ``storage`` (could not be written).
    """

    from_ms: float
    to_ms: float
    kind: str
    """``audio`` or ``video``."""
    packets_lost: int
    reason: str


class MediaStream(msgspec.Struct, frozen=True, kw_only=True):
    """One coded stream in a file. ``frames`` counts coded units."""

    kind: str
    codec: str
    frames: int
    duration_ms: float
    width: int = 0
    height: int = 0
    sample_rate: int = 0
    channels: int = 0


class ManifestFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the session. ``start_ms`` is where its time 0 stands: programme.mp4
    begins there, while times inside an ISO file already count from the session's start.
    """

    path: str
    bytes: int
    sha256: str
    role: str
    """``programme``, ``iso`` or ``working``."""
    kind: str
    """``audio``, ``video`` or ``both``."""
    codec: str
    seat: str
    source: str
    title: str
    start_ms: float
    first_ms: float
    """Time of the first unit, from the session's start."""
    duration_ms: float
    """From the first unit to the end of the last."""
    frames: int
    width: int = 0
    height: int = 0
    streams: tuple[MediaStream, ...] = ()
    gaps: tuple[FileGap, ...] = ()


class Chapter(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the programme, from cues where a rundown ran, else from layouts."""

    start_ms: float
    end_ms: float
    title: str
    seats: tuple[str, ...] = ()
    layout: str = ""


class ManifestMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark as it was made."""

    id: int
    kind: str
    at_ms: float
    title: str
    seats: tuple[str, ...] = ()
    layout: str = ""


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """A seat of which something was recorded."""

    seat: str
    title: str
    files: tuple[str, ...]
    first_ms: float
    last_ms: float


class AvOffset(msgspec.Struct, frozen=True, kw_only=True):
    """Sound against picture in the programme, measured: positive when sound is late."""

    median_ms: float
    min_ms: float
    max_ms: float
    events: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All of `manifest.json`."""

    version: int
    tool: str
    session: int
    directory: str
    about: dict[str, str]
    started_wall: str
    """When the session began, UTC, ISO 8601; empty if the clock was never told."""
    origin_wall_ns: int
    """Unix time of the event's clock at 0; 0 if it was never told."""
    started_ns: int
    """The session's start on the event's clock."""
    duration_ms: float
    files: tuple[ManifestFile, ...]
    participants: tuple[Participant, ...]
    chapters: tuple[Chapter, ...]
    marks: tuple[ManifestMark, ...]
    av_offset: AvOffset | None = None
    notes: tuple[str, ...] = ()
    """What a reader should know, such as that the session was recovered."""


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write it so that a crash leaves none or a whole one. Raises OSError."""
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    write_atomically(directory / MANIFEST_FILE, content + b"\n")


def read_manifest(directory: Path) -> Manifest:
    """Read it back.

    Raises `ManifestError` ``manifest.missing``, ``manifest.unreadable`` or
    ``manifest.version``.
    """
    try:
        content = (directory / MANIFEST_FILE).read_bytes()
    except FileNotFoundError:
        raise ManifestError("manifest.missing", "there is no manifest.json") from None
    except OSError as error:
        raise ManifestError("manifest.unreadable", str(error)) from error
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.MsgspecError as error:
        raise ManifestError("manifest.unreadable", str(error)) from error
    if manifest.version != MANIFEST_VERSION:
        raise ManifestError(
            "manifest.version",
            f"manifest version {manifest.version}, this program reads {MANIFEST_VERSION}",
        )
    return manifest
