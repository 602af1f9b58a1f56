"""What the picture process tells about itself, as samples."""

from __future__ import annotations

from mixer.wire.control import Metric
from mixer.wire.ids import LAYER_MAIN
from mixer.wire.link import Link

from .encode import Rendition
from .intake import Intakes
from .programme import Programme
from .timeline import LATE_BOUNDS_MS

_PREFIX = "lianxian_picture_"
QUANTILES = (0.5, 0.99, 1.0)


def _counter(name: str, text: str, value: float, **labels: str) -> Metric:
    return Metric(name=f"{_PREFIX}{name}", value=value, labels=labels, help=text)


def _gauge(name: str, text: str, value: float, **labels: str) -> Metric:
    return Metric(name=f"{_PREFIX}{name}", value=value, labels=labels, kind="gauge", help=text)


def intake_metrics(intakes: Intakes) -> list[Metric]:
    """Decoding: pictures, open decoders, drops by reason."""
    samples = [
        _counter("decoded_total", "Pictures decoded", intakes.decoded()),
        _gauge("decoders", "Sources being decoded", intakes.open_count),
    ]
    for reason, count in sorted(intakes.counts().items()):
        samples.append(
            _counter("dropped_total", "Packets, units and pictures dropped", count, reason=reason)
        )
    return samples


def link_metrics(link: Link) -> list[Metric]:
    """Programme packets that media did not take."""
    text = "Programme packets not sent to media"
    return [
        _counter("unsent_total", text, link.dropped_link_full, reason="link_full"),
        _counter("unsent_total", text, link.dropped_link_down, reason="link_down"),
    ]


def programme_metrics(programme: Programme) -> list[Metric]:
    """The timeline, costs and what was coded."""
    timeline = programme.timeline
    costs = programme.costs
    drawn = programme.mixer.drops
    samples = [
        _counter("frames_total", "Programme frames made", timeline.frames),
        _counter("stale_repeats_total", "Frames that repeat the canvas", timeline.stale_repeats),
        _counter("holes_total", "Frames never made, over 1 s late", timeline.holes),
        _counter("compose_seconds_total", "CPU time of composing", costs.compose_ns / 1e9),
        _counter("encode_seconds_total", "CPU time of encoding", costs.encode_ns / 1e9),
        _counter("compose_bugs_total", "Frames not composed by a bug", programme.bugs),
        _counter("scale_failed_total", "Pictures swscale refused", drawn["scale_failed"]),
    ]
    samples += [
        _gauge(
            "late_ms",
            "Lateness of the last 100 frames",
            timeline.lateness_ms(quantile),
            quantile=f"{quantile:g}",
        )
        for quantile in QUANTILES
    ]
    samples += [
        _counter("late_frames_total", "Frames by how many ms late they began", sum(counts), le=le)
        for le, counts in _up_to(timeline.late_counts)
    ]
    samples += [
        _counter("side_seconds_total", "CPU time of what is made beside", costs.side_ns / 1e9),
        _counter("side_bugs_total", "Pictures not made beside, by a bug", programme.sides.bugs),
    ]
    for rendition in programme.renditions:
        layer = "main" if rendition.spec.layer == LAYER_MAIN else "low"
        samples += _rendition_metrics(rendition, layer)
    for name, encoder in programme.sides.encoders.items():
        samples += _rendition_metrics(encoder.rendition, name)
        samples += [
            _gauge("taken", "Whether somebody takes it", float(encoder.taken), layer=name),
            _counter(
                "behind_total", "Pictures its encoder had no time for", encoder.behind, layer=name
            ),
            _counter(
                "encoder_seconds_total", "CPU time of its encoder", encoder.cpu_ns / 1e9, layer=name
            ),
        ]
    return samples


def _up_to(counts: list[int]) -> list[tuple[str, list[int]]]:
    """For each bound all counts up to it, as histograms of Prometheus have them."""
    bounds = [*map(str, LATE_BOUNDS_MS[:-1]), "+Inf"]
    return [(bound, counts[: index + 1]) for index, bound in enumerate(bounds)]


def _rendition_metrics(rendition: Rendition, layer: str) -> list[Metric]:
    return [
        _counter("coded_bytes_total", "Coded programme", rendition.size_bytes, layer=layer),
        _counter("packets_total", "RTP packets made", rendition.packets, layer=layer),
        _counter("encode_errors_total", "Failures of its encoder", rendition.errors, layer=layer),
    ]
