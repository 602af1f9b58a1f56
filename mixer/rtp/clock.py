"""The map from one sender's RTP timestamps to the event's session clock.

All times are integer nanoseconds. Session time is what `arrival_ns` is
measured in: the monotonic clock less the event's origin.

Per SSRC, session = elapsed RTP time + offset. The *wanted* offset is

- until the SSRC's first sender report: the smallest (arrival - RTP time) of
  the last `WINDOW_NS`, so that network jitter, which only ever delays, does
  not leak in;
- from then on: RTP time is placed on the sender's NTP clock by the report, and
  NTP on the session clock by one offset that all SSRCs of the source share, the
  smallest (arrival - NTP time) of them all. So streams captured together get
  the same session time whatever their own delays.

The *applied* offset follows the wanted one by at most 0.5 % of the elapsed RTP
time. Only while an SSRC is young (`ALIGNMENT_NS` of arrival time) may it move
freely forward, and backward at half speed, so that session time never runs
backward.

Three things count as a jump of the sender's clock rather than as drift:

- NTP against RTP by more than `JUMP_NS` between two reports of an SSRC: the
  wall clock was set. The step is taken out of this and all later reports and
  session time goes on unmoved (`wall_clock_steps`).
- RTP time more than `JUMP_NS` ahead of arrival, or behind the newest packet by
  as much for a run of packets: the SSRC is re-anchored to its arrival and
  waits for a new report (`reanchors`).
- Packets more than `LATE_NS` late for `STALL_NS` on end, or `HOPELESS_NS` late
  once: the same. A sender that lost sound (a busy laptop) goes on numbering its
  samples without a hole, so all later ones would be late for ever. A shorter
  lateness is a stalled network, whose backlog is in time again at its end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final

from mixer.rtp.stats import DropCounts, RtpDrop

_SECOND_NS: Final = 1_000_000_000
WINDOW_NS: Final = 10 * _SECOND_NS
ALIGNMENT_NS: Final = _SECOND_NS
JUMP_NS: Final = _SECOND_NS
LATE_NS: Final = 350_000_000
"""Below, the jitter buffers (at most 400 ms) still take what comes."""
STALL_NS: Final = _SECOND_NS
HOPELESS_NS: Final = 5 * _SECOND_NS
# A larger skew between the streams of one source is no lip-sync but a wrong report.
MAX_SKEW_NS: Final = _SECOND_NS // 2
MAX_REPORT_AGE_NS: Final = 60 * _SECOND_NS
MAX_SSRCS: Final = 32
BUCKETS: Final = 20
_BUCKET_NS: Final = WINDOW_NS // BUCKETS
SLEW_DIVISOR: Final = 200
_RUN_BEHIND: Final = 8


class _WindowedMinimum:
    """The smallest sample of the last `WINDOW_NS`, in steps of half a second."""

    __slots__ = ("_buckets", "newest", "value")

    def __init__(self, sample: int, now_ns: int) -> None:
        self.newest = now_ns // _BUCKET_NS
        self._buckets: deque[tuple[int, int]] = deque(((self.newest, sample),))
        self.value = sample

    @property
    def newest_least(self) -> int:
        """The smallest sample of the newest step; only a smaller one or a newer step changes it."""
        return self._buckets[-1][1]

    def add(self, sample: int, now_ns: int) -> bool:
        """Note `sample`; return whether the minimum may have changed."""
        bucket = now_ns // _BUCKET_NS
        buckets = self._buckets
        if bucket <= self.newest and sample >= buckets[-1][1]:
            return False
        # A bucket that is not below a newer one can never be the minimum again.
        while buckets and buckets[-1][1] >= sample:
            buckets.pop()
        self.newest = max(self.newest, bucket)
        buckets.append((self.newest, sample))
        while buckets[0][0] <= self.newest - BUCKETS:
            buckets.popleft()
        self.value = buckets[0][1]
        return True


class ClockStream:
    """One SSRC from its anchor on: the packet at which its RTP time is 0."""

    def __init__(self, clock_rate: int, ext_timestamp: int, arrival_ns: int) -> None:
        self.clock_rate = clock_rate
        self.last_session_ns = -1 << 62
        self.anchor(ext_timestamp, arrival_ns)

    def anchor(self, ext_timestamp: int, arrival_ns: int) -> None:
        """Begin (anew) with this packet."""
        self.anchor_timestamp = ext_timestamp
        self.highest = ext_timestamp
        self.highest_rtp_ns = 0
        self.offset_ns = max(arrival_ns, self.last_session_ns + 1)
        self.last_session_ns = self.offset_ns
        self.last_arrival_ns = arrival_ns
        self.aligned_ns = arrival_ns + ALIGNMENT_NS
        self.transit = _WindowedMinimum(arrival_ns, arrival_ns)
        self.late_since_ns: int | None = None
        self.behind = 0
        self.ntp_less_rtp_ns: int | None = None

    def rtp_ns(self, ext_timestamp: int) -> int:
        """Return the RTP time since the anchor."""
        return (ext_timestamp - self.anchor_timestamp) * _SECOND_NS // self.clock_rate

    def extend(self, timestamp: int) -> int:
        """Return the 32-bit `timestamp` extended next to the newest packet's."""
        delta = (timestamp - self.highest) & 0xFFFFFFFF
        return self.highest + (delta if delta < 1 << 31 else delta - (1 << 32))

    def has_jumped(self, rtp_ns: int, arrival_ns: int) -> bool:
        """Tell whether the sender's RTP clock has jumped, by a packet's RTP time."""
        late_ns = arrival_ns - rtp_ns - self.offset_ns
        if late_ns > HOPELESS_NS:
            return True
        if rtp_ns < self.highest_rtp_ns:
            if self.highest_rtp_ns - rtp_ns > JUMP_NS:
                self.behind += 1
            return self.behind >= _RUN_BEHIND
        self.behind = 0
        if late_ns <= LATE_NS:
            self.late_since_ns = None
            return late_ns < -JUMP_NS
        if self.late_since_ns is None:
            self.late_since_ns = arrival_ns
        return arrival_ns - self.late_since_ns > STALL_NS

    def follow(self, wanted_ns: int, rtp_ns: int, arrival_ns: int) -> None:
        """Move the offset towards `wanted_ns` as far as this packet allows."""
        elapsed_ns = rtp_ns - self.highest_rtp_ns
        change_ns = wanted_ns - self.offset_ns
        limit_ns = elapsed_ns // SLEW_DIVISOR
        if arrival_ns <= self.aligned_ns:
            limit_ns = abs(change_ns) if change_ns > 0 else elapsed_ns // 2
        self.offset_ns += max(-limit_ns, min(change_ns, limit_ns))


