import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from av.video.frame import VideoFrame

from mixer.picture.decode import (
    MAX_UNITS,
    DecodeDrop,
    Decoder,
    Gate,
    open_decoder,
    too_large,
)
from mixer.picture.feed import Aspect
from mixer.rtp.assembler import AccessUnit
from tests.picture_streams import Camera


class Sink:
    def __init__(self) -> None:
        self.pictures: list[tuple[int, tuple[int, int]]] = []
        self.refused = 0

    def put(self, session_ns: int, frame: VideoFrame, aspect: Aspect) -> None:
        self.aspect = aspect
        self.pictures.append((session_ns, (frame.width, frame.height)))

    def refuse(self) -> None:
        self.refused += 1


def unit(payload: bytes = b"x", session_ns: int = 0, **more: Any) -> AccessUnit:
    values: dict[str, Any] = {"keyframe": False, "first_sequence": 0, "last_sequence": 0}
    values |= {"rtp_timestamp": 0, **more}
    return AccessUnit(payload, session_ns=session_ns, **values)


def wait(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.fixture(params=["vp8", "h264"])
def codec(request: pytest.FixtureRequest) -> str:
    return str(request.param)


KEY: dict[str, Any] = {"keyframe": True, "width": 320, "height": 180}


@pytest.mark.parametrize(
    ("units", "dropped"),
    [
        ([unit()], [DecodeDrop.BEFORE_KEYFRAME]),
        ([unit(**KEY), unit()], [None, None]),
        ([unit(**KEY), unit(lost_before=2), unit()], [None] + [DecodeDrop.AFTER_LOSS] * 2),
        ([unit(**KEY), unit(lost_before=2), unit(**KEY)], [None, DecodeDrop.AFTER_LOSS, None]),
        ([unit(**KEY, lost_before=4), unit()], [None, None]),
        ([unit(**KEY, complete=False)], [DecodeDrop.BEFORE_KEYFRAME]),
        (
            [unit(keyframe=True, width=4097, height=100), unit()],
            [DecodeDrop.TOO_LARGE] * 2,
        ),
        (
            [unit(keyframe=True, width=5000, height=5000), unit(**KEY), unit()],
            [DecodeDrop.TOO_LARGE, None, None],
        ),
    ],
)
def test_the_gate_opens_at_a_key_frame_and_closes_at_a_loss(
    units: list[AccessUnit], dropped: list[DecodeDrop | None]
) -> None:
    gate = Gate()
    assert [gate.admit(one, queue_full=False) for one in units] == dropped


def test_a_full_queue_closes_the_gate_until_the_next_key_frame() -> None:
    gate = Gate()
    gate.admit(unit(**KEY), queue_full=False)
    assert gate.admit(unit(), queue_full=True) is DecodeDrop.QUEUE_FULL
    assert gate.admit(unit(), queue_full=False) is DecodeDrop.QUEUE_FULL
    assert gate.needs_keyframe
    assert gate.admit(unit(**KEY), queue_full=True) is None
    assert not gate.needs_keyframe


def test_a_key_frame_does_not_help_against_too_large_pictures() -> None:
    gate = Gate()
    gate.admit(unit(keyframe=True, width=5000, height=5000), queue_full=False)
    assert not gate.needs_keyframe


@pytest.mark.parametrize(
    ("size", "refused"),
    [((4096, 2304), False), ((2304, 4096), False), ((4098, 2), True), ((4096, 2306), True)],
)
def test_the_largest_size_holds_either_way_up(size: tuple[int, int], refused: bool) -> None:
    assert too_large(*size) is refused


def test_pictures_come_out_with_their_session_times(codec: str) -> None:
    sink, camera = Sink(), Camera(1, codec)
    decoder = Decoder(codec, sink, "test")
    for number in range(10):
        decoder.push(unit(camera.coded(), number * 40_000_000, keyframe=number == 0))
    wait(lambda: len(sink.pictures) == 10)
    assert sink.pictures == [(number * 40_000_000, (320, 180)) for number in range(10)]
    decoder.close()
    assert decoder.join(60)


def test_a_corrupt_stream_is_contained_and_decoding_goes_on_at_a_key_frame(codec: str) -> None:
    sink, camera = Sink(), Camera(1, codec)
    decoder = Decoder(codec, sink, "test")
    decoder.push(unit(camera.coded(), keyframe=True))
    wait(lambda: len(sink.pictures) == 1)
    noise = random.Random(5)
    for number in range(20):
        decoder.push(unit(noise.randbytes(400), keyframe=number % 4 == 0))
        wait(lambda: not decoder._units)
    wait(lambda: decoder.drops.total() > 0)
    before = len(sink.pictures)
    camera.resize(160, 90)
    decoder.push(unit(camera.coded(keyframe=True), 7, keyframe=True))
    wait(lambda: len(sink.pictures) > before)
    assert sink.pictures[-1] == (7, (160, 90))
    decoder.close()


def test_a_bug_in_the_decoder_costs_pictures_not_the_thread() -> None:
    sink, camera = Sink(), Camera(1)
    calls = 0

    def make(codec: str) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("no decoder today")
        return open_decoder(codec)

    decoder = Decoder("vp8", sink, "test", make)
    decoder.push(unit(camera.coded(), keyframe=True))
    wait(decoder.take_failure)
    decoder.push(unit(camera.coded(keyframe=True), keyframe=True))
    wait(lambda: len(sink.pictures) == 1)
    decoder.close()


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (321, 181), (16, 720)])
def test_small_and_odd_sizes_decode(size: tuple[int, int]) -> None:
    sink, camera = Sink(), Camera(1, "vp8", size)
    decoder = Decoder("vp8", sink, "test")
    decoder.push(unit(camera.coded(), keyframe=True))
    wait(lambda: len(sink.pictures) == 1)
    assert sink.pictures[0][1] == size
    decoder.close()


def test_a_size_nobody_told_is_refused_by_the_decoder(codec: str) -> None:
    sink, camera = Sink(), Camera(1, codec, (4098, 2400))
    decoder = Decoder(codec, sink, "test")
    decoder.push(unit(camera.coded(), keyframe=True))
    wait(lambda: decoder.drops.total() > 0)
    assert sink.pictures == []
    decoder.close()


def test_a_slow_decoder_never_makes_its_feeder_wait() -> None:
    entered, release = threading.Event(), threading.Event()

    class Slow:
        def decode(self, _packet: object) -> list[VideoFrame]:
            entered.set()
            release.wait()
            return []

    decoder = Decoder("vp8", Sink(), "test", lambda _codec: Slow())  # type: ignore[arg-type,return-value]
    decoder.push(unit(keyframe=True))
    entered.wait()
    # The decoder stands until the end of this: whoever waited for it would wait for ever.
    for _ in range(MAX_UNITS + 2):
        decoder.push(unit(keyframe=True))
    assert decoder.drops[DecodeDrop.QUEUE_FULL] >= MAX_UNITS
    decoder.close()
    assert not decoder.join(0.01)
    release.set()
    assert decoder.join(60)


def test_a_closed_decoder_gives_no_more_pictures() -> None:
    sink, camera = Sink(), Camera(1)
    decoder = Decoder("vp8", sink, "test")
    decoder.close()
    decoder.push(unit(camera.coded(), keyframe=True))
    assert decoder.join(60)
    assert sink.pictures == []
