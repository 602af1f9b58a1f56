"""How far behind capture one source must play, decided from how late its packets are."""

from __future__ import annotations

from collections import deque
from typing import Final

from mixer.sound.codec import ns_to_samples
from mixer.wire.ids import NANOSECONDS, TICK_NS

MILLISECOND_NS: Final = 1_000_000
INITIAL_NS: Final = 60 * MILLISECOND_NS
MINIMUM_NS: Final = 40 * MILLISECOND_NS
MAXIMUM_NS: Final = 400 * MILLISECOND_NS
MARGIN_NS: Final = 10 * MILLISECOND_NS
BUCKET_NS: Final = NANOSECONDS
BUCKETS: Final = 20
RECENT: Final = 5
FORGIVEN: Final = 2


class DelayTarget:
    """The delay that would have served every packet of the last 20 s, plus a margin.

    What was late in only one or two of those seconds, and not in the last five, was a
    stall of its own and is forgotten: it must not hold a conference back for 20 s.

    A packet captured at s is first needed in the tick that holds s + delay, and
    that tick is mixed up to 20 ms before; so a packet that is there ``lateness``
    after its capture asks for ``lateness + 20 ms``.
    """

    def __init__(self) -> None:
        self._buckets: deque[int] = deque(maxlen=BUCKETS)
        self._bucket_end_ns = 0
        self.wanted = ns_to_samples(INITIAL_NS)
        """Delay to play with, in samples at 48 kHz, within 40..400 ms."""

    def observe(self, session_ns: int, now_ns: int) -> None:
        """A packet captured at ``session_ns`` came at ``now_ns``."""
        required_ns = now_ns - session_ns + TICK_NS + MARGIN_NS
        if now_ns >= self._bucket_end_ns:
            self._buckets.append(required_ns)
            self._bucket_end_ns = now_ns + BUCKET_NS
        elif required_ns > self._buckets[-1]:
            self._buckets[-1] = required_ns
        else:
            return
        buckets = list(self._buckets)
        usual_ns = sorted(buckets)[-1 - min(FORGIVEN, len(buckets) - 1)]
        highest_ns = max(usual_ns, *buckets[-RECENT:])
        if len(self._buckets) < BUCKETS:
            # Too little is known yet to go below what a fresh source starts with.
            highest_ns = max(highest_ns, INITIAL_NS)
        self.wanted = ns_to_samples(min(max(highest_ns, MINIMUM_NS), MAXIMUM_NS))
