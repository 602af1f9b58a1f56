"""What a receiver of a load says of its streams, once it has heard their senders."""

from typing import NamedTuple

from mixer.rtp.ntp import middle_of_ntp, ns_to_short_ntp
from mixer.rtp.rtcp import ReportBlock, SenderReport


class _Heard(NamedTuple):
    last_sr: int
    at_ns: int


class SenderReports:
    """The last sender report of each stream, which the next block answers (RFC 3550 6.4.1).

    From the answer a server knows the round trip. Janus repairs nothing for whom it does not know
    one: it keeps packets from the first round trip of a millisecond on.
    """

    def __init__(self) -> None:
        self._heard: dict[int, _Heard] = {}

    def hear(self, report: SenderReport, now_ns: int) -> None:
        """Note a report that was read now."""
        self._heard[report.ssrc] = _Heard(middle_of_ntp(report.ntp), now_ns)

    def block(self, ssrc: int, highest: int, now_ns: int) -> ReportBlock:
        """The block of a stream that lost nothing, sent now."""
        heard = self._heard.get(ssrc)
        if heard is None:
            return ReportBlock(ssrc, highest_sequence=max(highest, 0))
        return ReportBlock(
            ssrc,
            highest_sequence=max(highest, 0),
            last_sr=heard.last_sr,
            delay_since_last_sr=ns_to_short_ntp(now_ns - heard.at_ns),
        )
