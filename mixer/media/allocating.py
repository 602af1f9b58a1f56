"""From what receivers report to what they are sent: estimate, pace, probes, layers, pauses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Final, Protocol

import structlog

from mixer.forward.allocation import Allocation, Allocator, Wish
from mixer.forward.estimate.measured import MeasuredEstimate
from mixer.forward.estimate.reported import ReportedEstimate
from mixer.forward.interface import Batch, Fanout, OutFlow, ReceptionReport
from mixer.media.rates import SAMPLE_NS, LayerRates
from mixer.wire.ids import MediaKind, PeerId, PublicationId, SubscriptionId
from mixer.wire.resources import Priority, Subscription

_log = structlog.get_logger(__name__)
LOOK_NS: Final = 100_000_000
PACE: Final = 1.1
"""Of the estimate: a little more than passes, so that the line shows when it is full."""
REPORTED_PACE: Final = 1.25
OPEN_PACE: Final = 1.5
"""Of what is sent to a line that has shown no limit: room for key frames."""
PROVED_PACE: Final = 4.0
"""Of the estimate while reports prove it and nothing has shown a limit: packets of many streams
that come together need not wait. In the pacer's 5 ms that is half of what a probe sends at once."""
PROVED_BPS: Final = 2_500_000
"""Below this estimate a line may be a narrow one that has only not shown it yet."""
MUTE_NS: Final = 4_000_000_000
"""A receiver that agreed to transport-wide reports but sends none for so long is taken for one
without."""
NOTABLE: Final = 0.03
"""Changes of the estimate below are left to the next sample."""
_PACKET_OCTETS: Final = 44


class Receivers(Protocol):
    """Who receives what, and the way to change it."""

    def receivers(self) -> Mapping[PeerId, Sequence[Subscription]]:
        """Subscriptions that were agreed on, by peer, in order; the same object as long as neither
        they nor any peer has changed.
        """

    def measures(self, peer: PeerId) -> bool:
        """Whether a peer agreed to tell when packets arrive."""

    def layers_of(self, publication: PublicationId) -> int:
        """How many layers a publication has, 0 when it does not exist."""

    def give(self, subscription: SubscriptionId, layer: int) -> None:
        """Send a layer from its next key frame on, or pause (-1)."""


class _Receiver:
    """One peer's line."""

    def __init__(self, measured: MeasuredEstimate | None) -> None:
        self.measured = measured
        self.reported = ReportedEstimate()
        self.allocator = Allocator()
        self.given: Allocation | None = None
        self.kept_bps = (inf, inf)
        """Between these the estimate may move without anything to decide."""
        self.paced_bps = -1
        self.is_due = True
        self.packets = self.octets = 0
        self.told_outs: frozenset[int] = frozenset()
        """Those that the receiver's own belief is about."""
        self.told_octets = 0
        self.sends = False
        self.sending_since_ns = -1

    @property
    def bps(self) -> float:
        """0: not known."""
        if self.measured is None:
            return self.reported.bps
        return self.measured.bps

    @property
    def has_told(self) -> bool:
        """Whether it ever told when packets arrived."""
        return self.measured is not None and self.measured.has_heard

    @property
    def is_limited(self) -> bool:
        """Whether the line is known to carry no more than `bps`."""
        return self.measured is None or self.measured.is_limited

    def note_change(self, bps: float) -> None:
        """The estimate may have moved far enough to decide anew."""
        least_bps, most_bps = self.kept_bps
        if not least_bps <= bps <= most_bps:
            self.is_due = True

    def note_decision(self, given: Allocation, bps: float) -> None:
        """What is given by an estimate of `bps`."""
        self.given = given
        self.kept_bps = (given.used_bps, inf)
        if given.is_short:
            self.kept_bps = (max(given.used_bps, (1 - NOTABLE) * bps), (1 + NOTABLE) * bps)
        if self.measured is not None:
            self.measured.keep(*self.kept_bps)


