"""`lianxian_recorder_*`: what the recorder counts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from mixer.wire.control import Metric

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .intake import Intake
    from .session import LiveSession
    from .space import SpaceWatch
    from .writer import Writer

_PREFIX: Final = "lianxian_recorder_"


def _metric(name: str, value: float, kind: str, text: str, **labels: str) -> Metric:
    return Metric(name=_PREFIX + name, value=value, labels=labels, kind=kind, help=text)


def collect_metrics(
    sessions: Iterable[LiveSession], intake: Intake, writer: Writer, space: SpaceWatch
) -> tuple[Metric, ...]:
    """All samples at this moment."""
    sessions = list(sessions)
    tracks = [track for session in sessions for track in session.tracks.values()]
    drops: Counter[str] = Counter(intake.drops)
    for session in sessions:
        drops.update(session.closed_drops)
    for track in tracks:
        drops.update(track.core.drops)
    samples = [
        _metric("sessions", len(sessions), "gauge", "sessions held"),
        _metric("tracks", len(tracks), "gauge", "tracks being written"),
        _metric("packets_total", intake.packets, "counter", "packets and access units received"),
        _metric("received_bytes_total", intake.bytes, "counter", "payload bytes received"),
        _metric(
            "units",
            sum(track.core.units for track in tracks),
            "gauge",
            "coded units written to open tracks by this process",
        ),
        _metric(
            "lost_packets",
            sum(track.core.lost_packets for track in tracks),
            "gauge",
            "packets declared lost on open tracks",
        ),
        _metric("keyframes_asked_total", intake.keyframes_asked, "counter", "key frames asked for"),
        _metric("written_bytes_total", writer.written_bytes, "counter", "bytes written and synced"),
        _metric(
            "write_errors_total", writer.write_errors, "counter", "writes and syncs that failed"
        ),
        _metric("queued_bytes", writer.queued_bytes, "gauge", "bytes waiting for the disk"),
        _metric("batch_seconds", writer.batch_s, "gauge", "writing and syncing the last batch"),
        _metric("free_bytes", space.free_bytes, "gauge", "free space of the archive"),
        _metric("hours_left", space.hours_left, "gauge", "free space at the present rate"),
    ]
    samples += [
        _metric("drops_total", count, "counter", "discards by reason", reason=str(reason))
        for reason, count in sorted(drops.items())
    ]
    return tuple(samples)
