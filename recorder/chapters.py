"""Chapters of the programme from marks: cues where a rundown ran, else layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .manifest import Chapter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mixer.wire.resources import Mark

SHORTEST_MS: Final = 1.0
"""Two marks nearer than this are one moment; the later one names the chapter."""


def build_chapters(marks: Sequence[Mark], started_ns: int, end_ms: float) -> list[Chapter]:
    """Chapters that follow one another from the first mark to ``end_ms``.

    A mark made before the session began counts from its start; one at or behind its end
    makes no chapter. ``end_ms`` counts from ``started_ns``.
    """
    kinds = {mark.kind for mark in marks}
    kind = "cue" if "cue" in kinds else "layout"
    chosen: list[tuple[float, Mark]] = []
    for mark in sorted(marks, key=lambda mark: (mark.at_ns, mark.id)):
        at_ms = max(0.0, (mark.at_ns - started_ns) / 1e6)
        if mark.kind != kind or at_ms + SHORTEST_MS > end_ms:
            continue
        if chosen and at_ms - chosen[-1][0] < SHORTEST_MS:
            chosen[-1] = (chosen[-1][0], mark)
            continue
        chosen.append((at_ms, mark))
    ends = [*(at_ms for at_ms, _ in chosen), end_ms][1:]
    return [
        Chapter(
            start_ms=at_ms,
            end_ms=until_ms,
            title=mark.title,
            seats=mark.seats,
            layout=mark.layout,
        )
        for (at_ms, mark), until_ms in zip(chosen, ends, strict=True)
    ]
