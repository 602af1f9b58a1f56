"""Sound's figures in Prometheus' terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from mixer.sound.engine import SoundEngine
from mixer.sound.source import Source
from mixer.sound.ticks import LATE_BOUNDS_MS, TickSchedule
from mixer.wire.control import Metric
from mixer.wire.ids import NANOSECONDS
from mixer.wire.link import Link


def collect_metrics(
    engine: SoundEngine, schedule: TickSchedule | None, link: Link
) -> tuple[Metric, ...]:
    """All samples of this process; those of ticks only once a clock is known."""
    samples = list(_drops(engine, link))
    if schedule is not None:
        samples += _ticks(schedule)
    samples.append(
        Metric(
            name="lianxian_sound_failures_total",
            value=engine.failures + sum(source.failures for source in engine.sources.values()),
            help="Bugs that cost a source or an output a tick",
        )
    )
    for publication, source in engine.sources.items():
        samples += _source(source, {"publication": str(publication)})
    return tuple(samples)


def _ticks(schedule: TickSchedule) -> Iterator[Metric]:
    yield Metric(
        name="lianxian_sound_ticks_total", value=schedule.ticks, help="Ticks of 20 ms mixed"
    )
    for late_ms, value in ((5, schedule.late), (20, schedule.very_late)):
        yield Metric(
            name="lianxian_sound_ticks_late_total",
            value=value,
            labels={"over_ms": str(late_ms)},
            help="Ticks begun later than this after their time",
        )
    bounds = [*map(str, LATE_BOUNDS_MS[:-1]), "+Inf"]
    for bound, ticks in zip(bounds, accumulate(schedule.late_counts), strict=True):
        yield Metric(
            name="lianxian_sound_late_ticks_total",
            value=ticks,
            labels={"le": bound},
            help="Ticks by how many ms late they began",
        )
    yield Metric(
        name="lianxian_sound_ticks_skipped_total",
        value=schedule.skipped,
        help="Ticks given up after a stall",
    )


def _drops(engine: SoundEngine, link: Link) -> Iterator[Metric]:
    reasons: Counter[str] = Counter(
        {
            "no_source": 0,
            "link_full": link.dropped_link_full,
            "link_down": link.dropped_link_down,
        }
    )
    reasons.update(engine.drops)
    for source in engine.sources.values():
        reasons.update(source.drop_counts())
    for reason, value in sorted(reasons.items()):
        yield Metric(
            name="lianxian_sound_dropped_total",
            value=value,
            labels={"reason": reason},
            help="Packets and frames thrown away",
        )


def _source(source: Source, labels: dict[str, str]) -> Iterator[Metric]:
    jitter = source.jitter
    counters = jitter.counters
    for name, value, text in (
        ("packets_total", counters.received, "Packets that reached the jitter buffer"),
        ("lost_total", counters.lost, "Packets missing when they were due"),
        ("fec_total", counters.recovered, "Losses repaired from the packet behind"),
        ("red_total", counters.redundant, "Losses repaired from a copy in a later packet"),
        (
            "concealed_seconds_total",
            counters.concealed_samples / 48_000,
            "Sound made up for missing packets",
        ),
        ("resyncs_total", jitter.resyncs, "Jumps of the playing position"),
        ("stretched_total", jitter.stretched, "Ticks stretched to follow the clock"),
    ):
        yield Metric(name=f"lianxian_sound_{name}", value=value, labels=labels, help=text)
    yield Metric(
        name="lianxian_sound_jitter_delay_seconds",
        value=jitter.delay_ns / NANOSECONDS,
        labels=labels,
        kind="gauge",
        help="From capture to mix",
    )
