"""Proof that a finished session is what its manifest says."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av

from .manifest import Manifest, ManifestError, ManifestFile, MediaStream, read_manifest
from .state import safe_relative

if TYPE_CHECKING:
    from collections.abc import Callable

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

    AnyStream = AudioStream | VideoStream
    ProblemSink = Callable[[str, str], None]

DURATION_SLACK_MS: Final = 120.0
"""How far decoded time may be from the manifest's: three pictures of 25 a second."""
QUICK_SECONDS: Final = 2.0
_HASH_BYTES: Final = 1 << 20
_DECODED_SHARE: Final = 0.5
"""Of a stream with gaps at least this much must decode; without gaps nearly all."""
_UNSHOWN_SHARE: Final = 0.02
"""Some encoders send frames that are decoded but not shown."""
_MEDIA_STREAMS: Final = (av.AudioStream, av.VideoStream)
_CODEC_NAMES: Final = {"h264": "h264", "vp8": "vp8", "opus": "opus", "aac": "aac"}


@dataclass(frozen=True, slots=True)
class Problem:
    """``id`` is stable, ``file`` a path of the manifest or empty."""

    id: str
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class FileResult:
    """A checked file: what was decoded of it."""

    path: str
    bytes: int
    duration_ms: float
    frames_decoded: int
    ok: bool


@dataclass(slots=True)
class Report:
    """The outcome. ``thorough``: everything was decoded, not only both ends."""

    directory: Path
    thorough: bool
    problems: list[Problem] = field(default_factory=list)
    files: list[FileResult] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def summary(self) -> str:
        """One line."""
        if self.ok:
            return f"{len(self.files)} files verified"
        first = self.problems[0]
        more = f" and {len(self.problems) - 1} more" if len(self.problems) > 1 else ""
        return f"{first.id} {first.file}: {first.text}{more}"


def verify_session(directory: Path, *, thorough: bool = True) -> Report:
    """Compare a session with its manifest: sizes, hashes, codecs, lengths, chapters.

    Thorough: every frame is decoded. Else the first and last two seconds of each file.
    Never raises for what it finds; problems are in the report.
    """
    report = Report(directory, thorough)
    try:
        manifest = read_manifest(directory)
    except ManifestError as error:
        report.problems.append(Problem(error.id, "", str(error)))
        return report
    for entry in manifest.files:
        _check_file(report, directory, entry)
    _check_whole(report, manifest)
    return report


def _check_whole(report: Report, manifest: Manifest) -> None:
    if not manifest.files:
        report.problems.append(Problem("verify.empty", "", "the session holds no file"))
    paths = {entry.path for entry in manifest.files}
    if len(paths) != len(manifest.files):
        report.problems.append(Problem("verify.listed_twice", "", "a file is listed twice"))
    for chapter in manifest.chapters:
        inside = 0 <= chapter.start_ms < chapter.end_ms <= manifest.duration_ms + 1
        if not inside:
            report.problems.append(
                Problem("verify.chapter_outside", "", f"chapter {chapter.title!r} is outside")
            )


def _check_file(report: Report, directory: Path, entry: ManifestFile) -> None:
    before = len(report.problems)

    def problem(identity: str, text: str) -> None:
        report.problems.append(Problem(identity, entry.path, text))

    decoded = 0
    path = directory / entry.path
    if not safe_relative(entry.path):
        problem("verify.path_outside", "the path leaves the session's directory")
    elif not path.is_file():
        problem("verify.missing", "the file is not there")
    else:
        size = path.stat().st_size
        if size != entry.bytes:
            problem("verify.size", f"{size} bytes instead of {entry.bytes}")
        if sha256_of(path) != entry.sha256:
            problem("verify.hash", "the SHA-256 differs")
        try:
            decoded = _check_streams(path, entry, problem, thorough=report.thorough)
        except (av.FFmpegError, OSError, ValueError) as error:
            problem("verify.open", f"cannot be read: {error}")
    ok = len(report.problems) == before
    report.files.append(FileResult(entry.path, entry.bytes, entry.duration_ms, decoded, ok))


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_HASH_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _check_streams(path: Path, entry: ManifestFile, problem: ProblemSink, *, thorough: bool) -> int:
    with av.open(str(path), "r") as container:
        found = [stream for stream in container.streams if stream.type in ("audio", "video")]
        if [stream.type for stream in found] != [stream.kind for stream in entry.streams]:
            problem("verify.streams", "its streams are not those of the manifest")
            return 0
        for stream, told in zip(found, entry.streams, strict=True):
            name = stream.codec_context.name
            if _CODEC_NAMES[told.codec] not in name:
                problem("verify.codec", f"coded as {name}, not {told.codec}")
                return 0
    decoded = 0
    for index, told in enumerate(entry.streams):
        decoded += _check_stream(path, index, told, entry, problem, thorough=thorough)
    return decoded


