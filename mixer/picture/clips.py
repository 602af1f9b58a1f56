"""Clips as sources: the one of each seat, and threads of those before it that have not ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from pathlib import Path

from mixer.wire.control import ClipState
from mixer.wire.ids import MediaKind, PublicationId
from mixer.wire.link import LinkMessage, LinkPublish, LinkUnpublish
from mixer.wire.picture import Clip

from .clip_player import ClipPlayer, Outputs, Watch
from .clip_sound import CODEC
from .clip_thread import ClipThread
from .feed import Feed

CLOSE_TIMEOUT_S = 1.0


class Clips:
    """All clips that are held. Used by the loop, which never waits for a thread of theirs."""

    def __init__(
        self,
        folder: Path,
        feed_of: Callable[[str], Feed],
        link: Callable[[LinkMessage], None],
        outputs: Outputs,
        watch: Watch,
    ) -> None:
        self._folder = folder
        self._feed_of = feed_of
        self._link = link
        self._outputs = outputs
        self._watch = watch
        self._players: dict[str, ClipPlayer] = {}
        self._former: list[tuple[str, ClipThread]] = []

    def put(self, clip: Clip) -> None:
        """Cue or play it; the same again changes nothing."""
        before = self._players.get(clip.seat)
        if before is not None and before.clip == clip:
            return
        self._end(clip.seat)
        feed = self._feed_of(clip.seat)
        if before is None or before.clip.file != clip.file:
            feed.forget()
        feed.stand(steady=True)
        feed.begin()
        feed.expect(coming=True)
        former = [thread for file, thread in self._former if file == clip.file]
        self._players[clip.seat] = ClipPlayer(
            clip, self._folder, feed, self._outputs, self._watch, former
        )
        self._publish(clip.sound)

    def remove(self, seat: str) -> None:
        """No such clip any more."""
        self._end(seat)
        feed = self._feed_of(seat)
        feed.stand(steady=False)
        feed.end()

    def advance(self, hanging: AbstractSet[str]) -> None:
        """What hangs falls back, each 40 ms or so, after the watch has closed what hangs. Threads
        that read files which are ``hanging`` are there still, and nobody else opens these.
        """
        for player in self._players.values():
            player.fall_back(hanging)

    def link_up(self) -> None:
        """Publish their sound anew."""
        for player in self._players.values():
            self._publish(player.clip.sound)

    def states(self) -> list[ClipState]:
        """What was told last of each, to be told again."""
        return [state for one in self._players.values() if (state := one.state) is not None]

    def close(self) -> bool:
        """End all; False when a thread did not end in time, `CLOSE_TIMEOUT_S` for all of them."""
        for seat in tuple(self._players):
            self._end(seat)
        until_s = time.monotonic() + CLOSE_TIMEOUT_S
        ended = [one.join(max(until_s - time.monotonic(), 0.0)) for _, one in self._former]
        return all(ended)

    def _end(self, seat: str) -> None:
        player = self._players.pop(seat, None)
        if player is not None:
            player.stop()
            self._former += [(player.clip.file, thread) for thread in player.threads]
            if player.clip.sound:
                self._link(LinkUnpublish(publication=player.clip.sound))
        self._former = [(file, one) for file, one in self._former if not one.join(0)]

    def _publish(self, sound: PublicationId) -> None:
        if sound:
            self._link(LinkPublish(publication=sound, kind=MediaKind.AUDIO, codec=CODEC, layers=1))