class SessionClock:
    """Maps the RTP time of one source (one CNAME) to session time.

    At most `MAX_SSRCS` SSRCs; one more replaces the one announced first.
    `drops` counts sender reports that could not be true.
    """

    stream_type = ClockStream

    def __init__(self, clock_rates: Mapping[int, int] | None = None) -> None:
        """Announce streams by SSRC and clock rate in Hz; `add_ssrc` adds more."""
        self._clock_rates: dict[int, int] = {}
        self._streams: dict[int, ClockStream] = {}
        self._pending: dict[int, tuple[int, int, int]] = {}
        self._shared_ns = 0
        self._is_shared_stale = True
        self._stepped_ns = 0
        self.drops = DropCounts()
        self.reanchors = 0
        self.wall_clock_steps = 0
        for ssrc, clock_rate in (clock_rates or {}).items():
            self.add_ssrc(ssrc, clock_rate)

    def add_ssrc(self, ssrc: int, clock_rate: int) -> None:
        """Announce a stream of this source; one announced before stays as it is."""
        if clock_rate <= 0:
            raise ValueError(f"a clock rate is positive, not {clock_rate}")
        if ssrc in self._clock_rates:
            return
        if len(self._clock_rates) >= MAX_SSRCS:
            self.remove_ssrc(next(iter(self._clock_rates)))
        self._clock_rates[ssrc] = clock_rate

    def remove_ssrc(self, ssrc: int) -> None:
        """Forget a stream that ended; an unknown one is ignored."""
        self._clock_rates.pop(ssrc, None)
        self._streams.pop(ssrc, None)
        self._pending.pop(ssrc, None)
        self._is_shared_stale = True

    def has_report(self, ssrc: int) -> bool:
        """Tell whether a sender report places the stream on the source's clock."""
        stream = self._streams.get(ssrc)
        return stream is not None and stream.ntp_less_rtp_ns is not None

    def on_sender_report(self, ssrc: int, ntp_ns: int, rtp_timestamp: int, arrival_ns: int) -> None:
        """Use a report that `rtp_timestamp` (32 bits) was at `ntp_ns` of the sender.

        An `ntp_ns` of 0 says that the sender has no clock (RFC 3550 section
        6.4.1) and is ignored, as are SSRCs never announced.
        """
        if ntp_ns == 0 or ssrc not in self._clock_rates:
            return
        stream = self._streams.get(ssrc)
        if stream is None:
            self._pending[ssrc] = (ntp_ns, rtp_timestamp, arrival_ns)
            return
        rtp_ns = stream.rtp_ns(stream.extend(rtp_timestamp))
        if abs(rtp_ns + stream.offset_ns - arrival_ns) > MAX_REPORT_AGE_NS:
            self.drops.add(RtpDrop.REPORT_IMPLAUSIBLE)
            return
        difference_ns = ntp_ns - self._stepped_ns - rtp_ns
        before_ns = stream.ntp_less_rtp_ns
        if before_ns is not None and abs(difference_ns - before_ns) > JUMP_NS:
            self._stepped_ns += difference_ns - before_ns
            self.wall_clock_steps += 1
            return
        stream.ntp_less_rtp_ns = difference_ns
        self._is_shared_stale = True

    def on_packet(self, ssrc: int, ext_timestamp: int, arrival_ns: int) -> int:
        """Return the session time of a packet; KeyError for an SSRC never announced."""
        stream = self._streams.get(ssrc)
        if stream is None:
            return self._begin(ssrc, ext_timestamp, arrival_ns)
        if ext_timestamp == stream.highest:
            return stream.last_session_ns
        rtp_ns = stream.rtp_ns(ext_timestamp)
        if stream.has_jumped(rtp_ns, arrival_ns):
            stream.anchor(ext_timestamp, arrival_ns)
            self.reanchors += 1
            self._is_shared_stale = True
            return stream.last_session_ns
        if rtp_ns < stream.highest_rtp_ns:
            return rtp_ns + stream.offset_ns
        if stream.transit.add(arrival_ns - rtp_ns, arrival_ns):
            self._is_shared_stale = True
        stream.follow(self._wanted_ns(stream, arrival_ns), rtp_ns, arrival_ns)
        stream.highest = ext_timestamp
        stream.highest_rtp_ns = rtp_ns
        stream.last_arrival_ns = arrival_ns
        stream.last_session_ns = session_ns = rtp_ns + stream.offset_ns
        return session_ns

    def _begin(self, ssrc: int, ext_timestamp: int, arrival_ns: int) -> int:
        stream = self.stream_type(self._clock_rates[ssrc], ext_timestamp, arrival_ns)
        self._streams[ssrc] = stream
        pending = self._pending.pop(ssrc, None)
        if pending is not None:
            self.on_sender_report(ssrc, *pending)
        return stream.last_session_ns

    def _wanted_ns(self, stream: ClockStream, now_ns: int) -> int:
        transit_ns = stream.transit.value
        if stream.ntp_less_rtp_ns is None:
            return transit_ns
        if self._is_shared_stale:
            self._is_shared_stale = False
            # A stream that fell silent says nothing about today's path.
            self._shared_ns = min(
                [
                    other.transit.value - other.ntp_less_rtp_ns
                    for other in self._streams.values()
                    if other.ntp_less_rtp_ns is not None
                    and (other is stream or now_ns - other.last_arrival_ns < WINDOW_NS)
                ]
            )
        wanted_ns = self._shared_ns + stream.ntp_less_rtp_ns
        return wanted_ns if wanted_ns > transit_ns - MAX_SKEW_NS else transit_ns
