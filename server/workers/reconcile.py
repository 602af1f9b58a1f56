"""The difference between what a worker shall hold and what it holds.

Pure: wanted and observed in, `Apply` out. Applying the result to ``observed``
gives ``wanted`` plus what is adopted, whatever the two were (property test).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.wire.control import Apply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mixer.wire.resources import Resource


def difference(
    wanted: Sequence[Resource],
    observed: Mapping[str, Resource],
    adopted: Callable[[str], bool],
) -> Apply:
    """What to send. ``adopted(key)``: do not remove this key though it is not wanted.

    Puts keep the order of ``wanted``; removals go in reverse order of observation, so
    that what was put last (and may refer to earlier things) goes first.
    """
    keys = {resource.key for resource in wanted}
    remove = tuple(key for key in reversed(list(observed)) if key not in keys and not adopted(key))
    put = tuple(resource for resource in wanted if observed.get(resource.key) != resource)
    return Apply(remove=remove, put=put)


def applied(observed: Mapping[str, Resource], apply: Apply) -> dict[str, Resource]:
    """What a worker holds after it carried out ``apply``."""
    after = dict(observed)
    for key in apply.remove:
        after.pop(key, None)
    for resource in apply.put:
        after[resource.key] = resource
    return after