@dataclass(slots=True)
class _Decoded:
    """What decoding a span gave; times in seconds of the file."""

    packets: int = 0
    frames: int = 0
    errors: int = 0
    first_s: float = -1.0
    end_s: float = 0.0


def _check_stream(
    path: Path,
    index: int,
    told: MediaStream,
    entry: ManifestFile,
    problem: ProblemSink,
    *,
    thorough: bool,
) -> int:
    both_ends = not thorough and told.duration_ms > 2000 * QUICK_SECONDS
    with av.open(str(path), "r") as container:
        stream = _pick(container, index)
        result = _decode(container, stream, QUICK_SECONDS if both_ends else None)
    if both_ends:
        with av.open(str(path), "r") as container:
            stream = _pick(container, index)
            start = (entry.first_ms - entry.start_ms + told.duration_ms) / 1000 - QUICK_SECONDS
            container.seek(max(0, int(start * av.time_base)))
            tail = _decode(container, stream, None)
        result.packets += tail.packets
        result.frames += tail.frames
        result.errors += tail.errors
        result.end_s = tail.end_s
    elif result.packets != told.frames:
        problem("verify.frames", f"{result.packets} coded frames instead of {told.frames}")
    _judge(result, told, entry, problem)
    return result.frames


def _judge(result: _Decoded, told: MediaStream, entry: ManifestFile, problem: ProblemSink) -> None:
    lost = any(gap.reason != "stream" for gap in entry.gaps)
    if result.frames == 0 or result.frames < result.packets * _DECODED_SHARE:
        problem("verify.decode", f"{result.frames} of {result.packets} {told.kind} frames decode")
        return
    missing = result.packets - result.frames
    if not lost and (result.errors or missing > max(2, result.packets * _UNSHOWN_SHARE)):
        problem(
            "verify.decode",
            f"{missing} {told.kind} frames without a gap do not decode",
        )
    duration_ms = (result.end_s - result.first_s) * 1000
    if abs(duration_ms - told.duration_ms) > DURATION_SLACK_MS:
        problem(
            "verify.duration",
            f"{told.kind} lasts {duration_ms:.0f} ms instead of {told.duration_ms:.0f}",
        )


def _pick(container: InputContainer, index: int) -> AnyStream:
    """The audio or video stream of this number; all others are not read."""
    found = [stream for stream in container.streams if isinstance(stream, _MEDIA_STREAMS)]
    return found[index]


def _decode(container: InputContainer, stream: AnyStream, limit_s: float | None) -> _Decoded:
    """Decode up to ``limit_s`` seconds, or all. The count of packets is of those decoded."""
    stream.codec_context.thread_count = 1
    result = _Decoded()
    for packet in container.demux(stream):
        if packet.size and packet.pts is not None and packet.time_base is not None:
            time = float(packet.pts * packet.time_base)
            if result.first_s < 0:
                result.first_s = time
            if limit_s is not None and time - result.first_s > limit_s:
                result.frames += len(stream.codec_context.decode(None))
                break
            result.packets += 1
            duration = packet.duration or 0
            result.end_s = max(result.end_s, time + float(duration * packet.time_base))
        try:
            result.frames += len(packet.decode())
        except av.FFmpegError:
            result.errors += 1
    return result


def main_verify(path: Path, *, thorough: bool = True) -> int:
    """`lianxian session verify DIR`: print a table; 0 when all is right, else 1."""
    report = verify_session(path, thorough=thorough)
    out = sys.stdout.write
    for file in report.files:
        state = "ok" if file.ok else "BAD"
        out(
            f"{state:4}{file.path:44}{file.bytes:>14,} B{file.duration_ms / 1000:>11.1f} s"
            f"{file.frames_decoded:>9} decoded\n"
        )
    for problem in report.problems:
        out(f"error {problem.id} {problem.file}: {problem.text}\n")
    out(f"{'VERIFIED' if report.ok else 'FAILED'} {path.name}: {report.summary}\n")
    return 0 if report.ok else 1
