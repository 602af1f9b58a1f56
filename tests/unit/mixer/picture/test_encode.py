import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext

from mixer.picture.canvas import Canvas
from mixer.picture.colour import to_yuv
from mixer.picture.encode import (
    MAX_PAYLOAD_BYTES,
    SEQUENCES_PER_FRAME,
    Rendition,
)
from mixer.picture.keyframes import KeyframeRule
from mixer.picture.picture_format import STANDARD
from mixer.picture.rendition_spec import renditions
from mixer.rtp.packet import RtpPacket
from mixer.wire.frame import FLAG_KEYFRAME, Frame
from mixer.wire.ids import LAYER_LOW, LAYER_MAIN, PublicationId
from tests.picture_streams import RED, ProgrammeReader

MAIN, LOW = renditions(STANDARD)
KEYFRAME_EVERY = 50


def noise(canvas: Canvas, seed: int) -> None:
    random = np.random.default_rng(seed)
    canvas.planes.y[:] = random.integers(16, 235, canvas.planes.y.shape, dtype=np.uint8)


def test_key_frames_stand_at_even_seconds_whatever_the_first_frame() -> None:
    rule = KeyframeRule()
    keys = [frame for frame in range(1017, 1200) if rule.decide(frame)]
    assert keys == [1017, 1050, 1100, 1150]


def test_a_requested_key_frame_comes_at_once_but_not_within_half_a_second() -> None:
    rule = KeyframeRule()
    keys: list[int] = []
    for frame in range(1000, 1050):
        if frame in (1020, 1021, 1024):
            rule.request()
        if rule.decide(frame):
            keys.append(frame)
    assert keys == [1000, 1020, 1033]


def test_while_sites_join_two_key_frames_come_a_second_and_later_one() -> None:
    rule = KeyframeRule()
    keys: list[int] = []
    for frame in range(1000, 1400):
        rule.request()  # a receiver that loses packets all the time
        if rule.decide(frame):
            keys.append(frame)
    gaps = np.diff(keys)
    joining = gaps[np.array(keys[1:]) < 1000 + 5 * 25]
    assert min(gaps) >= 13
    assert max(joining) <= 25
    assert min(gaps[-8:]) >= 25


@pytest.mark.parametrize("rate", [25, 30])
def test_who_asks_just_before_an_even_second_waits_for_it(rate: int) -> None:
    rule = KeyframeRule(rate)
    first = 2 * rate * 20
    asked = {first + 2 * rate - 1, first + 4 * rate - rate // 3}
    keys: list[int] = []
    for frame in range(first, first + 5 * rate):
        if frame in asked:
            rule.request()
        if rule.decide(frame):
            keys.append(frame)
    assert keys == [first, first + 2 * rate, first + 4 * rate]


def test_a_hole_over_the_even_second_makes_a_key_frame_after_it() -> None:
    rule = KeyframeRule()
    assert rule.decide(1010)
    assert not rule.decide(1020)
    assert rule.decide(1077)


def test_the_renditions_are_full_and_half_size() -> None:
    assert (MAIN.layer, MAIN.width, MAIN.height) == (LAYER_MAIN, 1280, 720)
    assert (LOW.layer, LOW.width, LOW.height, LOW.maxrate) == (LAYER_LOW, 640, 360, 300_000)


def encode(rendition: Rendition, first: int, count: int, *, moving: bool) -> list[Frame]:
    canvas = Canvas(1280, 720)
    canvas.fill(canvas.whole, to_yuv(*RED))
    frames: list[Frame] = []
    for number in range(first, first + count):
        if moving:
            noise(canvas, number)
        frames += rendition.encode(canvas.frame(), number)
    return frames


@pytest.mark.parametrize("spec", [MAIN, LOW])
def test_what_goes_out_is_marked_timed_and_decodes(spec: object) -> None:
    chosen = MAIN if spec is MAIN else LOW
    rendition = Rendition(chosen, PublicationId(9))
    frames = encode(rendition, 1000, 60, moving=False)
    assert all(len(frame.payload) <= 12 + MAX_PAYLOAD_BYTES for frame in frames)
    flagged = [frame.session_ns // 40_000_000 for frame in frames if frame.flags & FLAG_KEYFRAME]
    assert flagged == [1000, 1050]
    assert all(frame.arrival_ns == 0 for frame in frames)
    reader = ProgrammeReader(layer=chosen.layer)
    reader.feed(frames)
    assert reader.numbers == list(range(1000, 1060))
    assert reader.keyframes == [1000, 1050]
    assert reader.shows(RED, 100, 100)
    assert reader.picture is not None
    assert (reader.picture.width, reader.picture.height) == (chosen.width, chosen.height)


def test_sequences_of_a_later_life_are_above_those_of_an_earlier_one() -> None:
    first = encode(Rendition(MAIN, PublicationId(9)), 1000, KEYFRAME_EVERY, moving=True)
    last = first[-1]
    assert [frame.sequence for frame in first] == list(
        range(1000 * SEQUENCES_PER_FRAME, last.sequence + 1)
    )
    assert last.sequence < 1050 * SEQUENCES_PER_FRAME
    again = encode(Rendition(MAIN, PublicationId(9)), 1050, 1, moving=False)
    assert again[0].sequence == 1050 * SEQUENCES_PER_FRAME
    packets = [RtpPacket.parse(frame.payload) for frame in first]
    assert all(
        packet.sequence == frame.sequence & 0xFFFF
        for packet, frame in zip(packets, first, strict=True)
    )
    assert len({packet.ssrc for packet in packets}) == 1


def test_the_hardest_picture_keeps_to_the_bit_rate() -> None:
    for spec in (MAIN, LOW):
        rendition = Rendition(spec, PublicationId(9))
        encode(rendition, 1000, 2 * KEYFRAME_EVERY, moving=True)
        seconds = 2 * KEYFRAME_EVERY / 25
        assert rendition.size_bytes * 8 <= spec.maxrate * seconds * 1.1 + spec.bufsize


def test_the_stream_says_its_colours_and_the_profile_browsers_take() -> None:
    rendition = Rendition(MAIN, PublicationId(9))
    reader = ProgrammeReader()
    reader.feed(encode(rendition, 1000, 1, moving=False))
    picture = reader.picture
    assert picture is not None
    assert (int(picture.colorspace), int(picture.color_range)) == (6, 1)
    context = reader._context
    assert isinstance(context, VideoCodecContext)
    assert "Baseline" in str(context.profile)


def test_an_encoder_that_fails_is_made_anew_and_leaves_no_hole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rendition = Rendition(LOW, PublicationId(9))
    before = encode(rendition, 1000, 5, moving=False)

    class Broken:
        def encode(self, _frame: object) -> list[bytes]:
            raise av.error.ExternalError(1, "broken")

    monkeypatch.setattr(rendition, "_context", Broken())
    after = encode(rendition, 1005, 1, moving=False)
    assert rendition.errors == 1
    assert after[0].session_ns == 1005 * 40_000_000
    assert after[0].flags & FLAG_KEYFRAME
    assert after[0].sequence == before[-1].sequence + 1
