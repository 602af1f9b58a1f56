"""Figures of peers and streams, read off their state."""

from __future__ import annotations

from mixer.forward.in_stream import InStream
from mixer.forward.interface import OutFigures, PeerFigures, StreamFigures
from mixer.forward.out_stream import OutStream
from mixer.forward.peer import PeerState


def peer_figures(peer: PeerState, now_ns: int) -> PeerFigures:
    """Return a peer's figures since the last call, and begin anew."""
    loss = peer.loss_fraction
    jitter_ms = peer.jitter_ms
    expected = received = 0
    for stream in peer.media.values():
        expected += stream.statistics.expected
        received += stream.statistics.packets_received
        jitter_ms = max(jitter_ms, stream.statistics.jitter_ms)
    new_expected = expected - peer.counted_expected
    if new_expected > 0:
        new_received = received - peer.counted_received
        loss = max(loss, min(1.0, max(0.0, 1 - new_received / new_expected)))
    is_counted = peer.counted_ns > 0
    elapsed_ns = now_ns - peer.counted_ns
    octets = peer.octets_in + peer.octets_out
    bits = (octets - peer.counted_octets) * 8
    peer.counted_ns, peer.counted_octets = now_ns, octets
    peer.counted_expected, peer.counted_received = expected, received
    peer.loss_fraction = peer.jitter_ms = 0.0
    return PeerFigures(
        peer=peer.peer,
        rtt_ms=peer.rtt_ns / 1e6,
        loss_fraction=loss,
        jitter_ms=jitter_ms,
        bitrate=bits * 1e9 / elapsed_ns if is_counted and elapsed_ns > 0 else 0.0,
        packets_in=peer.packets_in,
        packets_out=peer.packets_out,
        octets_in=peer.octets_in,
        octets_out=peer.octets_out,
        queued_octets=peer.pacer.queued_octets,
        probe_octets=peer.probe_octets,
        drops=dict(peer.drops.counts),
    )


def stream_figures(stream: InStream) -> StreamFigures:
    """Return an in-stream's figures."""
    nack = stream.nack
    return StreamFigures(
        stream=stream.stream,
        life=stream.life,
        payload_type=stream.payload_type,
        last_packet_ns=stream.last_packet_ns,
        packets=stream.packets,
        octets=stream.octets,
        nacks_sent=nack.requested if nack else 0,
        lost=nack.lost if nack else 0,
        recovered=nack.recovered if nack else 0,
        keyframes_asked=stream.keyframes_asked,
        keyframes=stream.keyframes,
        jitter_ms=stream.statistics.jitter_ms,
        loss_fraction=stream.loss_fraction,
        drops=dict(stream.drops.counts),
    )


def out_figures(out: OutStream) -> OutFigures:
    """Return an out-stream's figures."""
    routed = -1 if out.stream is None else out.stream
    return OutFigures(
        out=out.out,
        peer=out.peer.peer,
        current=routed if out.flows else -1,
        target=routed if out.target is None else out.target,
        paused=out.paused,
        packets=out.packets,
        octets=out.octets,
        loss_fraction=out.loss_fraction,
        jitter_ms=out.jitter_ms,
        rtt_ms=out.rtt_ns / 1e6,
        nacks=out.nacks,
        resent=out.resent,
        keyframe_requests=out.keyframe_requests,
        switches=out.switches,
        drops=dict(out.drops.counts),
    )
