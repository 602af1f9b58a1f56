"""Reception statistics of one stream for receiver reports (RFC 3550 appendix A)."""

from __future__ import annotations

from typing import Final

from mixer.rtp.ntp import middle_of_ntp, ns_to_short_ntp
from mixer.rtp.rtcp import ReportBlock

_SECOND_NS: Final = 1_000_000_000


class ReceiveStatistics:
    """Loss (A.3), jitter (A.8) and report blocks of one incoming stream."""

    __slots__ = (
        "_base",
        "_clock_rate",
        "_expected_prior",
        "_highest",
        "_jitter",
        "_last_sr",
        "_last_sr_ns",
        "_received_prior",
        "_timestamp",
        "_transit",
        "octets_received",
        "packets_received",
        "ssrc",
    )

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        """Count for `ssrc`; `clock_rate` is in Hz."""
        self.ssrc = ssrc
        self._clock_rate = clock_rate
        self._base = -1
        self._highest = -1
        self._expected_prior = 0
        self._received_prior = 0
        self._timestamp = -1
        self._transit = 0
        self._jitter = 0.0
        self._last_sr = 0
        self._last_sr_ns = 0
        self.packets_received = 0
        self.octets_received = 0

    def on_packet(
        self,
        ext_seq: int,
        rtp_timestamp: int,
        arrival_ns: int,
        size: int = 0,
        *,
        repaired: bool = False,
    ) -> None:
        """Count a packet of `size` bytes.

        A `repaired` packet (by retransmission) fills its gap but says nothing
        about jitter. Packets of one picture share a timestamp and leave as a
        burst, so only the first one counts for jitter.
        """
        self.packets_received += 1
        self.octets_received += size
        if self._base < 0:
            self._base = ext_seq
            self._highest = ext_seq - 1
        if ext_seq > self._highest:
            self._highest = ext_seq
        elif ext_seq < self._base:
            self._base = ext_seq
        if repaired or rtp_timestamp == self._timestamp:
            return
        transit = (arrival_ns * self._clock_rate // _SECOND_NS - rtp_timestamp) & 0xFFFFFFFF
        if self._timestamp >= 0:
            difference = (transit - self._transit) & 0xFFFFFFFF
            if difference >= 1 << 31:
                difference = (1 << 32) - difference
            self._jitter += (difference - self._jitter) / 16
        self._timestamp = rtp_timestamp
        self._transit = transit

    def on_sender_report(self, ntp: int, arrival_ns: int) -> None:
        """Note the sender's 64-bit NTP time, which the next block reflects."""
        self._last_sr = middle_of_ntp(ntp)
        self._last_sr_ns = arrival_ns

    @property
    def expected(self) -> int:
        """How many packets the sequence numbers say there were."""
        return self._highest - self._base + 1 if self._base >= 0 else 0

    @property
    def packets_lost(self) -> int:
        """Expected less received; negative when duplicates outnumber losses."""
        return self.expected - self.packets_received

    @property
    def jitter_ms(self) -> float:
        """The interarrival jitter in milliseconds."""
        return self._jitter * 1000 / self._clock_rate

    def report_block(self, now_ns: int) -> ReportBlock:
        """Return the block for a report sent now; begins a new loss interval."""
        expected = self.expected
        expected_interval = expected - self._expected_prior
        lost_interval = expected_interval - (self.packets_received - self._received_prior)
        self._expected_prior = expected
        self._received_prior = self.packets_received
        fraction = 0
        if expected_interval > 0 and lost_interval > 0:
            fraction = min((lost_interval << 8) // expected_interval, 255)
        delay = ns_to_short_ntp(now_ns - self._last_sr_ns) if self._last_sr else 0
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=fraction,
            packets_lost=self.packets_lost,
            highest_sequence=max(self._highest, 0) & 0xFFFFFFFF,
            jitter=int(self._jitter),
            last_sr=self._last_sr,
            delay_since_last_sr=delay,
        )


def round_trip_ns(block: ReportBlock, ntp_now: int) -> int | None:
    """Return the round trip in ns that `block` shows, or None without a report.

    `ntp_now` is the 64-bit NTP time of the block's arrival on the clock that
    stamped our sender reports (RFC 3550 section 6.4.1).
    """
    if block.last_sr == 0:
        return None
    elapsed = (middle_of_ntp(ntp_now) - block.last_sr - block.delay_since_last_sr) & 0xFFFFFFFF
    if elapsed >= 1 << 31:
        return 0
    return (elapsed * _SECOND_NS) >> 16
