"""What `ReadMetrics` answers, in Prometheus' terms."""

from __future__ import annotations

from dataclasses import dataclass

from mixer.forward.interface import Fanout
from mixer.media.connections import Connections
from mixer.media.link_server import LinkServer
from mixer.media.links import Links
from mixer.media.reporting import Reporting
from mixer.media.series import series
from mixer.media.streaming import StreamInput
from mixer.wire.control import Metric, Metrics

_PREFIX = "lianxian_media_"


@dataclass(slots=True, frozen=True)
class Process:
    """The parts that are measured."""

    fanout: Fanout
    connections: Connections
    links: Links
    server: LinkServer
    streams: StreamInput
    reporting: Reporting
    uncompiled: str
    """Why the reference runs; empty when the compiled hot path is on."""


def collect(process: Process) -> Metrics:
    """Read all counters and gauges."""
    fanout = process.fanout
    return Metrics(
        samples=(
            *_forwarding(process),
            *_drops(process),
            *_link(process),
            *series(process.reporting.peers, fanout.stream_figures(), fanout.out_figures()),
        )
    )


def _counter(name: str, value: float, text: str, **labels: str) -> Metric:
    return Metric(name=_PREFIX + name, value=float(value), labels=labels, help=text)


def _gauge(name: str, value: float, text: str, **labels: str) -> Metric:
    return Metric(name=_PREFIX + name, value=float(value), labels=labels, kind="gauge", help=text)


def _forwarding(process: Process) -> list[Metric]:
    totals = process.fanout.totals()
    samples = [
        _gauge("compiled", not process.uncompiled, "1 when the compiled hot path is on"),
        _counter("packets_in_total", totals.packets_in, "RTP packets from peers"),
        _counter("packets_out_total", totals.packets_out, "RTP packets to peers"),
        _counter("bytes_in_total", totals.octets_in, "RTP bytes from peers"),
        _counter("bytes_out_total", totals.octets_out, "SRTP bytes to peers"),
        _counter("packets_resent_total", totals.resent, "Retransmissions on request"),
        _counter("feedback_in_total", totals.feedback_in, "Transport-wide reports read"),
        _counter("feedback_out_total", totals.feedback_out, "Transport-wide reports sent"),
        _counter("probe_packets_total", totals.probe_packets, "Padding that measures lines"),
        _counter("switches_total", totals.switches, "Changes of layer"),
        _counter("handshakes_total", process.connections.handshakes, "DTLS handshakes done"),
    ]
    if process.uncompiled:
        why = "1 while Python forwards, with the cause"
        samples.append(_gauge("uncompiled", 1, why, reason=process.uncompiled))
    figures = process.fanout.stream_figures()
    for name, text, value in (
        ("nacks_sent", "Packets asked for again", sum(f.nacks_sent for f in figures)),
        ("packets_recovered", "Packets that came again", sum(f.recovered for f in figures)),
        ("packets_lost", "Packets given up", sum(f.lost for f in figures)),
        ("keyframes_asked", "Key frame requests", sum(f.keyframes_asked for f in figures)),
    ):
        samples.append(_gauge(name, value, f"{text}, over the streams held now"))
    for state, count in process.connections.counts().items():
        samples.append(_gauge("peers", count, "Peer connections by state", state=state.value))
    samples.append(_gauge("streams", process.streams.count, "TCP connections of peers"))
    return samples


def _drops(process: Process) -> list[Metric]:
    counts: dict[str, int] = {
        reason.value: count for reason, count in process.fanout.totals().drops.items()
    }
    counts |= process.connections.drops | process.streams.drops
    counts |= {
        reason.value: count for reason, count in process.links.distribution.drops.counts.items()
    }
    return [
        _counter("drops_total", count, "Discards by reason", reason=reason)
        for reason, count in counts.items()
    ]


def _link(process: Process) -> list[Metric]:
    distribution = process.links.distribution
    return [
        _gauge("link_workers", len(process.server.clients), "Workers on the link"),
        _gauge("link_subscriptions", distribution.reading_count(), "Subscriptions of workers"),
        _gauge("link_ring_bytes", distribution.ring_bytes(), "Packets kept for replay"),
    ]
