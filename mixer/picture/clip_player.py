"""A clip that is cued or plays: a thread for its pictures and, while it plays, one for its sound.

Pictures go into the feed of the clip's seat a moment before their time, sound to media at its
time, both stamped with session time, so sound and picture line them up as those of any source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path

import structlog
from av.video.frame import VideoFrame

from mixer.wire.control import ClipState
from mixer.wire.frame import Frame
from mixer.wire.ids import NANOSECONDS
from mixer.wire.picture import Clip

from .clip_file import ClipError, FileFault, Film, clip_path, is_still, read_still
from .clip_sound import PACKET_NS, sound_frame, sound_packets
from .clip_thread import ClipThread, ClosedError, Now
from .feed import UPRIGHT, Aspect, Feed

_log = structlog.get_logger(__name__)
AHEAD_NS = 100_000_000
"""How long before its time a picture is put into the feed."""
CUED_BEHIND_NS = NANOSECONDS
TELL_EVERY_NS = NANOSECONDS
HANGS = "picture.clip_hung"
"""The text of a state: what a person reads is the desk's affair."""

Tell = Callable[[ClipState], None]
Send = Callable[[list[Frame]], None]
Outputs = tuple[Now, Tell, Send]
Watch = Callable[[str, ClipThread], None]


class ClipPlayer:
    """One clip. ``now`` gives session time; ``tell`` and ``send`` are called from its threads,
    ``watch`` is given each thread with the file it reads.
    """

    def __init__(
        self,
        clip: Clip,
        folder: Path,
        feed: Feed,
        outputs: Outputs,
        watch: Watch,
        former: Sequence[ClipThread] = (),
    ) -> None:
        """Begins once the ``former`` threads that read this file have ended."""
        self.clip = clip
        self.pictures = 0
        self._folder = folder
        self._feed = feed
        self._now, self._tell_state, self._send = outputs
        self._watch = watch
        self._stopped = False
        self._told: ClipState | None = None
        self._duration_s = 0.0
        self._sound: ClipThread | None = None
        self._film = ClipThread(f"clip-{clip.seat}", self._show, self._now, former)
        watch(clip.file, self._film)

    @property
    def state(self) -> ClipState | None:
        """What was told last."""
        return self._told

    @property
    def threads(self) -> list[ClipThread]:
        """Those that were begun."""
        return [self._film] if self._sound is None else [self._film, self._sound]

    def stop(self) -> None:
        """Its threads end soon, by themselves."""
        self._stopped = True
        # First pictures: only their thread begins another one.
        self._film.close()
        if self._sound is not None:
            self._sound.close()

    def fall_back(self, hanging: AbstractSet[str]) -> None:
        """It ends where it is if its pictures hang: the watch has closed their thread, or it waits
        for another one of a file that is ``hanging``. Sound that hangs is missing only.
        """
        waits_for_ever = self._film.awaits_former and self.clip.file in hanging
        if self._stopped or not (self._film.closed or waits_for_ever):
            return
        self.stop()
        self._end(HANGS)

    # --- threads ----------------------------------------------------------------------------

    def _show(self, thread: ClipThread) -> None:
        try:
            path = clip_path(self._folder, self.clip.file)
            if is_still(path):
                self._put(thread, self._now() - CUED_BEHIND_NS, read_still(path))
                self._tell(thread, "cued" if self.clip.playing_since_ns is None else "playing")
                return
            with Film(path, thread.step) as film:
                self._duration_s = film.duration_s
                self._play(thread, film, path)
        except ClosedError:
            raise
        except ClipError as error:
            self._fail(thread, str(error))
        except FileFault as error:
            self._fail(thread, f"damaged: {error}")
        except Exception as error:  # noqa: BLE001  a bug costs this clip
            _log.exception("picture.clip_bug", file=self.clip.file)
            self._fail(thread, repr(error))

    def _fail(self, thread: ClipThread, text: str) -> None:
        _log.error("picture.clip_failed", file=self.clip.file, error=text)
        thread.put(lambda: self._end(text))

    def _end(self, text: str) -> None:
        if self.pictures == 0:
            self._feed.end()
        self._report(
            "ended" if self.pictures else "refused",
            position_ns=0 if self._told is None else self._told.position_ms * 1_000_000,
            text=text,
        )

    def _play(self, thread: ClipThread, film: Film, path: Path) -> None:
        since_ns = self.clip.playing_since_ns
        if since_ns is None:
            for picture in film.pictures():
                self._put(thread, self._now() - CUED_BEHIND_NS, picture.frame, picture.aspect)
                self._tell(thread, "cued")
                return
            raise ClipError("no picture in it")
        if self.clip.sound and film.has_sound:
            thread.put(lambda: self._begin_sound(path))
        length_ns = 0
        while True:
            begin_ns = since_ns + length_ns
            from_s = max((self._now() - begin_ns) / NANOSECONDS - 1, 0.0)
            played_ns = self._play_once(thread, film, begin_ns, from_s if length_ns == 0 else 0.0)
            if not self.clip.loop or played_ns <= 0:
                thread.wait_until(begin_ns + played_ns)
                self._tell(thread, "ended", position_ns=played_ns)
                return
            length_ns += played_ns

    def _play_once(self, thread: ClipThread, film: Film, begin_ns: int, from_s: float) -> int:
        """Show it to its end; how long it is, in ns."""
        told_ns = 0
        length_ns = 0
        for picture in film.pictures(from_s):
            at_ns = begin_ns + round(picture.at_s * NANOSECONDS)
            thread.wait_until(at_ns - AHEAD_NS)
            self._put(thread, at_ns, picture.frame, picture.aspect)
            length_ns = at_ns - begin_ns + round(film.picture_s * NANOSECONDS)
            if at_ns - told_ns >= TELL_EVERY_NS or not told_ns:
                told_ns = at_ns
                self._tell(thread, "playing", position_ns=max(self._now() - begin_ns, 0))
        if length_ns == 0 and self.pictures == 0:
            raise ClipError("no picture in it")
        return length_ns

    def _begin_sound(self, path: Path) -> None:
        def play(thread: ClipThread) -> None:
            try:
                self._play_sound(thread, path)
            except FileFault as error:
                _log.error("picture.clip_sound_failed", file=self.clip.file, error=str(error))

        self._sound = ClipThread(f"clip-sound-{self.clip.seat}", play, self._now)
        self._watch(self.clip.file, self._sound)

    def _play_sound(self, thread: ClipThread, path: Path) -> None:
        begin_ns = self.clip.playing_since_ns or 0
        while True:
            length_ns = 0
            from_s = max((self._now() - begin_ns) / NANOSECONDS, 0.0)
            for packet in sound_packets(path, from_s, thread.step):
                at_ns = begin_ns + packet.at_ns
                thread.wait_until(at_ns + PACKET_NS)
                frames = [sound_frame(self.clip.sound, at_ns, packet.payload)]
                thread.put(partial(self._send, frames))
                length_ns = packet.at_ns + PACKET_NS
            if not self.clip.loop or length_ns <= 0:
                return
            begin_ns += length_ns

    # --- parts ------------------------------------------------------------------------------

    def _put(
        self, thread: ClipThread, session_ns: int, frame: VideoFrame, aspect: Aspect = UPRIGHT
    ) -> None:
        def put() -> None:
            self._feed.put(session_ns, frame, aspect)
            self.pictures += 1

        thread.put(put)

    def _tell(self, thread: ClipThread, state: str, *, position_ns: int = 0) -> None:
        thread.put(lambda: self._report(state, position_ns=position_ns))

    def _report(self, state: str, *, position_ns: int = 0, text: str = "") -> None:
        self._told = ClipState(
            seat=self.clip.seat,
            file=self.clip.file,
            state=state,
            position_ms=position_ns // 1_000_000,
            duration_ms=round(self._duration_s * 1000),
            text=text,
        )
        self._tell_state(self._told)
