"""A decoder that makes no progress though it has work is found, one that is slow or idle is not."""

import os
import threading
from collections.abc import Callable, Iterator

import pytest
from av.video.frame import VideoFrame

from mixer.picture.decode import Decoder
from mixer.picture.feed import Feed
from mixer.picture.hangs import HUNG_NS, LOWEST_PRIORITY, MAX_HUNG, Hangs, TooManyHangError
from mixer.picture.intake import Intakes
from mixer.rtp.assembler import AccessUnit
from tests.picture_studio import wait

STEP_NS = 40_000_000


class Standing:
    """A codec that stands until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.stands = threading.Event()

    def decode(self, _packet: object) -> list[VideoFrame]:
        self.stands.set()
        self.go.wait()
        return []


class Bench:
    """Watched decoders over one codec, and a clock."""

    def __init__(self) -> None:
        self.codec = Standing()
        self.hangs = Hangs(self._make)
        self.decoders: list[Decoder] = []
        self.now_ns = 0
        self.began: Callable[[], object] = lambda: None

    def _make(self, codec: str, feed: Feed, name: str) -> Decoder:
        return Decoder(
            codec,
            feed,
            name,
            lambda _codec: self.codec,  # type: ignore[arg-type,return-value]
            self.began,
        )

    def decoder(self, publication: int) -> Decoder:
        made = self.hangs.decoder("vp8", Feed(), f"{publication}-0")
        self.decoders.append(made)
        return made

    def stand(self, publication: int) -> Decoder:
        decoder = self.decoder(publication)
        self.codec.stands.clear()
        decoder.push(unit())
        assert self.codec.stands.wait(60)
        self.pass_ns(STEP_NS)
        return decoder

    def pass_ns(self, span_ns: int, step_ns: int = STEP_NS) -> list[int]:
        found: list[int] = []
        for _ in range(span_ns // step_ns):
            self.now_ns += step_ns
            found += self.hangs.advance(self.now_ns)
        return found


def unit() -> AccessUnit:
    return AccessUnit(b"x", True, 0, 0, 0, 0)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    made.hangs.advance(0)
    yield made
    made.codec.go.set()
    for decoder in made.decoders:
        decoder.close()
        assert decoder.join(60)


def test_who_stands_over_a_picture_is_found_once_and_stands_aside(bench: Bench) -> None:
    bad, good = bench.stand(7), bench.decoder(8)
    assert bench.pass_ns(HUNG_NS - STEP_NS) == []
    assert bench.hangs.publications == set()
    assert bench.pass_ns(STEP_NS) == [7]
    assert bench.pass_ns(HUNG_NS) == []
    assert bench.hangs.publications == {7}
    assert os.getpriority(os.PRIO_PROCESS, bad.native_id) == LOWEST_PRIORITY
    assert os.getpriority(os.PRIO_PROCESS, good.native_id) < LOWEST_PRIORITY


def test_it_hangs_until_its_thread_ends(bench: Bench) -> None:
    bad = bench.stand(7)
    bench.pass_ns(HUNG_NS)
    bench.codec.go.set()
    assert bad.join(60)  # it was closed when it was found
    bench.pass_ns(STEP_NS)
    assert bench.hangs.publications == set()


def test_whose_units_are_not_taken_hangs_too(bench: Bench) -> None:
    bench.began = bench.codec.go.wait
    decoder = bench.decoder(7)
    assert bench.pass_ns(2 * HUNG_NS) == []
    decoder.push(unit())
    assert bench.pass_ns(HUNG_NS) == [7]


def test_progress_begins_the_time_anew_and_idle_ones_never_hang(bench: Bench) -> None:
    decoder = bench.stand(7)
    bench.pass_ns(HUNG_NS - STEP_NS)
    bench.codec.go.set()
    wait(lambda: not decoder.has_work)
    bench.codec.go.clear()
    bench.codec.stands.clear()
    decoder.push(unit())
    assert bench.codec.stands.wait(60)
    assert bench.pass_ns(HUNG_NS) == []
    assert bench.pass_ns(STEP_NS) == [7]  # the first step saw that it went on


def test_a_process_that_stood_still_accuses_nobody(bench: Bench) -> None:
    bench.stand(7)
    assert bench.pass_ns(4 * HUNG_NS, 2 * HUNG_NS) == []


def test_one_closed_while_it_hangs_is_found_as_well(bench: Bench) -> None:
    bench.stand(7).close()
    assert bench.pass_ns(HUNG_NS) == [7]


def test_with_too_many_the_process_is_to_begin_anew_after_all_are_told(bench: Bench) -> None:
    for publication in range(MAX_HUNG + 1):
        bench.stand(publication)
    found = bench.pass_ns(HUNG_NS)
    assert found == list(range(MAX_HUNG + 1))
    with pytest.raises(TooManyHangError):
        bench.pass_ns(STEP_NS)


def test_intakes_take_what_is_watched() -> None:
    """The worker hands the watch's decoders to its intakes; the types must fit."""
    hangs = Hangs(Decoder)
    assert Intakes(lambda _message: None, hangs.decoder).open_count == 0
