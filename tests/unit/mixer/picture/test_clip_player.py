"""A clip whose reading or decoding hangs: the programme falls back, and the next one plays."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from av.video.frame import VideoFrame

from mixer.picture import clip_player
from mixer.picture.clip_file import FilmPicture, Step
from mixer.picture.clip_sound import SoundPacket
from mixer.picture.clip_thread import ClipThread, ClosedError
from mixer.picture.clips import Clips
from mixer.picture.decode import Decoder
from mixer.picture.feed import UPRIGHT, Feed
from mixer.picture.hangs import HUNG_NS, MAX_HUNG, Hangs, TooManyHangError
from mixer.wire.control import ClipState
from mixer.wire.frame import Frame
from mixer.wire.ids import NANOSECONDS, PublicationId
from mixer.wire.link import LinkMessage, LinkPublish
from mixer.wire.picture import Clip
from tests.picture_studio import wait

STEP_NS = 40_000_000
SEAT, SOUND = "clip", PublicationId(950)
SINCE_NS = 1000 * NANOSECONDS
"""Long ago by session time: nothing has to be waited for."""


class Disk:
    """What the faked films do; threads that stand in it go on when they are let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.stands = threading.Semaphore(0)
        self.opened: list[str] = []
        self.opens_slowly = False
        self.whole = 3
        """Pictures until the film stands."""
        self.sound_stands = False
        self.packets_read = 0

    def stand(self) -> None:
        self.stands.release()
        self.go.wait()


DISK = Disk()


class FakeFilm:
    """A film of black pictures, ten a second."""

    has_sound = True
    duration_s = 60.0
    picture_s = 0.1

    def __init__(self, path: Path, step: Step) -> None:
        self._path, self._step = path, step
        DISK.opened.append(path.name)
        if DISK.opens_slowly:
            DISK.stand()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def pictures(self, _from_s: float = 0.0) -> Iterator[FilmPicture]:
        for number in range(DISK.whole):
            self._step()
            yield FilmPicture(number / 10, VideoFrame(16, 16, "yuv420p"), UPRIGHT)
        if self._path.name.startswith("good"):
            return
        DISK.stand()
        yield FilmPicture(DISK.whole / 10, VideoFrame(16, 16, "yuv420p"), UPRIGHT)


def fake_sound(_path: Path, _from_s: float, step: Step) -> Iterator[SoundPacket]:
    if DISK.sound_stands:
        DISK.stand()
    step()
    yield SoundPacket(0, b"x")


