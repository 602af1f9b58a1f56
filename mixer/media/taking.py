"""Which layers somebody takes, told to those who make them: a layer nobody takes need not be made.

Takers are receivers whose connection is there and whose picture is not paused, and workers on
the link; a stream kept for a recorder that is away counts. A layer is told as taken at once, and as
no longer taken after `RELEASE_NS` without a taker, so that a change of layers starts nothing anew.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Final, Protocol

from mixer.media.streams import publication_of, stream_of
from mixer.wire.control import Event, LayersTaken
from mixer.wire.ids import Layer, MediaKind, PublicationId

RELEASE_NS: Final = 1_000_000_000
LOOK_NS: Final = 100_000_000


class LayerMakers(Protocol):
    """What publishes here, and the way to a worker that does."""

    def made_by_browsers(self) -> dict[PublicationId, tuple[MediaKind, int]]:
        """Browsers' publications with kind and number of layers."""

    def made_by_workers(self) -> dict[PublicationId, int]:
        """Workers' publications with the number of layers."""

    def tell_taken(self, publication: PublicationId, layer: Layer, *, taken: bool) -> None:
        """Tell the worker that publishes a layer whether somebody takes it."""


class Taking:
    """Remembers what was told, and tells changes. Time is monotonic."""

    def __init__(
        self,
        makers: LayerMakers,
        takers: Callable[[], AbstractSet[int]],
        report: Callable[[Event], None],
    ) -> None:
        """`takers` returns the in-streams that somebody takes now."""
        self._makers = makers
        self._takers = takers
        self._report = report
        self._taken_ns: dict[int, int] = {}
        """In-stream to when it was last taken."""
        self._told_server: dict[PublicationId, tuple[int, ...]] = {}
        self._told_workers: dict[int, bool] = {}
        self._due_ns = 0

    def forget_server(self) -> None:
        """A server came that knows nothing yet."""
        self._told_server.clear()
        self._due_ns = 0

    def forget_worker(self, publication: PublicationId) -> None:
        """A worker announces a publication: it hears of each layer, at once and as it is now."""
        for stream in [one for one in self._told_workers if publication_of(one)[0] == publication]:
            del self._told_workers[stream]
            self._taken_ns.pop(stream, None)
        self._due_ns = 0

    def look_soon(self) -> None:
        """Somebody came or went."""
        self._due_ns = 0

    def tick(self, now_ns: int) -> None:
        """Tell what changed; looks each `LOOK_NS`, or at the next tick after `look_soon`."""
        if now_ns < self._due_ns:
            return
        self._due_ns = now_ns + LOOK_NS
        for stream in self._takers():
            self._taken_ns[stream] = now_ns
        browsers, workers = self._makers.made_by_browsers(), self._makers.made_by_workers()
        self._tell_server(browsers, now_ns)
        self._tell_workers(workers, now_ns)
        made = browsers.keys() | workers.keys()
        for stream in [one for one in self._taken_ns if publication_of(one)[0] not in made]:
            del self._taken_ns[stream]

    def _is_taken(self, stream: int, now_ns: int) -> bool:
        taken_ns = self._taken_ns.get(stream)
        return taken_ns is not None and now_ns - taken_ns < RELEASE_NS

    def _tell_server(
        self, browsers: dict[PublicationId, tuple[MediaKind, int]], now_ns: int
    ) -> None:
        for publication, (kind, count) in browsers.items():
            if kind is not MediaKind.VIDEO:
                continue
            streams = [stream_of(publication, layer) for layer in range(count)]
            if publication not in self._told_server:
                # A newcomer sends everything until its takers have had time to come.
                for stream in streams:
                    self._taken_ns.setdefault(stream, now_ns)
            taken = tuple(
                layer for layer, stream in enumerate(streams) if self._is_taken(stream, now_ns)
            )
            if self._told_server.get(publication) != taken:
                self._told_server[publication] = taken
                self._report(LayersTaken(publication=publication, layers=taken))
        for publication in self._told_server.keys() - browsers.keys():
            del self._told_server[publication]

    def _tell_workers(self, workers: dict[PublicationId, int], now_ns: int) -> None:
        known: set[int] = set()
        for publication, count in workers.items():
            for layer in range(count):
                stream = stream_of(publication, layer)
                known.add(stream)
                taken = self._is_taken(stream, now_ns)
                if self._told_workers.get(stream) != taken:
                    self._told_workers[stream] = taken
                    self._makers.tell_taken(publication, Layer(layer), taken=taken)
        for stream in self._told_workers.keys() - known:
            del self._told_workers[stream]
