"""Transport-wide numbers: what was sent to a peer, and what arrived from one.

draft-holmer-rmcat-transport-wide-cc-extensions-01, both directions.
"""

from __future__ import annotations

from typing import Final

from mixer.forward.batch import TransportFeedback
from mixer.forward.drops import Drop, DropTally
from mixer.rtp import twcc
from mixer.rtp.sequence import SequenceExtender

_SENT_PACKETS: Final = 4096
_SENT_NS: Final = 10_000_000_000
_HISTORY: Final = 1024
_MAX_JUMP: Final = 4096
_MAX_STATUSES: Final = 400
"""One report then has at most 1.2 kB."""
_MAX_DELTA: Final = 0x7FFF
_REFERENCE_CYCLE: Final = 1 << 24
_UNREPORTED, _LOST = 0, 1


class _Sent:
    __slots__ = ("cluster", "number", "octets", "sent_ns", "state")

    def __init__(self, number: int, sent_ns: int, octets: int, cluster: int) -> None:
        self.number = number
        self.sent_ns = sent_ns
        self.octets = octets
        self.cluster = cluster
        self.state = _UNREPORTED


class SentLog:
    """The last 4096 packets sent to a peer, by transport-wide number."""

    __slots__ = ("_reference", "_sent", "next_number")

    def __init__(self) -> None:
        self.next_number = 1
        self._sent: list[_Sent | None] = [None] * _SENT_PACKETS
        self._reference: int | None = None

    def add(self, sent_ns: int, octets: int, cluster: int) -> None:
        """Note the packet that took `next_number`."""
        number = self.next_number
        self.next_number += 1
        self._sent[number % _SENT_PACKETS] = _Sent(number, sent_ns, octets, cluster)

    def forget(self, sequence: int) -> None:
        """The very packet left once more, so its arrival would tell nothing."""
        entry = self._entry(sequence)
        if entry is not None:
            self._sent[entry.number % _SENT_PACKETS] = None

    def _entry(self, sequence: int) -> _Sent | None:
        newest = self.next_number - 1
        number = newest - ((newest - sequence) & 0xFFFF)
        entry = self._sent[number % _SENT_PACKETS] if number > 0 else None
        return entry if entry is not None and entry.number == number else None

    def match(
        self, peer: int, report: twcc.TransportFeedback, now_ns: int, drops: DropTally
    ) -> TransportFeedback | None:
        """Return what a report says of packets that were still unknown; None for nothing."""
        shift_ns = self._shift_ns(report.reference_time)
        sent_ns: list[int] = []
        arrived_ns: list[int] = []
        octets: list[int] = []
        clusters: list[int] = []
        unknown = 0
        for sequence, arrival_ns in report.arrivals_ns():
            entry = self._entry(sequence)
            if entry is None or now_ns - entry.sent_ns > _SENT_NS:
                unknown += 1
                continue
            if arrival_ns is None:
                if entry.state == _LOST:
                    continue
                entry.state = _LOST
            else:
                self._sent[entry.number % _SENT_PACKETS] = None
            sent_ns.append(entry.sent_ns)
            arrived_ns.append(-1 if arrival_ns is None else max(0, arrival_ns + shift_ns))
            octets.append(entry.octets)
            clusters.append(entry.cluster)
        if unknown == len(report.deltas):
            drops.add(Drop.FEEDBACK_UNKNOWN)
        if not sent_ns:
            return None
        return TransportFeedback(peer, sent_ns, arrived_ns, octets, clusters)

    def _shift_ns(self, reference: int) -> int:
        """Unwrap the 24-bit reference time (12.4 days), from half a cycle on."""
        before = self._reference
        if before is None:
            unwrapped = reference + _REFERENCE_CYCLE
        else:
            delta = (reference - before) % _REFERENCE_CYCLE
            if delta >= _REFERENCE_CYCLE >> 1:
                delta -= _REFERENCE_CYCLE
            unwrapped = before + delta
        self._reference = unwrapped
        return (unwrapped - reference) * twcc.REFERENCE_NS


class ArrivalLog:
    """What arrived from a publisher since it was last told, and the 1024 numbers before."""

    def __init__(self) -> None:
        self.highest = -1
        """Extended number, -1 before the first."""
        self._next = -1
        self._oldest_new = -1
        self._count = 0
        self._extend = SequenceExtender().extend
        self._arrivals: dict[int, int] = {}

    def add(self, sequence: int, arrival_ns: int) -> None:
        """Note a packet by its 16-bit number; a repeated one keeps its first arrival."""
        number = self._extend(sequence)
        self.highest = max(self.highest, number)
        if number in self._arrivals or number <= self.highest - _HISTORY:
            return
        if self._next >= 0 and number - self._next > _MAX_JUMP:
            # The sender began anew; what lies between was never sent.
            self._arrivals.clear()
            self._next = number
        self._arrivals[number] = arrival_ns
        if self._oldest_new < 0 or number < self._oldest_new:
            self._oldest_new = number

    def reports(self, sender_ssrc: int, media_ssrc: int) -> list[twcc.TransportFeedback]:
        """Return reports on everything new, each at most 400 packets long."""
        if self._oldest_new < 0:
            return []
        start = self._oldest_new if self._next < 0 else min(self._next, self._oldest_new)
        end = self.highest + 1
        found: list[twcc.TransportFeedback] = []
        while start < end:
            report, start = self._report(start, end, sender_ssrc, media_ssrc)
            if report is not None:
                found.append(report)
        self._next = end
        self._oldest_new = -1
        self._forget(end - _HISTORY)
        return found

    def _arrival(self, number: int) -> int | None:
        return self._arrivals.get(number)

    def _forget(self, below: int) -> None:
        for number in [known for known in self._arrivals if known < below]:
            del self._arrivals[number]

    def _report(
        self, start: int, end: int, sender_ssrc: int, media_ssrc: int
    ) -> tuple[twcc.TransportFeedback | None, int]:
        deltas: list[int | None] = []
        reference = ticks = 0
        has_reference = False
        number = start
        for number in range(start, min(end, start + _MAX_STATUSES)):
            arrival_ns = self._arrival(number)
            if arrival_ns is None:
                deltas.append(None)
                continue
            if not has_reference:
                has_reference = True
                reference = arrival_ns // twcc.REFERENCE_NS
                ticks = reference * (twcc.REFERENCE_NS // twcc.TICK_NS)
            delta = arrival_ns // twcc.TICK_NS - ticks
            if abs(delta) > _MAX_DELTA:
                break
            deltas.append(delta)
            ticks += delta
        else:
            number += 1
        if not has_reference:
            return None, number
        report = twcc.TransportFeedback(
            sender_ssrc,
            media_ssrc,
            start & 0xFFFF,
            reference % _REFERENCE_CYCLE,
            self._count & 0xFF,
            tuple(deltas),
        )
        self._count += 1
        return report, number
