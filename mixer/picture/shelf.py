"""Folders of TOML files that are watched: what is good is used at once, what is wrong is told.

A file that was good and is spoilt keeps its last good content, so that nothing on air changes
by a slip of the pen.
"""

from __future__ import annotations

import os
import re
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
MAX_FILES = 200
MAX_FILE_BYTES = 64 << 10
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

Stamp = tuple[int, int]


def config_directory(name: str) -> Path:
    """``config/<name>`` of the source tree, or of the installation's ``share`` folder."""
    beside = Path(__file__).resolve().parents[2] / "config" / name
    if beside.is_dir():
        return beside
    return Path(sysconfig.get_path("data")) / "share" / "lianxian" / "config" / name


def field_of(error: msgspec.ValidationError) -> tuple[str, str]:
    """Field and message of what msgspec found."""
    message, _, path = str(error).partition(" - at ")
    field = path.strip("`").removeprefix("$").removeprefix(".") or "file"
    unknown = re.search(r"unknown field `(\w+)`", message)
    if unknown:
        return (unknown[1] if field == "file" else f"{field}.{unknown[1]}"), "no such field"
    return field, message


def line_of(text: bytes, field: str) -> int:
    """The line (from 1) of a field such as ``slot[1].x``, or of the table that lacks it.

    For TOML's own errors ``field`` is the message, which says the line.
    """
    said = re.search(r"at line (\d+)", field)
    if said:
        return int(said[1])
    lines = text.decode("utf-8", "replace").splitlines()
    if "at end of document" in field:
        return max(len(lines), 1)
    table, index, rest = _parts(field)
    headers = [n for n, line in enumerate(lines) if _is_header(line, table)]
    if headers and index < len(headers):
        begin = headers[index]
        end = next(
            (n for n in range(begin + 1, len(lines)) if lines[n].lstrip().startswith("[")),
            len(lines),
        )
    else:
        rest, begin = table, -1
        end = len(lines)
    for number in range(begin + 1, end):
        if rest and re.match(rf"\s*{re.escape(rest)}\s*=", lines[number]):
            return number + 1
    return max(begin, 0) + 1


def _parts(field: str) -> tuple[str, int, str]:
    found = re.match(r"(\w+)(?:\[(\d+)\])?(?:\.(\w+))?", field)
    if found is None:
        return "", 0, ""
    return found[1], int(found[2] or 0), found[3] or ""


def _is_header(line: str, table: str) -> bool:
    return re.match(rf"\s*\[\[?\s*{re.escape(table)}\s*\]", line) is not None


def _stamps(folder: Path) -> Iterator[tuple[str, Stamp]]:
    """Names and stamps of the TOML files of a folder; nothing when there is none."""
    try:
        entries = os.scandir(folder)
    except OSError:
        return
    with entries:
        for entry in entries:
            if not entry.name.endswith(".toml"):
                continue
            try:
                state = entry.stat()
            except OSError:
                continue  # gone between listing and looking
            yield entry.name, (state.st_mtime_ns, state.st_size)


class Shelf(Mapping[str, T], Generic[T]):
    """Contents by name (the file's stem) of several folders; a later folder wins.

    ``parse`` gets name, text and path, and raises ``wrong`` with a text that says file, line and
    field. `refresh` looks for changes; ``faults`` are the texts of the files that are wrong now.
    """

    def __init__(
        self,
        folders: tuple[Path, ...],
        parse: Callable[[str, bytes, str], T],
        wrong: type[Exception],
    ) -> None:
        self._folders = folders
        self._parse = parse
        self._wrong = wrong
        self._paths: dict[tuple[Path, str], Path] = {}
        self._stamps: dict[Path, Stamp] = {}
        self._held: dict[Path, T] = {}
        self._by_name: dict[str, T] = {}
        self.faults: dict[str, str] = {}
        self.refresh()

    def __getitem__(self, name: str) -> T:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def refresh(self) -> bool:
        """Read what is new or changed; whether anything was."""
        stamps = self._look()
        if stamps == self._stamps:
            return False
        for path in self._stamps.keys() - stamps.keys():
            self._paths.pop((path.parent, path.name), None)
            self._held.pop(path, None)
            self.faults.pop(str(path), None)
        for path, stamp in stamps.items():
            if self._stamps.get(path) != stamp:
                self._read(path)
        self._stamps = stamps
        self._by_name = {path.stem: self._held[path] for path in stamps if path in self._held}
        return True

    def _look(self) -> dict[Path, Stamp]:
        found: dict[Path, Stamp] = {}
        for folder in self._folders:
            for name, stamp in sorted(_stamps(folder))[:MAX_FILES]:
                # Kept, as making a path costs more than looking at its file.
                path = self._paths.get((folder, name))
                if path is None:
                    path = self._paths[folder, name] = folder / name
                found[path] = stamp
        return found

    def _read(self, path: Path) -> None:
        try:
            if not _NAME.fullmatch(path.stem):
                raise OSError("a name has small letters, digits and _, a letter first")
            with path.open("rb") as file:
                text = file.read(MAX_FILE_BYTES + 1)
            if len(text) > MAX_FILE_BYTES:
                raise OSError(f"larger than {MAX_FILE_BYTES} bytes")
            self._held[path] = self._parse(path.stem, text, str(path))
            self.faults.pop(str(path), None)
        except self._wrong as error:
            self.faults[str(path)] = str(error)
        except OSError as error:
            self.faults[str(path)] = f"{path}: {error}"
