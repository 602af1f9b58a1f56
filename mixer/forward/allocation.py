"""Who gets how much of a receiver's line: layers by priority, with hysteresis. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from mixer.wire.resources import Priority

PAUSED: Final = -1
RAISE: Final = 0.85
"""A higher layer is given if it leaves 15 % of the line, and stays while it fits."""
RAISE_LOWEST: Final = 0.97
KEEP_LOWEST: Final = 1.18
"""No picture is worse than a late one, and after a queue the estimate is 0.85 of what passes."""
GRACE_NS: Final = 400_000_000
"""A line that seems too narrow for less than this was only restless."""
GRACE_LOWEST_NS: Final = 2_000_000_000
"""Before a picture is paused: meanwhile it waits in the pacer, not in the line."""
FAR: Final = 0.7
"""One that carries less than this of what is given does not get the grace."""
FAR_LOWEST: Final = 0.5
WAIT_NS: Final = 1_000_000_000
LONGEST_WAIT_NS: Final = 32_000_000_000
LONGEST_WAIT_LOWEST_NS: Final = 8_000_000_000
"""Before something taken away is given again: twice as long each time it was given in vain."""
VAIN_NS: Final = 10_000_000_000
PROVED_NS: Final = 30_000_000_000
HEADROOM: Final = 2.0
"""Key frames leave at the rate of the line, so twice of what is wanted is of use."""


class Wish(NamedTuple):
    """One subscription, and what each layer up to the preferred one costs."""

    subscription: int
    priority: Priority
    rates_bps: tuple[float, ...]


class Allocation(NamedTuple):
    """What each subscription gets."""

    layers: Mapping[int, int]
    """`PAUSED` for none; sound is never paused."""
    used_bps: float
    wanted_bps: float
    """What the line would have to carry for all wishes, with room."""
    is_short: bool
    """Something is paused, or on a lower layer than preferred."""


class _Memory:
    """What is known of one subscription."""

    __slots__ = ("blocked_until_ns", "layer", "raised_ns", "wait_ns")

    def __init__(self) -> None:
        self.layer = PAUSED
        self.raised_ns = -1
        self.blocked_until_ns = -1
        self.wait_ns = WAIT_NS

    def change(self, layer: int, now_ns: int) -> None:
        before, self.layer = self.layer, layer
        if layer > before:
            self.raised_ns = now_ns
        elif layer < before:
            in_vain = self.raised_ns >= 0 and now_ns - self.raised_ns < VAIN_NS
            if in_vain:
                longest_ns = LONGEST_WAIT_LOWEST_NS if layer == PAUSED else LONGEST_WAIT_NS
                self.wait_ns = min(longest_ns, self.wait_ns * 2)
            self.raised_ns = -1
            self.blocked_until_ns = now_ns + self.wait_ns
        elif self.raised_ns >= 0 and now_ns - self.raised_ns > PROVED_NS:
            self.wait_ns = WAIT_NS


class Allocator:
    """The line of one receiver. What has a higher priority is served whole before the next.

    Among equals everybody gets the lowest layer first, in order of subscription, then one layer
    more after the other.
    """

    def __init__(self) -> None:
        self._known: dict[int, _Memory] = {}
        self._short_since_ns = -1

    def decide(
        self, wishes: Sequence[Wish], line_bps: float, now_ns: int, *, is_limited: bool = True
    ) -> Allocation:
        """Share out `line_bps`; 0: nothing is known of the line, everybody gets what he wants.

        Not `is_limited`: it carries that much and perhaps more, so nothing on air is paused for it.
        """
        for gone in self._known.keys() - {wish.subscription for wish in wishes}:
            del self._known[gone]
        for wish in wishes:
            self._known.setdefault(wish.subscription, _Memory())
        ordered = sorted(wishes, key=lambda wish: wish.priority)
        if line_bps <= 0:
            return self._settle(ordered, {w.subscription: _top(w) for w in ordered}, now_ns)
        held = {wish.subscription: self._held(wish) for wish in ordered}
        shared = self._share(ordered, line_bps, now_ns, is_limited=is_limited)
        if any(shared[key] < held[key] for key in shared):
            pauses = any(held[key] == 0 and shared[key] < 0 for key in shared)
            if self._is_tolerated(ordered, held, line_bps, now_ns, pauses=pauses):
                return self._settle(ordered, held, now_ns)
        else:
            self._short_since_ns = -1
        return self._settle(ordered, shared, now_ns)

    def _held(self, wish: Wish) -> int:
        return min(self._known[wish.subscription].layer, _top(wish))

    def _is_tolerated(
        self,
        ordered: Iterable[Wish],
        held: Mapping[int, int],
        line_bps: float,
        now_ns: int,
        *,
        pauses: bool,
    ) -> bool:
        """Whether to wait if the line really is too narrow for what is held."""
        needed = sum(_cost(wish, held[wish.subscription]) for wish in ordered)
        if needed <= line_bps:
            return False  # a higher priority takes it, not the line
        if self._short_since_ns < 0:
            self._short_since_ns = now_ns
        grace_ns = GRACE_LOWEST_NS if pauses else GRACE_NS
        is_far = line_bps < (FAR_LOWEST if pauses else FAR) * needed
        if is_far or now_ns - self._short_since_ns >= grace_ns:
            self._short_since_ns = -1
            return False
        return True

    def _share(
        self, ordered: Sequence[Wish], line_bps: float, now_ns: int, *, is_limited: bool
    ) -> dict[int, int]:
        sure = Priority.SOUND if is_limited else Priority.ON_AIR
        layers = {wish.subscription: 0 if wish.priority <= sure else PAUSED for wish in ordered}
        used = sum(_cost(wish, layers[wish.subscription]) for wish in ordered)
        for priority in Priority:
            equals = [wish for wish in ordered if wish.priority is priority]
            for layer in range(max((len(wish.rates_bps) for wish in equals), default=0)):
                for wish in equals:
                    if layers[wish.subscription] != layer - 1 or layer > _top(wish):
                        continue
                    more = _cost(wish, layer) - _cost(wish, layer - 1)
                    if used + more <= self._limit(wish, layer, line_bps, now_ns):
                        layers[wish.subscription] = layer
                        used += more
        return layers

    def _limit(self, wish: Wish, layer: int, line_bps: float, now_ns: int) -> float:
        known = self._known[wish.subscription]
        if layer <= known.layer:
            return line_bps * (KEEP_LOWEST if layer == 0 else 1.0)
        if now_ns < known.blocked_until_ns:
            return 0.0
        return line_bps * (RAISE_LOWEST if layer == 0 else RAISE)

    def _settle(
        self, ordered: Sequence[Wish], layers: Mapping[int, int], now_ns: int
    ) -> Allocation:
        used = wanted = 0.0
        for wish in ordered:
            layer = layers[wish.subscription]
            self._known[wish.subscription].change(layer, now_ns)
            used += _cost(wish, layer)
            wanted += _cost(wish, _top(wish))
        is_short = any(layers[wish.subscription] < _top(wish) for wish in ordered)
        return Allocation(dict(layers), used, wanted * HEADROOM, is_short)


def _top(wish: Wish) -> int:
    return len(wish.rates_bps) - 1


def _cost(wish: Wish, layer: int) -> float:
    """A higher layer never counts less than a lower one."""
    return max(wish.rates_bps[: layer + 1]) if layer >= 0 else 0.0
