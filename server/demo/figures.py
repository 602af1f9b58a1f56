"""Reads Prometheus' text format: what the product counts about itself."""

from __future__ import annotations

import re
from typing import NamedTuple

_SAMPLE = re.compile(r"^(?P<name>[A-Za-z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Sample(NamedTuple):
    """One line."""

    name: str
    labels: dict[str, str]
    value: float


class Figures:
    """All samples of one reading."""

    def __init__(self, text: str) -> None:
        self.samples = [sample for line in text.splitlines() if (sample := _parse(line))]

    def total(self, name: str, **labels: str) -> float:
        """Sum of the samples of this name that carry these labels; 0 without any."""
        return sum(
            sample.value
            for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def by_label(self, name: str, label: str) -> dict[str, float]:
        """Values other than 0 of this name, by one of their labels."""
        return {
            sample.labels[label]: sample.value
            for sample in self.samples
            if sample.name == name and label in sample.labels and sample.value
        }


def _parse(line: str) -> Sample | None:
    match = _SAMPLE.match(line)
    if match is None:
        return None
    labels = {key: _plain(value) for key, value in _LABEL.findall(match["labels"] or "")}
    return Sample(match["name"], labels, float(match["value"]))


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], value)


class Counts(NamedTuple):
    """What the table tells; differences between two readings where they count."""

    packets_in: float
    packets_out: float
    resent: float
    asked_again: float
    recovered: float
    lost: float
    frames: float
    stale: float
    holes: float
    ticks: float
    ticks_late: float
    ticks_skipped: float


def counts(figures: Figures) -> Counts:
    """All that is wanted of one reading. Late ticks: begun over 20 ms after their time."""
    media, picture, sound = "lianxian_media_", "lianxian_picture_", "lianxian_sound_"
    return Counts(
        packets_in=figures.total(media + "packets_in_total"),
        packets_out=figures.total(media + "packets_out_total"),
        resent=figures.total(media + "packets_resent_total"),
        asked_again=figures.total(media + "nacks_sent"),
        recovered=figures.total(media + "packets_recovered"),
        lost=figures.total(media + "packets_lost"),
        frames=figures.total(picture + "frames_total"),
        stale=figures.total(picture + "stale_repeats_total"),
        holes=figures.total(picture + "holes_total"),
        ticks=figures.total(sound + "ticks_total"),
        ticks_late=figures.total(sound + "ticks_late_total", over_ms="20"),
        ticks_skipped=figures.total(sound + "ticks_skipped_total"),
    )


def since(before: Counts, after: Counts) -> Counts:
    """What was counted in between; a process started anew in between counts from its start."""
    return Counts(
        *(
            late - early if late >= early else late
            for early, late in zip(before, after, strict=True)
        )
    )
