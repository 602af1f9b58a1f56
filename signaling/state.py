"""The flat state map, and what each device has been told of it.

Every change gets a revision. A `View` belongs to one connection: it remembers what
was told and makes the next message, so a slow reader simply gets fewer, larger
deltas; nothing queues up.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

from .wire.roles import Right, Role, allowed
from .wire.sound import SeatSoundView, SoundView
from .wire.state import (
    ClipView,
    ConditionView,
    Delta,
    EventView,
    ProgrammeView,
    RundownView,
    SeatView,
    Snapshot,
    StateMessage,
    StateValue,
    You,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

HISTORY = 2048
"""Changes remembered; a view that is further behind compares everything."""


class StateMap:
    """All keys with their newest values, and which keys changed at which revision."""

    def __init__(self) -> None:
        self.revision = 0
        self.values: dict[str, StateValue] = {}
        self._history: deque[tuple[int, str]] = deque(maxlen=HISTORY)

    def put(self, key: str, value: StateValue) -> bool:
        """Set a key; False when it had this value."""
        if self.values.get(key) == value:
            return False
        self.values[key] = value
        self._changed(key)
        return True

    def remove(self, key: str) -> bool:
        """Take a key away; False when it was not there."""
        if self.values.pop(key, None) is None:
            return False
        self._changed(key)
        return True

    def changed_since(self, revision: int) -> set[str] | None:
        """Keys that changed after ``revision``; None when that is too long ago."""
        if revision >= self.revision:
            return set()
        if not self._history or self._history[0][0] > revision + 1:
            return None
        return {key for at, key in self._history if at > revision}

    def _changed(self, key: str) -> None:
        self.revision += 1
        self._history.append((self.revision, key))


def _without_figures(seat: SeatView, own: str) -> SeatView:
    """Everybody sees how well one's own devices are reached."""
    if seat.seat == own:
        return msgspec.structs.replace(seat, level_db=-100.0)
    devices = [
        msgspec.structs.replace(
            device, rtt_ms=0.0, loss_percent=0.0, bitrate_kbps=0.0, up=None, down=None
        )
        for device in seat.devices
    ]
    return msgspec.structs.replace(seat, level_db=-100.0, devices=devices)


_NEEDS: dict[type, Right] = {
    RundownView: Right.DIRECT,
    ClipView: Right.DIRECT,
    ConditionView: Right.SEE_LEVELS,
    SoundView: Right.SEE_LEVELS,
    SeatSoundView: Right.SEE_LEVELS,
}
"""Values that need more than seeing the event."""


def visible(value: StateValue, role: Role, own: str = "") -> StateValue | None:
    """What of a value a role may see at the seat ``own``; None for nothing."""
    if not allowed(role, _NEEDS.get(type(value), Right.SEE_EVENT)):
        return None
    if isinstance(value, SeatView):
        if value.in_preview and value.seat != own and not allowed(role, Right.DIRECT):
            value = msgspec.structs.replace(value, in_preview=False)
        return value if allowed(role, Right.SEE_LEVELS) else _without_figures(value, own)
    if isinstance(value, ProgrammeView) and not allowed(role, Right.DIRECT):
        return _without_preview(value)
    return value


def _without_preview(programme: ProgrammeView) -> ProgrammeView:
    """What comes next is the director's; preview repeats what is on air."""
    return msgspec.structs.replace(
        programme,
        preview=programme.on_air,
        sources_in_preview=programme.sources_on_air,
        seats_in_preview=programme.seats_on_air,
        preview_revision=0,
        preview_ready=False,
    )


class View:
    """What one connection has been told."""

    def __init__(self, state: StateMap, role: Role, own: str = "") -> None:
        """``own``: the seat of this connection."""
        self._state = state
        self._role = role
        self._own = own
        self._told: dict[str, StateValue] = {}
        self._told_revision = -1
        self._seen_revision = -1
        self._you: You | None = None

    def become(self, you: You) -> None:
        """Who this connection is; told with the next message."""
        self._you = you

    def forget(self) -> None:
        """The next message is a snapshot."""
        self._told_revision = -1

    def next_message(self, session_time_ms: int) -> StateMessage | None:
        """A snapshot at first, then what changed, or None if nothing did."""
        revision = self._state.revision
        if self._told_revision < 0:
            self._told = self._visible(self._state.values)
            self._told_revision = self._seen_revision = revision
            return Snapshot(revision=revision, state=_stamped(self._told, session_time_ms))
        keys = self._state.changed_since(self._seen_revision)
        if keys is None:
            keys = set(self._state.values) | set(self._told)
        now = self._visible(keys | {"you"})
        put = {key: value for key, value in now.items() if self._told.get(key) != value}
        remove = sorted(key for key in keys - now.keys() if key in self._told and key != "you")
        self._seen_revision = revision
        if not put and not remove:
            return None
        self._told.update(put)
        for key in remove:
            del self._told[key]
        previous, self._told_revision = self._told_revision, revision
        return Delta(
            previous=previous,
            revision=revision,
            put=_stamped(put, session_time_ms),
            remove=remove,
        )

    def _visible(self, keys: Iterable[str]) -> dict[str, StateValue]:
        found: dict[str, StateValue] = {}
        for key in keys:
            value = self._state.values.get(key)
            seen = None if value is None else visible(value, self._role, self._own)
            if seen is not None:
                found[key] = seen
        if self._you is not None:
            found["you"] = self._you
        return found


def _stamped(values: dict[str, StateValue], session_time_ms: int) -> dict[str, StateValue]:
    return {
        key: msgspec.structs.replace(value, session_time_ms=session_time_ms)
        if isinstance(value, EventView)
        else value
        for key, value in values.items()
    }
