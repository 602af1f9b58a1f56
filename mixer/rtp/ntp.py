"""NTP timestamps as RTCP carries them (RFC 3550 section 4) and nanoseconds.

Nanoseconds here count from the NTP epoch, 1900-01-01; add
`UNIX_TO_NTP_NS` to a Unix time.
"""

from __future__ import annotations

from typing import Final

UNIX_TO_NTP_NS: Final = 2_208_988_800 * 1_000_000_000
_SECOND_NS: Final = 1_000_000_000


def ntp_to_ns(ntp: int) -> int:
    """Return nanoseconds for a 64-bit NTP timestamp (32.32 fixed point)."""
    return (ntp >> 32) * _SECOND_NS + (((ntp & 0xFFFFFFFF) * _SECOND_NS + (1 << 31)) >> 32)


def ns_to_ntp(time_ns: int) -> int:
    """Return the 64-bit NTP timestamp for nanoseconds since the NTP epoch."""
    seconds, rest_ns = divmod(time_ns, _SECOND_NS)
    return ((seconds << 32) + ((rest_ns << 32) + _SECOND_NS // 2) // _SECOND_NS) & (2**64 - 1)


def middle_of_ntp(ntp: int) -> int:
    """Return the middle 32 bits, as LSR carries them (RFC 3550 section 6.4.1)."""
    return (ntp >> 16) & 0xFFFFFFFF


def short_ntp_to_ns(short: int) -> int:
    """Return nanoseconds for a 16.16 duration such as DLSR."""
    return (short * _SECOND_NS) >> 16


def ns_to_short_ntp(duration_ns: int) -> int:
    """Return a 16.16 duration, saturated to 32 bits."""
    return min((duration_ns << 16) // _SECOND_NS, 0xFFFFFFFF)
