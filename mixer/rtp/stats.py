"""Named reasons for everything this package throws away, and their counts."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum


class RtpDrop(StrEnum):
    """Why a packet, a unit, a request or a report was discarded."""

    DUPLICATE = "duplicate"
    TOO_LATE = "too_late"
    MALFORMED_PAYLOAD = "malformed_payload"
    UNSUPPORTED_PAYLOAD = "unsupported_payload"
    WINDOW_OVERFLOW = "window_overflow"
    SEQUENCE_RESET = "sequence_reset"
    UNIT_HEADLESS = "unit_headless"
    UNIT_INCOMPLETE = "unit_incomplete"
    UNIT_TOO_LARGE = "unit_too_large"
    NACK_GIVEN_UP = "nack_given_up"
    NACK_GAP_TOO_LARGE = "nack_gap_too_large"
    NACK_LIST_FULL = "nack_list_full"
    RESEND_UNKNOWN = "resend_unknown"
    RESEND_TOO_OLD = "resend_too_old"
    RESEND_TOO_SOON = "resend_too_soon"
    REPORT_IMPLAUSIBLE = "report_implausible"


class DropCounts(Counter[RtpDrop]):
    """How often each reason occurred; a reason that never occurred counts 0."""

    def add(self, reason: RtpDrop, count: int = 1) -> None:
        """Count `count` discards for `reason`."""
        self[reason] += count

    def as_dict(self) -> dict[str, int]:
        """Return the counts by the reason's wire name, for metrics."""
        return {str(reason): count for reason, count in self.items()}