class Bench:
    """Clips without a worker, the watch over them, and its clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.feed = Feed()
        self.hangs = Hangs(Decoder)
        self.told: list[ClipState] = []
        self.sent: list[Frame] = []
        self.link: list[LinkMessage] = []
        self.session_ns = SINCE_NS + 3600 * NANOSECONDS
        self.now_ns = 0
        self.clips = Clips(
            folder,
            lambda _seat: self.feed,
            self.link.append,
            (lambda: self.session_ns, self.told.append, self.sent.extend),
            self.hangs.watch,
        )

    def put(self, file: str, since_ns: int | None = SINCE_NS, *, sound: bool = False) -> None:
        (self.folder / file).touch()
        self.clips.put(
            Clip(
                seat=SEAT,
                file=file,
                playing_since_ns=since_ns,
                sound=SOUND if sound else PublicationId(0),
            )
        )

    def pass_ns(self, span_ns: int) -> None:
        for _ in range(span_ns // STEP_NS):
            self.now_ns += STEP_NS
            assert self.hangs.advance(self.now_ns) == []
            self.clips.advance(self.hangs.files)

    def states(self) -> list[tuple[str, str, str]]:
        return [(one.file, one.state, one.text) for one in self.told]

    def until(self, state: str) -> None:
        wait(lambda: bool(self.told) and self.told[-1].state == state)

    def let_go(self) -> None:
        """What stands goes on, and the watch sees it end."""

        def ended() -> bool:
            self.pass_ns(STEP_NS)
            return self.hangs.files == set()

        DISK.go.set()
        wait(ended)

    def stands(self) -> None:
        """A thread has begun to stand, and the watch has seen it."""
        assert DISK.stands.acquire(timeout=60)
        self.pass_ns(2 * STEP_NS)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    DISK.__init__()  # type: ignore[misc]
    monkeypatch.setattr(clip_player, "Film", FakeFilm)
    monkeypatch.setattr(clip_player, "sound_packets", fake_sound)
    made = Bench(tmp_path)
    made.hangs.advance(0)
    yield made
    DISK.go.set()
    assert made.clips.close()


def awaits(feed: Feed) -> bool:
    return feed.awaits


def shown(feed: Feed, session_ns: int) -> bool:
    return feed.at(session_ns // STEP_NS).picture is not None


def test_one_that_hangs_before_its_first_picture_is_refused(bench: Bench) -> None:
    DISK.opens_slowly = True
    bench.put("bad.mp4")
    bench.stands()
    bench.pass_ns(HUNG_NS - 3 * STEP_NS)
    assert bench.hangs.files == set()
    assert awaits(bench.feed)
    bench.pass_ns(2 * STEP_NS)
    assert bench.hangs.files == {"bad.mp4"}
    assert bench.states() == [("bad.mp4", "refused", clip_player.HANGS)]
    assert not awaits(bench.feed)  # a take waits for it no longer
    assert bench.clips.states() == bench.told


def test_one_that_hangs_while_it_plays_ends_on_its_last_picture(bench: Bench) -> None:
    bench.put("bad.mp4")
    bench.stands()
    assert bench.states()[-1] == ("bad.mp4", "playing", "")
    bench.pass_ns(HUNG_NS)
    assert bench.states()[-1] == ("bad.mp4", "ended", clip_player.HANGS)
    assert bench.told[-1].position_ms == 3600_000  # where it was
    assert shown(bench.feed, bench.session_ns)


def test_it_is_watched_no_more_and_puts_nothing_once_it_goes_on(bench: Bench) -> None:
    put: list[int] = []
    bench.feed.put = lambda at_ns, *_: put.append(at_ns)  # type: ignore[method-assign]
    bench.put("bad.mp4")
    bench.stands()
    bench.pass_ns(HUNG_NS)
    told = len(bench.told)
    bench.let_go()
    assert len(put) == DISK.whole
    assert len(bench.told) == told


def test_the_next_clip_plays_and_the_same_file_is_not_opened_while_its_thread_is_there(
    bench: Bench,
) -> None:
    bench.put("bad.mp4")
    bench.stands()
    bench.pass_ns(HUNG_NS)
    bench.put("good.mp4")
    wait(lambda: bench.states()[-1] == ("good.mp4", "ended", ""))
    bench.put("bad.mp4")
    bench.pass_ns(STEP_NS)
    assert bench.states()[-1] == ("bad.mp4", "refused", clip_player.HANGS)
    assert DISK.opened == ["bad.mp4", "good.mp4"]
    bench.let_go()
    bench.put("bad.mp4", SINCE_NS + 1)
    wait(lambda: DISK.opened == ["bad.mp4", "good.mp4", "bad.mp4"])


def test_one_stopped_while_it_stands_is_found_and_its_successor_with_it(bench: Bench) -> None:
    DISK.opens_slowly = True
    bench.put("bad.mp4", None)
    bench.stands()
    bench.put("bad.mp4")
    assert DISK.opened == ["bad.mp4"]  # the one that plays waits for the one that was cued
    bench.pass_ns(HUNG_NS)
    assert bench.states() == [("bad.mp4", "refused", clip_player.HANGS)]
    assert DISK.opened == ["bad.mp4"]


def test_a_successor_begins_as_soon_as_the_one_before_has_ended(bench: Bench) -> None:
    DISK.opens_slowly = True
    bench.put("good.mp4", None)
    bench.stands()
    bench.put("good.mp4")
    bench.pass_ns(HUNG_NS // 2)
    DISK.go.set()
    bench.until("ended")
    assert DISK.opened == ["good.mp4", "good.mp4"]
    assert [state for _, state, _ in bench.states()] == ["playing", "ended"]  # never cued


def test_sound_that_hangs_is_missing_only(bench: Bench) -> None:
    DISK.sound_stands = True
    bench.session_ns = SINCE_NS
    bench.put("good.mp4", sound=True)
    bench.stands()
    wait(lambda: len(bench.told) == 1)
    bench.pass_ns(HUNG_NS)
    assert bench.hangs.files == {"good.mp4"}
    assert bench.states() == [("good.mp4", "playing", "")]
    bench.session_ns += NANOSECONDS
    bench.until("ended")
    bench.let_go()
    assert bench.sent == []
    assert isinstance(bench.link[-1], LinkPublish)


def test_one_that_waits_for_its_time_does_not_hang(bench: Bench) -> None:
    bench.put("good.mp4", bench.session_ns + NANOSECONDS)
    wait(lambda: DISK.opened == ["good.mp4"])
    time.sleep(0.05)
    bench.pass_ns(3 * HUNG_NS)
    assert bench.hangs.files == set()
    bench.session_ns += 2 * NANOSECONDS
    bench.until("ended")


def test_their_threads_count_with_those_of_sources_and_do_not_hold_the_end(bench: Bench) -> None:
    for number in range(MAX_HUNG + 1):
        bench.put(f"bad{number}.mp4")
        bench.stands()
    with pytest.raises(TooManyHangError):
        bench.pass_ns(2 * HUNG_NS)
    assert len(bench.hangs.files) == MAX_HUNG + 1
    began_s = time.monotonic()
    assert not bench.clips.close()
    assert time.monotonic() - began_s < 2 * MAX_HUNG


def test_a_closed_thread_gets_no_further(bench: Bench) -> None:
    bench.put("bad.mp4")
    bench.stands()
    player = bench.clips._players[SEAT]
    (thread,) = player.threads
    player.stop()
    with pytest.raises(ClosedError):
        thread.put(lambda: pytest.fail("it came out"))


class Ending:
    """A thread that ends when it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def join(self, _timeout_s: float) -> bool:
        return self.go.wait()


def test_one_closed_as_the_one_before_it_ends_never_begins() -> None:
    former = Ending()
    begun: list[ClipThread] = []
    thread = ClipThread("clip-test", begun.append, lambda: 0, [former])  # type: ignore[list-item]
    assert thread.awaits_former
    thread.close()
    former.go.set()
    assert thread.join(60)
    assert begun == []
