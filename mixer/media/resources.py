"""Which resources media holds, and the order in which they take effect."""

from __future__ import annotations

from typing import Final

from mixer.wire.control import ControlError
from mixer.wire.resources import Clock, Peer, Publication, Resource, Subscription

MediaResource = Clock | Peer | Publication | Subscription

# What a resource refers to comes first, in whatever order the server listed them.
_ORDER: Final[dict[type, int]] = {Clock: 0, Peer: 1, Publication: 2, Subscription: 3}


def in_order(resources: tuple[Resource, ...]) -> list[MediaResource]:
    """Return media's resources, referred-to ones first.

    Raises `ControlError` ``media.not_held_here`` for one that is not media's.
    """
    ours: list[MediaResource] = []
    for resource in resources:
        if not isinstance(resource, Clock | Peer | Publication | Subscription):
            raise ControlError("media.not_held_here", f"media does not hold {resource.key}")
        ours.append(resource)
    return sorted(ours, key=lambda resource: _ORDER[type(resource)])


def removal_order(resources: list[MediaResource]) -> list[MediaResource]:
    """Return them with those that refer to others first."""
    return sorted(resources, key=lambda resource: -_ORDER[type(resource)])
