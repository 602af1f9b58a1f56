"""Which sources are left out: one that the process died of twice, one whose decoder hung.

On a deadly signal `faulthandler` writes the thread that met it into a file of the run folder. A
second, mapped file tells whose decoder each thread is. A life of the process reads both of the one
before: the source whose decoder died gets a strike. Killed from outside, nobody gets one.

Slots: 64 of 24 bytes, little endian: u64 publication (0: free), u64 thread, u8 strikes, u8 whether
the last one was a hang, 6 unused.
"""

from __future__ import annotations

import faulthandler
import mmap
import re
import struct
import threading
from collections.abc import Set as AbstractSet
from pathlib import Path

import structlog

from mixer.wire.ids import NANOSECONDS

from .decode import Decoder
from .feed import Feed

_log = structlog.get_logger(__name__)
_SLOT = struct.Struct("<QQBB6x")
_STRIKES_AT, _HUNG_AT = 16, 17
SLOTS = 64
STRIKES = 2
LEFT_OUT_NS = 120 * NANOSECONDS
"""Then it is tried again; dying once more leaves it out again."""
FORGIVEN_NS = 60 * NANOSECONDS
"""A life that long clears a source with fewer strikes."""
DECODERS_FILE, CRASH_FILE = "picture-decoders", "picture-crash"
MAX_CRASH_BYTES = 1 << 16
_THREAD = re.compile(rb"^Current thread 0x([0-9a-f]{1,16}) ", re.MULTILINE)


def watch_crashes(folder: Path) -> None:
    """Let a deadly signal tell its thread to the next life; for the process as a whole, after
    `Suspects` has read what the last life left. Raises OSError.
    """
    # Never closed: the handler writes to its descriptor.
    faulthandler.enable((folder / CRASH_FILE).open("wb"))


class Suspects:
    """Strikes of all sources, over lives of the process. `note` may be called by any thread."""

    def __init__(self, folder: Path, now_ns: int) -> None:
        """``now_ns``: any monotonic clock. Raises OSError when the file cannot be made."""
        self._began_ns = now_ns
        self._lock = threading.Lock()
        path = folder / DECODERS_FILE
        self._strikes, self._hung = _strikes(path, folder / CRASH_FILE)
        self._until_ns = {
            publication: now_ns + LEFT_OUT_NS
            for publication, strikes in self._strikes.items()
            if strikes >= STRIKES
        }
        for publication in self._until_ns:
            _log.error("picture.source_left_out", publication=publication)
        path.write_bytes(bytes(SLOTS * _SLOT.size))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SLOTS * _SLOT.size)
        self._slots: dict[int, int] = {}
        for publication in self._strikes:
            self.note(publication, 0)

    def left_out(self, publication: int) -> bool:
        """Whether it is not to be decoded for now."""
        return publication in self._until_ns

    @property
    def deadly(self) -> AbstractSet[int]:
        """What is left out for now as the process died of it."""
        return self._until_ns.keys() - self._hung

    @property
    def hanging(self) -> AbstractSet[int]:
        """What is left out for now as its decoder hung."""
        return self._until_ns.keys() & self._hung

    def decoder(self, codec: str, feed: Feed, name: str) -> Decoder:
        """A decoder whose death is told; its name begins with the publication, then a dash."""
        publication = int(name.partition("-")[0])
        return Decoder(
            codec, feed, name, began=lambda: self.note(publication, threading.get_ident())
        )

    def note(self, publication: int, thread: int) -> None:
        """This thread decodes it from now on. With more sources than slots nothing is noted."""
        with self._lock:
            slot = self._slots.get(publication)
            if slot is None:
                if len(self._slots) >= SLOTS:
                    return
                slot = self._slots[publication] = len(self._slots)
            strikes = self._strikes.get(publication, 0)
            hung = publication in self._hung
            _SLOT.pack_into(self._map, slot * _SLOT.size, publication, thread, strikes, hung)

    def leave_out(self, publication: int, now_ns: int) -> None:
        """Its decoder hangs: once is enough, as a thread stays behind each time."""
        self._hung.add(publication)
        self._until_ns[publication] = now_ns + LEFT_OUT_NS
        self._put(publication, STRIKES)
        _log.error("picture.source_left_out", publication=publication)

    def advance(self, now_ns: int, hanging: AbstractSet[int] = frozenset()) -> bool:
        """Let time pass; True when a source may be tried again. Those whose decoders are
        ``hanging`` still may not.
        """
        if self._strikes and now_ns - self._began_ns >= FORGIVEN_NS:
            for publication in [key for key in self._strikes if key not in self._until_ns]:
                self._put(publication, 0)
        over = [
            key
            for key, until_ns in self._until_ns.items()
            if now_ns >= until_ns and key not in hanging
        ]
        for publication in over:
            del self._until_ns[publication]
            self._hung.discard(publication)
            self._put(publication, STRIKES - 1)
            self._began_ns = now_ns
        return bool(over)

    def _put(self, publication: int, strikes: int) -> None:
        if strikes:
            self._strikes[publication] = strikes
        else:
            self._strikes.pop(publication, None)
        slot = self._slots.get(publication)
        if slot is not None:
            self._map[slot * _SLOT.size + _STRIKES_AT] = strikes
            self._map[slot * _SLOT.size + _HUNG_AT] = publication in self._hung


def _strikes(decoders: Path, crash: Path) -> tuple[dict[int, int], set[int]]:
    """Strikes by publication, the last death counted in, and whose were a hang; none from damaged
    files.
    """
    content = _read(decoders, SLOTS * _SLOT.size)
    if len(content) != SLOTS * _SLOT.size:
        return {}, set()
    told = _THREAD.search(_read(crash, MAX_CRASH_BYTES))
    died = int(told[1], 16) if told else 0
    found: dict[int, int] = {}
    hung: set[int] = set()
    for publication, thread, strikes, hangs in _SLOT.iter_unpack(content):
        deadly = died != 0 and thread == died
        counted = min(strikes + deadly, STRIKES)
        if publication and counted:
            found[publication] = counted
            if hangs and not deadly:
                hung.add(publication)
    return found, hung


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except FileNotFoundError:
        return b""
