"""Conditions that the picture process reports: each once when it begins and once when it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

import structlog

from mixer.wire.control import Condition

from .timeline import Timeline

_log = structlog.get_logger(__name__)
LEFT_OUT = "picture.source_left_out"
HUNG = "picture.decoder_hung"


class Conditions:
    """What was told last, and what is news."""

    def __init__(self, report: Callable[[Condition], None]) -> None:
        self._report = report
        self._late = False
        self._files: set[str] = set()
        self._clips: frozenset[str] = frozenset()
        self._left_out: dict[str, frozenset[int]] = {LEFT_OUT: frozenset(), HUNG: frozenset()}

    def retell(self, timeline: Timeline | None) -> None:
        """Somebody new listens: what is true is told again, files at the next look."""
        if timeline is not None:
            self._report(late_condition(timeline, late=self._late))
        self._files.clear()
        for what, publications in self._left_out.items():
            for publication in sorted(publications):
                self._report(left_out_condition(what, publication, active=True))
        for file in sorted(self._clips):
            self._report(clip_condition(file, active=True))

    def late(self, timeline: Timeline) -> None:
        """Whether the programme is late now."""
        late = timeline.late()
        if late != self._late:
            self._late = late
            self._report(late_condition(timeline, late=late))

    def files(self, faults: Mapping[str, str]) -> None:
        """Texts of the files that are wrong now, by path."""
        for file in self._files - faults.keys():
            self._report(file_condition(file, "", active=False))
        for file in faults.keys() - self._files:
            _log.error("picture.file_refused", text=faults[file])
            self._report(file_condition(file, faults[file], active=True))
        self._files = set(faults)

    def clips(self, hanging: AbstractSet[str]) -> None:
        """The files of clips of which a thread hangs."""
        for file in sorted(self._clips - hanging):
            self._report(clip_condition(file, active=False))
        for file in sorted(hanging - self._clips):
            self._report(clip_condition(file, active=True))
        self._clips = frozenset(hanging)

    def left_out(self, deadly: AbstractSet[int], hanging: AbstractSet[int]) -> None:
        """The sources that are there and not decoded: as they killed the process, or as their
        decoders hung.
        """
        for what, publications in ((LEFT_OUT, deadly), (HUNG, hanging)):
            told = self._left_out[what]
            for publication in sorted(told - publications):
                self._report(left_out_condition(what, publication, active=False))
            for publication in sorted(publications - told):
                self._report(left_out_condition(what, publication, active=True))
            self._left_out[what] = frozenset(publications)


def late_condition(timeline: Timeline, *, late: bool) -> Condition:
    """``picture.late``: the machine is too slow for the programme."""
    return Condition(
        id="picture.late",
        subject="programme",
        active=late,
        values={
            "late_ms": f"{timeline.lateness_ms(0.5):.0f}",
            "stale_repeats": str(timeline.stale_repeats),
            "holes": str(timeline.holes),
        },
    )


def file_condition(file: str, text: str, *, active: bool) -> Condition:
    """``picture.file_refused``: a layout or theme is wrong, by file, line and field."""
    name = Path(file).name
    values = {"text": text.removeprefix(f"{Path(file).parent}/")} if text else {}
    return Condition(id="picture.file_refused", subject=name, active=active, values=values)


def clip_condition(file: str, *, active: bool) -> Condition:
    """``picture.clip_hung``: reading or decoding this file makes no progress."""
    return Condition(id="picture.clip_hung", subject=file, active=active)


def left_out_condition(what: str, publication: int, *, active: bool) -> Condition:
    """``picture.source_left_out``: its pictures killed the process twice;
    ``picture.decoder_hung``: its decoder made no progress. The server adds whose it is.
    """
    return Condition(id=what, subject=str(publication), active=active)