class Allocating:
    """All receivers. Without IO but through the fan-out; time is monotonic."""

    def __init__(self, fanout: Fanout, holder: Receivers) -> None:
        self._fanout = fanout
        self._holder = holder
        self._receivers: dict[PeerId, _Receiver] = {}
        self._subscriptions: Mapping[PeerId, Sequence[Subscription]] = {}
        self._rates = LayerRates()
        self._look_due_ns = 0
        self._sample_due_ns = 0
        self._has_moved = False
        """Whether a report has since the last tick."""

    def estimate_bps(self, peer: PeerId) -> float:
        """What the line to a peer is believed to carry, 0: not known."""
        receiver = self._receivers.get(peer)
        if receiver is None or (receiver.measured is not None and not receiver.has_told):
            return 0.0
        return receiver.bps

    def narrowed(self, peer: PeerId) -> Mapping[SubscriptionId, int]:
        """Pictures of which the line to a peer carries less than is preferred: the layer, -1 for
        none. Empty while it has shown no limit: then it may only not have been tried yet.
        """
        receiver = self._receivers.get(peer)
        if receiver is None or receiver.given is None or not receiver.is_limited:
            return {}
        found: dict[SubscriptionId, int] = {}
        for held in self._subscriptions.get(peer, ()):
            layer = receiver.given.layers.get(held.id)
            if layer is not None and layer < self._top(held):
                found[held.id] = layer
        return found

    def look_soon(self) -> None:
        """Subscriptions or publications changed."""
        self._look_due_ns = 0
        for receiver in self._receivers.values():
            receiver.is_due = True

    # --- what receivers tell --------------------------------------------------------------------

    def take(self, batch: Batch) -> None:
        """Take what the fan-out left."""
        for report in batch.reception:
            self._hear(report)
        for told in batch.bitrates:
            receiver = self._receivers.get(PeerId(told.peer))
            if receiver is not None:
                receiver.reported.bitrate(told.bitrate_bps)
                receiver.told_outs = frozenset(told.outs)
        for peer in batch.moved:
            receiver = self._receivers.get(PeerId(peer))
            if receiver is not None:
                receiver.is_due = self._has_moved = True

    def _hear(self, report: ReceptionReport) -> None:
        receiver = self._receivers.get(PeerId(report.peer))
        if receiver is not None:
            receiver.reported.reception(report.loss_fraction, report.rtt_ns)

    # --- time -----------------------------------------------------------------------------------

    def tick(self, now_ns: int) -> None:
        """Call it some ten times a second, and within 24 ms when a report has moved an estimate."""
        if now_ns >= self._look_due_ns:
            self._look_due_ns = now_ns + LOOK_NS
            self._refresh()
            if now_ns >= self._sample_due_ns:
                self._sample_due_ns = now_ns + SAMPLE_NS
                self._sample(now_ns)
            for peer, receiver in self._receivers.items():
                self._look_at(peer, receiver, now_ns)
        elif not self._has_moved:
            return
        self._has_moved = False
        for peer, receiver in self._receivers.items():
            if receiver.is_due:
                self._decide(peer, receiver, now_ns)

    def _refresh(self) -> None:
        before, self._subscriptions = self._subscriptions, self._holder.receivers()
        if self._subscriptions is before:
            return
        for peer in self._receivers.keys() - self._subscriptions.keys():
            del self._receivers[peer]
        for peer, held in self._subscriptions.items():
            receiver = self._receivers.get(peer)
            if receiver is None:
                measures = self._holder.measures(peer)
                measured = self._fanout.make_estimate() if measures else None
                receiver = self._receivers[peer] = _Receiver(measured)
            elif held != before.get(peer):
                receiver.is_due = True
                if receiver.measured is not None:
                    receiver.measured.probe_soon(self._look_due_ns - LOOK_NS)
            # A peer may have been removed and added again meanwhile.
            self._fanout.judge(peer, receiver.measured)

    def _sample(self, now_ns: int) -> None:
        is_notable = self._rates.sample(self._fanout.stream_flows(), now_ns)
        for publication in self._rates.misordered():
            _log.warning("layers.misordered", publication=publication)
        sent: dict[int, list[OutFlow]] = {}
        for figures in self._fanout.out_flows():
            sent.setdefault(figures.peer, []).append(figures)
        for peer, receiver in self._receivers.items():
            outs = sent.get(peer, [])
            packets = sum(out.packets for out in outs)
            receiver.sends = packets > receiver.packets
            receiver.packets = packets
            receiver.octets = _octets(outs)
            receiver.told_octets = _octets(out for out in outs if out.out in receiver.told_outs)
            if is_notable or receiver.given is None or receiver.given.is_short:
                receiver.is_due = True
            self._give_up_measuring(peer, receiver, now_ns)

    def _give_up_measuring(self, peer: PeerId, receiver: _Receiver, now_ns: int) -> None:
        if receiver.has_told or receiver.measured is None or not receiver.sends:
            receiver.sending_since_ns = -1
        elif receiver.sending_since_ns < 0:
            receiver.sending_since_ns = now_ns
        elif now_ns - receiver.sending_since_ns > MUTE_NS:
            _log.info("line.not_measured", peer=peer)
            receiver.measured = None
            self._fanout.judge(peer, None)

    def _look_at(self, peer: PeerId, receiver: _Receiver, now_ns: int) -> None:
        measured = receiver.measured
        if measured is None:
            receiver.reported.tick(receiver.octets, receiver.told_octets, now_ns)
            receiver.note_change(receiver.reported.bps)
            return
        order = measured.look(now_ns, sends=receiver.sends)
        receiver.note_change(measured.bps)
        if order is not None and not self._fanout.probe(peer, *order):
            measured.refused(now_ns)

    # --- decisions ------------------------------------------------------------------------------

    def _decide(self, peer: PeerId, receiver: _Receiver, now_ns: int) -> None:
        receiver.is_due = False
        bps = receiver.bps
        wishes = [
            wish for held in self._subscriptions[peer] if (wish := self._wish(held)) is not None
        ]
        given = receiver.allocator.decide(wishes, bps, now_ns, is_limited=receiver.is_limited)
        if receiver.given is None or given.layers != receiver.given.layers:
            _log.info("line.shared", peer=peer, estimate_bps=round(bps), layers=dict(given.layers))
        receiver.note_decision(given, bps)
        for subscription, layer in given.layers.items():
            self._holder.give(SubscriptionId(subscription), layer)
        for estimate in (receiver.measured, receiver.reported):
            if estimate is not None:
                estimate.wanted_bps = given.wanted_bps
        if receiver.measured is not None:
            receiver.measured.is_short = given.is_short
        self._pace(peer, receiver)

    def _wish(self, held: Subscription) -> Wish | None:
        layers = self._holder.layers_of(held.publication)
        if layers == 0:
            return None
        rates = self._rates.of(held.publication, held.kind, layers, self._top(held))
        priority = Priority.SOUND if held.kind is MediaKind.AUDIO else held.priority
        return Wish(held.id, priority, rates)

    def _top(self, held: Subscription) -> int:
        """The layer that is preferred of those there are; -1 for none."""
        return min(held.layer, self._holder.layers_of(held.publication) - 1)

    def _pace(self, peer: PeerId, receiver: _Receiver) -> None:
        factor = REPORTED_PACE if receiver.measured is None else PACE
        pace = int(receiver.bps * factor)
        if not receiver.is_limited and receiver.given is not None:
            sent_bps = max(receiver.given.used_bps, self._flowing(peer, receiver.given))
            pace = max(pace, int(sent_bps * OPEN_PACE))
            if receiver.has_told and receiver.bps >= PROVED_BPS:
                pace = max(pace, int(receiver.bps * PROVED_PACE))
        if abs(pace - receiver.paced_bps) > NOTABLE * receiver.paced_bps or not pace:
            receiver.paced_bps = pace
            self._fanout.set_pace(peer, pace)

    def _flowing(self, peer: PeerId, given: Allocation) -> float:
        """What a peer's layers have cost lately: more than usual shows here first."""
        layers = (
            (held.publication, given.layers.get(held.id, -1)) for held in self._subscriptions[peer]
        )
        return sum(
            self._rates.lately(publication, layer) for publication, layer in layers if layer >= 0
        )


def _octets(outs: Iterable[OutFlow]) -> int:
    """What they have taken of the line so far."""
    return sum(out.octets + out.packets * _PACKET_OCTETS for out in outs)
