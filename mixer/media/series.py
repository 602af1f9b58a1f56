"""Metrics of each peer, publication, layer and subscription, bounded in number.

Labels are ids; `lianxian_server_peer` says which seat a peer belongs to. What is counted here
grows from the start of what it belongs to and ends with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from mixer.forward.drops import Drop
from mixer.forward.interface import OutFigures, PeerFigures, StreamFigures
from mixer.media.streams import publication_of
from mixer.wire.control import Metric, PeerQuality
from mixer.wire.ids import PeerId

MAX_PEERS: Final = 128
MAX_LAYERS: Final = 256
MAX_SUBSCRIPTIONS: Final = 512
MAX_DROPS: Final = 1024
"""Of label sets with a reason, over all kinds."""
_PREFIX: Final = "lianxian_media_"

Row = tuple[str, str, str, float]
"""Name, Prometheus' kind, help, value."""


def series(
    peers: Mapping[PeerId, tuple[PeerFigures, PeerQuality]],
    streams: Iterable[StreamFigures],
    outs: Iterable[OutFigures],
) -> list[Metric]:
    """All of them; how many label sets were left out is told too."""
    rows: list[tuple[dict[str, str], list[Row], Mapping[Drop, int]]] = []
    left_out = 0
    for limit, kind in (
        (MAX_PEERS, [_peer(*one) for one in peers.values()]),
        (MAX_LAYERS, [_layer(one) for one in streams]),
        (MAX_SUBSCRIPTIONS, [_subscription(one) for one in outs]),
    ):
        rows += kind[:limit]
        left_out += max(len(kind) - limit, 0)
    samples = [
        Metric(name=_PREFIX + name, value=float(value), labels=labels, kind=kind, help=text)
        for labels, group, _ in rows
        for name, kind, text, value in group
    ]
    dropped = [
        Metric(
            name=_PREFIX + _drops_of(labels),
            value=float(count),
            labels={**labels, "reason": reason.value},
            help="Discards by reason",
        )
        for labels, _, drops in rows
        for reason, count in drops.items()
    ]
    left_out += max(len(dropped) - MAX_DROPS, 0)
    gone = Metric(
        name=_PREFIX + "series_left_out",
        value=float(left_out),
        kind="gauge",
        help="Label sets that are not shown, as there are too many",
    )
    return [*samples, *dropped[:MAX_DROPS], gone]


def _drops_of(labels: Mapping[str, str]) -> str:
    for what in ("subscription", "layer", "peer"):
        if what in labels:
            return f"{what}_drops_total"
    raise ValueError(f"nothing is dropped by {labels}")


def _peer(
    figures: PeerFigures, told: PeerQuality
) -> tuple[dict[str, str], list[Row], Mapping[Drop, int]]:
    seen = [
        _counter("peer_packets_in_total", "RTP packets from a peer", figures.packets_in),
        _counter("peer_packets_out_total", "RTP packets to a peer", figures.packets_out),
        _counter("peer_bytes_in_total", "RTP bytes from a peer", figures.octets_in),
        _counter("peer_bytes_out_total", "SRTP bytes to a peer", figures.octets_out),
        _counter("peer_probe_bytes_total", "Padding that measures a line", figures.probe_octets),
        _gauge("peer_queued_bytes", "What waits for a peer's line", figures.queued_octets),
        _gauge("peer_rtt_seconds", "Round trip; 0: not known", told.rtt_ms / 1000),
        _gauge("peer_loss_ratio", "Loss of the last second", told.loss_fraction),
        _gauge("peer_jitter_seconds", "Jitter of the last second", told.jitter_ms / 1000),
        _gauge("peer_bits_per_second", "Media of the last second, both ways", told.bitrate),
        _gauge("peer_estimate_bits_per_second", "What a line takes; 0: unknown", told.estimate_bps),
    ]
    return {"peer": str(figures.peer)}, seen, figures.drops


def _layer(figures: StreamFigures) -> tuple[dict[str, str], list[Row], Mapping[Drop, int]]:
    publication, layer = publication_of(figures.stream)
    seen = [
        _counter("layer_packets_total", "Packets of a layer", figures.packets),
        _counter("layer_bytes_total", "Bytes of a layer", figures.octets),
        _counter("layer_nacks_total", "Packets asked for again", figures.nacks_sent),
        _counter("layer_recovered_total", "Packets that came again", figures.recovered),
        _counter("layer_lost_total", "Packets given up", figures.lost),
        _counter("layer_plis_total", "Key frames asked for", figures.keyframes_asked),
        _counter("layer_keyframes_total", "Key frames that came", figures.keyframes),
        _gauge("layer_loss_ratio", "Loss before repair, last report", figures.loss_fraction),
        _gauge("layer_jitter_seconds", "Jitter of a layer", figures.jitter_ms / 1000),
    ]
    return {"publication": str(publication), "layer": str(layer)}, seen, figures.drops


def _subscription(figures: OutFigures) -> tuple[dict[str, str], list[Row], Mapping[Drop, int]]:
    _, current = publication_of(figures.current) if figures.current >= 0 else (0, -1)
    _, target = publication_of(figures.target) if figures.target >= 0 else (0, -1)
    seen = [
        _counter("subscription_packets_total", "Packets to a receiver", figures.packets),
        _counter("subscription_bytes_total", "Payload to a receiver", figures.octets),
        _counter("subscription_nacks_total", "Packets a receiver asked for", figures.nacks),
        _counter("subscription_resent_total", "Packets sent again", figures.resent),
        _counter(
            "subscription_plis_total", "Key frames a receiver asked for", figures.keyframe_requests
        ),
        _counter("subscription_switches_total", "Changes of layer", figures.switches),
        _gauge("subscription_current_layer", "Layer that is sent; -1: none", current),
        _gauge("subscription_target_layer", "Layer that shall be sent; -1: none", target),
        _gauge("subscription_paused", "1 while the line is too narrow", figures.paused),
        _gauge("subscription_loss_ratio", "Loss a receiver reported", figures.loss_fraction),
        _gauge("subscription_jitter_seconds", "Jitter a receiver told", figures.jitter_ms / 1000),
        _gauge("subscription_rtt_seconds", "Round trip by reports", figures.rtt_ms / 1000),
    ]
    labels = {"subscription": str(figures.out), "peer": str(figures.peer)}
    return labels, seen, figures.drops


def _counter(name: str, text: str, value: float) -> Row:
    return name, "counter", text, value


def _gauge(name: str, text: str, value: float) -> Row:
    return name, "gauge", text, value
