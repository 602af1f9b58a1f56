"""Whom time has made something due for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from mixer.forward.in_stream import InStream
from mixer.forward.peer import PeerState

STREAMS_NS: Final = 15_000_000
"""Whoever polls each 20 ms, and 4 ms sooner at times, looks each time."""
REPORTS_NS: Final = 50_000_000
"""Reports are due once or twice a second; looking at every peer each 20 ms costs more than they."""
AWAITED_NS: Final = 500_000_000
"""A request for a key frame, or its answer, may be lost: as often as the throttle allows."""


class Due(NamedTuple):
    """What a poll has to look at more closely."""

    streams: Collection[InStream]
    """All of them, or at least those that miss packets or have a joined request for a key frame."""
    peers: Collection[PeerState]
    """At least those for whom a report is due."""
    checks_awaited: bool
    """Whether key frames that somebody still waits for are to be asked for again."""


class Schedule:
    """When a fan-out looks at what; time is monotonic."""

    def __init__(self, streams: Mapping[int, InStream], peers: Mapping[int, PeerState]) -> None:
        """The tables of the fan-out, which go on changing."""
        self._streams = streams
        self._peers = peers
        self._streams_due_ns = self._reports_due_ns = self._awaited_due_ns = 0

    def look(self, now_ns: int) -> Due | None:
        """Return what is due, None for nothing."""
        checks_streams = now_ns >= self._streams_due_ns
        checks_reports = now_ns >= self._reports_due_ns
        if not checks_streams and not checks_reports:
            return None
        checks_awaited = checks_streams and now_ns >= self._awaited_due_ns
        if checks_streams:
            self._streams_due_ns = now_ns + STREAMS_NS
        if checks_reports:
            self._reports_due_ns = now_ns + REPORTS_NS
        if checks_awaited:
            self._awaited_due_ns = now_ns + AWAITED_NS
        return Due(
            self._streams.values() if checks_streams else (),
            self._peers.values() if checks_reports else (),
            checks_awaited,
        )
