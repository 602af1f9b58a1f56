"""How far behind capture one source must play, decided from how late its packets are."""

from __future__ import annotations

from collections import deque
from typing import Final

from mixer.sound.codec import ns_to_samples
from mixer.wire.ids import NANOSECONDS, TICK_NS

MILLISECOND_NS: Final = 1_000_000
UNKNOWN_NS: Final = 60 * MILLISECOND_NS
"""Before the first packet."""
MINIMUM_NS: Final = 40 * MILLISECOND_NS
MAXIMUM_NS: Final = 400 * MILLISECOND_NS
MARGIN_NS: Final = 10 * MILLISECOND_NS
BUCKET_NS: Final = NANOSECONDS
BUCKETS: Final = 20
RECENT: Final = 5
FORGIVEN: Final = 2
YOUNG_NS: Final = NANOSECONDS
GRID_NS: Final = 5 * MILLISECOND_NS
"""Delays are multiples of this, or one would move with every new worst packet."""
REPAIR_NS: Final = TICK_NS
"""What repairs a loss comes with the packet behind it."""
REPAIRED_FOR_NS: Final = BUCKETS * BUCKET_NS
UNSEEN: Final = 0.25
"""What a line has not shown yet in its first 20 s, as part of the spread that it has shown."""


class DelayTarget:
    """The delay that would have served every packet of the last 20 s, plus a margin.

    What was late in only one or two of those seconds, and not in the last five, was a
    stall of its own and is forgotten: it must not hold a conference back for 20 s.

    A packet captured at s is first needed in the tick that holds s + delay, and
    that tick is mixed up to 20 ms before; so a packet that is there ``lateness``
    after its capture asks for ``lateness + 20 ms``.

    A line that has lost packets in the last 20 s, and whose packets carry copies of those before
    them, is given the time of one packet more, so that the copy is there when it is needed.

    A source begins with what its first packets ask for. Until 20 s are known a quarter of their
    spread comes on top: nothing on a clean line, and where packets come unevenly the worst of
    them have not come yet.
    """

    def __init__(self) -> None:
        self._buckets: deque[int] = deque(maxlen=BUCKETS)
        self._bucket_end_ns = 0
        self._begun_ns = 0
        self._least_ns = 0
        self._repaired_until_ns = 0
        self.young = True
        """Whether less than a second is known: what it asks for is still being found."""
        self.wanted = ns_to_samples(UNKNOWN_NS)
        """Delay to play with, in samples at 48 kHz, within 40..400 ms."""

    def observe(self, session_ns: int, now_ns: int) -> None:
        """A packet captured at ``session_ns`` came at ``now_ns``."""
        required_ns = now_ns - session_ns + TICK_NS + MARGIN_NS
        if not self._buckets:
            self._begun_ns, self._least_ns = now_ns, required_ns
        self.young = self.young and now_ns - self._begun_ns < YOUNG_NS
        self._least_ns = min(self._least_ns, required_ns)
        if now_ns >= self._bucket_end_ns:
            self._buckets.append(required_ns)
            self._bucket_end_ns = now_ns + BUCKET_NS
        elif required_ns > self._buckets[-1]:
            self._buckets[-1] = required_ns
        else:
            return
        self._decide(now_ns)

    def lose(self, now_ns: int) -> None:
        """A packet is missing that one behind it may repair."""
        first = now_ns >= self._repaired_until_ns
        self._repaired_until_ns = now_ns + REPAIRED_FOR_NS
        if first and self._buckets:
            self._decide(now_ns)

    def _decide(self, now_ns: int) -> None:
        buckets = list(self._buckets)
        usual_ns = sorted(buckets)[-1 - min(FORGIVEN, len(buckets) - 1)]
        highest_ns = max(usual_ns, *buckets[-RECENT:])
        if len(buckets) < BUCKETS:
            highest_ns += round((highest_ns - self._least_ns) * UNSEEN)
        if now_ns < self._repaired_until_ns:
            highest_ns += REPAIR_NS
        highest_ns = -(-highest_ns // GRID_NS) * GRID_NS
        self.wanted = ns_to_samples(min(max(highest_ns, MINIMUM_NS), MAXIMUM_NS))
