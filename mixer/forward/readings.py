"""Figures as the fan-out tells them. Counters grow from the start of what they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from mixer.forward.drops import Drop


class AudioLevel(NamedTuple):
    """What RFC 6464 told of one in-stream over some time; levels are -dBov, 0 loud, 127 silent."""

    stream: int
    packets: int
    """How many said a level; at least 1."""
    mean: float
    loudest: int
    voiced: int
    """How many of them had the voice flag."""


@dataclass(slots=True, frozen=True)
class PeerFigures:
    """One peer over the time since the last call, and its counters."""

    peer: int
    rtt_ms: float
    """By receiver reports, of publishers by how fast they repeat; 0: not known."""
    loss_fraction: float
    jitter_ms: float
    bitrate: float
    """Media bits per second, both directions together."""
    packets_in: int = 0
    packets_out: int = 0
    octets_in: int = 0
    octets_out: int = 0
    queued_octets: int = 0
    """What the pacer holds now."""
    probe_octets: int = 0
    drops: dict[Drop, int] = field(default_factory=dict)
    """Only reasons that occurred, of what could not be told apart by stream."""


class StreamFlow(NamedTuple):
    """What flows on one in-stream: the part of `StreamFigures` that is looked at often."""

    stream: int
    payload_type: int
    last_packet_ns: int
    packets: int
    octets: int


class OutFlow(NamedTuple):
    """What has left on one out-stream: the part of `OutFigures` that is looked at often."""

    out: int
    peer: int
    packets: int
    octets: int


@dataclass(slots=True, frozen=True)
class StreamFigures:
    """One in-stream: one layer of a publication."""

    stream: int
    life: int
    payload_type: int
    """Canonical; -1 before the first packet."""
    last_packet_ns: int
    """Monotonic; -1 before the first packet and after a BYE."""
    packets: int
    octets: int
    nacks_sent: int
    """Sequence numbers asked for."""
    lost: int
    """Given up."""
    recovered: int
    keyframes_asked: int
    """Requests sent, told of the layer they were sent for."""
    keyframes: int = 0
    jitter_ms: float = 0.0
    loss_fraction: float = 0.0
    """Before repair, over the last report interval."""
    drops: dict[Drop, int] = field(default_factory=dict)
    """Only reasons that occurred."""


@dataclass(slots=True, frozen=True)
class OutFigures:
    """One out-stream: one subscription."""

    out: int
    peer: int
    current: int
    """In-stream that is shown, -1: none."""
    target: int
    """In-stream that shall be shown, -1: none."""
    paused: bool
    packets: int
    octets: int
    """Payload."""
    loss_fraction: float
    """As the receiver last reported."""
    jitter_ms: float
    rtt_ms: float
    nacks: int
    """Sequence numbers the receiver asked for."""
    resent: int
    keyframe_requests: int
    switches: int
    drops: dict[Drop, int] = field(default_factory=dict)
    """Only reasons that occurred."""


@dataclass(slots=True, frozen=True)
class Totals:
    """Counters of the whole fan-out since its start."""

    packets_in: int
    packets_out: int
    octets_in: int
    octets_out: int
    resent: int
    drops: dict[Drop, int]
    feedback_in: int = 0
    """Transport-wide reports read."""
    feedback_out: int = 0
    probe_packets: int = 0
    switches: int = 0
