"""Clips as sources: each has a thread for its pictures and, while it plays, one for its sound.

Pictures go into the feed of the clip's seat a moment before their time, sound to media at its
time, both stamped with session time, so sound and picture line them up as those of any source.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import structlog
from av.video.frame import VideoFrame

from mixer.wire.control import ClipState
from mixer.wire.frame import Frame
from mixer.wire.ids import NANOSECONDS, MediaKind, PublicationId
from mixer.wire.link import LinkMessage, LinkPublish, LinkUnpublish
from mixer.wire.picture import Clip

from .clip_file import ClipError, FileFault, Film, clip_path, is_still, read_still
from .clip_sound import CODEC, PACKET_NS, sound_frame, sound_packets
from .feed import UPRIGHT, Aspect, Feed

_log = structlog.get_logger(__name__)
AHEAD_NS = 100_000_000
"""How long before its time a picture is put into the feed."""
CUED_BEHIND_NS = NANOSECONDS
TELL_EVERY_NS = NANOSECONDS
JOIN_TIMEOUT_S = 1.0

Now = Callable[[], int]
Tell = Callable[[ClipState], None]
Send = Callable[[list[Frame]], None]


class ClipPlayer:
    """One clip. ``now`` gives session time; ``tell`` and ``send`` are called from its threads."""

    def __init__(
        self, clip: Clip, folder: Path, feed: Feed, outputs: tuple[Now, Tell, Send]
    ) -> None:
        self.clip = clip
        self.pictures = 0
        self._folder = folder
        self._feed = feed
        self._now, self._tell_state, self._send = outputs
        self._stopping = threading.Event()
        self._told: ClipState | None = None
        self._duration_s = 0.0
        self._threads: list[threading.Thread] = []
        self._begin(self._show, "clip")

    @property
    def state(self) -> ClipState | None:
        """What was told last."""
        return self._told

    def stop(self) -> None:
        """Its threads end soon, by themselves."""
        self._stopping.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for its threads; False when one goes on for longer."""
        for thread in tuple(self._threads):
            thread.join(timeout_s)
        return not any(thread.is_alive() for thread in self._threads)

    # --- threads ----------------------------------------------------------------------------

    def _begin(self, run: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=run, name=f"{name}-{self.clip.seat}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _show(self) -> None:
        try:
            path = clip_path(self._folder, self.clip.file)
            if is_still(path):
                self._put(self._now() - CUED_BEHIND_NS, read_still(path))
                self._tell("cued" if self.clip.playing_since_ns is None else "playing")
                return
            with Film(path) as film:
                self._duration_s = film.duration_s
                self._play(film, path)
        except ClipError as error:
            self._fail(str(error))
        except FileFault as error:
            self._fail(f"damaged: {error}")
        except Exception as error:  # noqa: BLE001  a bug costs this clip
            _log.exception("picture.clip_bug", file=self.clip.file)
            self._fail(repr(error))

    def _fail(self, text: str) -> None:
        _log.error("picture.clip_failed", file=self.clip.file, error=text)
        if self.pictures == 0:
            self._feed.end()
        self._tell("ended" if self.pictures else "refused", text=text)

    def _play(self, film: Film, path: Path) -> None:
        since_ns = self.clip.playing_since_ns
        if since_ns is None:
            for picture in film.pictures():
                self._put(self._now() - CUED_BEHIND_NS, picture.frame, picture.aspect)
                self._tell("cued")
                return
            raise ClipError("no picture in it")
        if self.clip.sound and film.has_sound:
            self._begin(lambda: self._play_sound(path), "clip-sound")
        length_ns = 0
        while not self._stopping.is_set():
            begin_ns = since_ns + length_ns
            from_s = max((self._now() - begin_ns) / NANOSECONDS - 1, 0.0)
            played_ns = self._play_once(film, begin_ns, from_s if length_ns == 0 else 0.0)
            if self._stopping.is_set():
                return
            if not self.clip.loop or played_ns <= 0:
                self._wait_until(begin_ns + played_ns)
                self._tell("ended", position_ns=played_ns)
                return
            length_ns += played_ns

    def _play_once(self, film: Film, begin_ns: int, from_s: float) -> int:
        """Show it to its end; how long it is, in ns."""
        told_ns = 0
        length_ns = 0
        for picture in film.pictures(from_s):
            at_ns = begin_ns + round(picture.at_s * NANOSECONDS)
            self._wait_until(at_ns - AHEAD_NS)
            if self._stopping.is_set():
                return 0
            self._put(at_ns, picture.frame, picture.aspect)
            length_ns = at_ns - begin_ns + round(film.picture_s * NANOSECONDS)
            if at_ns - told_ns >= TELL_EVERY_NS or not told_ns:
                told_ns = at_ns
                self._tell("playing", position_ns=max(self._now() - begin_ns, 0))
        if length_ns == 0 and self.pictures == 0:
            raise ClipError("no picture in it")
        return length_ns

    def _play_sound(self, path: Path) -> None:
        since_ns = self.clip.playing_since_ns or 0
        begin_ns = since_ns
        try:
            while not self._stopping.is_set():
                length_ns = 0
                from_s = max((self._now() - begin_ns) / NANOSECONDS, 0.0)
                for packet in sound_packets(path, from_s):
                    at_ns = begin_ns + packet.at_ns
                    self._wait_until(at_ns + PACKET_NS)
                    if self._stopping.is_set():
                        return
                    self._send([sound_frame(self.clip.sound, at_ns, packet.payload)])
                    length_ns = packet.at_ns + PACKET_NS
                if not self.clip.loop or length_ns <= 0:
                    return
                begin_ns += length_ns
        except FileFault as error:
            _log.error("picture.clip_sound_failed", file=self.clip.file, error=str(error))

    # --- parts ------------------------------------------------------------------------------

    def _put(self, session_ns: int, frame: VideoFrame, aspect: Aspect = UPRIGHT) -> None:
        self._feed.put(session_ns, frame, aspect)
        self.pictures += 1

    def _wait_until(self, session_ns: int) -> None:
        while not self._stopping.is_set():
            left_ns = session_ns - self._now()
            if left_ns <= 0:
                return
            self._stopping.wait(min(left_ns / NANOSECONDS, 0.5))

    def _tell(self, state: str, *, position_ns: int = 0, text: str = "") -> None:
        if self._stopping.is_set():
            return
        self._told = ClipState(
            seat=self.clip.seat,
            file=self.clip.file,
            state=state,
            position_ms=position_ns // 1_000_000,
            duration_ms=round(self._duration_s * 1000),
            text=text,
        )
        self._tell_state(self._told)


class Clips:
    """All clips that are held. Used by the loop."""

    def __init__(
        self,
        folder: Path,
        feed_of: Callable[[str], Feed],
        link: Callable[[LinkMessage], None],
        outputs: tuple[Now, Tell, Send],
    ) -> None:
        self._folder = folder
        self._feed_of = feed_of
        self._link = link
        self._outputs = outputs
        self._players: dict[str, ClipPlayer] = {}
        self._ending: list[ClipPlayer] = []

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
        self._players[clip.seat] = ClipPlayer(clip, self._folder, feed, self._outputs)
        self._publish(clip.sound)

    def remove(self, seat: str) -> None:
        """No such clip any more."""
        self._end(seat)
        feed = self._feed_of(seat)
        feed.stand(steady=False)
        feed.end()

    def link_up(self) -> None:
        """Publish their sound anew."""
        for player in self._players.values():
            self._publish(player.clip.sound)

    def states(self) -> list[ClipState]:
        """What was told last of each, to be told again."""
        return [state for one in self._players.values() if (state := one.state) is not None]

    def close(self) -> bool:
        """End all; False when a thread did not end in time."""
        for seat in tuple(self._players):
            self._end(seat)
        ended = [one.join(JOIN_TIMEOUT_S) for one in self._ending]
        return all(ended)

    def _end(self, seat: str) -> None:
        player = self._players.pop(seat, None)
        self._ending = [one for one in self._ending if not one.join(0)]
        if player is None:
            return
        player.stop()
        self._ending.append(player)
        if player.clip.sound:
            self._link(LinkUnpublish(publication=player.clip.sound))

    def _publish(self, sound: PublicationId) -> None:
        if sound:
            self._link(LinkPublish(publication=sound, kind=MediaKind.AUDIO, codec=CODEC, layers=1))
