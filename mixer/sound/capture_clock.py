"""Where a stream's RTP timestamps stand on the session clock."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from mixer.rtp.sequence import TimestampExtender
from mixer.sound.codec import Samples, ns_to_samples, samples_to_ns
from mixer.sound.delay import MILLISECOND_NS

JUMP_NS: Final = 100 * MILLISECOND_NS
_SMOOTHING: Final = 16


class Fit(Enum):
    """How a packet's timestamp agrees with those before it."""

    FIRST = "first"
    STEADY = "steady"
    OUTLIER = "outlier"
    """Off by more than 100 ms, once: not to be believed yet."""
    JUMP = "jump"
    """A second packet confirms it: the sender's timestamps began anew."""


class Captured(NamedTuple):
    """A run of samples on the sender's own time scale."""

    samples: Samples
    """Mono (n,)."""
    position: int
    """Extended RTP timestamp behind the last."""
    end_ns: int
    """Session time of that position, as it is known now."""


class CaptureClock:
    """Maps extended RTP timestamps (48 kHz) to session time and back.

    Media slews the session times it stamps, so the sender's drift arrives here as
    a slow change of the offset between the two scales.
    """

    def __init__(self) -> None:
        self._extender = TimestampExtender()
        self._offset_ns = 0
        self._outlier_ns: int | None = None
        self.known = False
        """Whether a packet has set the offset."""

    def observe(self, timestamp: int, session_ns: int) -> tuple[int, Fit]:
        """Take a packet's 32-bit timestamp and capture time.

        Returns the extended timestamp and how it fits. After `Fit.JUMP` the clock
        follows the new scale.
        """
        extended = self._extender.extend(timestamp)
        offset_ns = session_ns - samples_to_ns(extended)
        difference_ns = offset_ns - self._offset_ns
        if self.known and abs(difference_ns) <= JUMP_NS:
            self._offset_ns += difference_ns // _SMOOTHING
            self._outlier_ns = None
            return extended, Fit.STEADY
        if self.known and not self._confirms(offset_ns):
            self._outlier_ns = offset_ns
            return extended, Fit.OUTLIER
        fit = Fit.JUMP if self.known else Fit.FIRST
        self._offset_ns = offset_ns
        self._outlier_ns = None
        self.known = True
        return extended, fit

    def position_at(self, session_ns: int) -> int:
        """The timestamp of the sample captured at ``session_ns``."""
        return ns_to_samples(session_ns - self._offset_ns)

    def time_at(self, position: int) -> int:
        """When the sample with this timestamp was captured, session time in ns."""
        return samples_to_ns(position) + self._offset_ns

    def _confirms(self, offset_ns: int) -> bool:
        return self._outlier_ns is not None and abs(offset_ns - self._outlier_ns) <= JUMP_NS
