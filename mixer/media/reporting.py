"""Periodic reports to the server: which publications flow, and how well peers are reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from mixer.forward.interface import Fanout, PeerFigures
from mixer.media.streams import codec_of, kind_of, publication_of
from mixer.wire.control import Event, PeerQuality, PublicationState
from mixer.wire.ids import MediaKind, PeerId, PublicationId, SubscriptionId

STALLED_NS: Final = 2_000_000_000
_FLOW_INTERVAL_NS: Final = 200_000_000


class Lines(Protocol):
    """What is known of the ways to receivers."""

    def estimate_bps(self, peer: PeerId) -> float:
        """What it carries, 0: not known."""

    def narrowed(self, peer: PeerId) -> Mapping[SubscriptionId, int]:
        """Pictures of which it carries less than is preferred: the layer, -1 for none."""


class Reporting:
    """Remembers what was told, and tells changes."""

    def __init__(
        self,
        fanout: Fanout,
        report: Callable[[Event], None],
        lines: Lines,
    ) -> None:
        """Nothing is told yet."""
        self._fanout = fanout
        self._report = report
        self._lines = lines
        self._flowing: dict[PublicationId, tuple[bool, str]] = {}
        self._quality: dict[PeerId, PeerQuality] = {}
        self.peers: dict[PeerId, tuple[PeerFigures, PeerQuality]] = {}
        """What the last second told of connected peers."""
        self._flows_due_ns = 0

    def forget(self) -> None:
        """Tell everything again: a server came that knows nothing yet."""
        self._flowing.clear()
        self._quality.clear()
        self._flows_due_ns = 0

    def flows(self, now_ns: int) -> None:
        """Tell publications that began to flow or stalled; a layer that flows is enough."""
        if now_ns < self._flows_due_ns:
            return
        self._flows_due_ns = now_ns + _FLOW_INTERVAL_NS
        found: dict[PublicationId, PublicationState] = {}
        for figures in self._fanout.stream_flows():
            publication, _ = publication_of(figures.stream)
            codec = codec_of(figures.payload_type)
            if codec is None:
                continue
            is_flowing = (
                figures.last_packet_ns >= 0 and now_ns - figures.last_packet_ns < STALLED_NS
            )
            before = found.get(publication)
            if before is None or (is_flowing and not before.flowing):
                found[publication] = PublicationState(
                    publication=publication,
                    kind=MediaKind(kind_of(codec)),
                    flowing=is_flowing,
                    codec=codec.codec.value,
                )
        for publication, state in found.items():
            told = (state.flowing, state.codec)
            if self._flowing.get(publication, (False, "")) != told:
                self._flowing[publication] = told
                self._report(state)
        for publication in self._flowing.keys() - found.keys():
            del self._flowing[publication]

    def quality(self, now_ns: int) -> None:
        """Tell each connected peer's figures of the last second, if they changed."""
        present: set[PeerId] = set()
        for figures in self._fanout.peer_figures(now_ns):
            peer = PeerId(figures.peer)
            present.add(peer)
            quality = PeerQuality(
                peer=peer,
                rtt_ms=round(figures.rtt_ms, 1),
                loss_fraction=round(figures.loss_fraction, 4),
                jitter_ms=round(figures.jitter_ms, 1),
                bitrate=float(round(figures.bitrate)),
                estimate_bps=float(round(self._lines.estimate_bps(peer), -3)),
                narrowed=dict(self._lines.narrowed(peer)),
            )
            self.peers[peer] = (figures, quality)
            if self._quality.get(peer) != quality:
                self._quality[peer] = quality
                self._report(quality)
        for peer in self.peers.keys() - present:
            del self.peers[peer]
            self._quality.pop(peer, None)
