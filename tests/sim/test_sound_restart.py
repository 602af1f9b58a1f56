"""A sound process that died goes on with the numbers, and sites come and go without a click."""

import av
import numpy as np
import pytest

from mixer.rtp.packet import RtpPacket
from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, Samples
from mixer.sound.encode import AacStream
from mixer.wire.frame import Frame, FrameKind
from mixer.wire.ids import TICK_NS, PublicationId
from mixer.wire.resources import SoundSource
from tests.sim.sound_seats import AAC, PROGRAMME, RETURN, Conference, Network, arrivals, heard, loop


def of(frames: list[Frame], publication: int) -> list[Frame]:
    return [frame for frame in frames if frame.publication == publication]


def test_a_restart_continues_the_numbering_of_returns() -> None:
    first = Conference(2)
    before = first.run(100)
    second = Conference(2)
    second.tick = 140
    after = second.run(10)
    for frames, start in ((before, 0), (after, 140)):
        for number, frame in enumerate(of(frames, RETURN + 1), start=start):
            packet = RtpPacket.parse(frame.payload)
            assert frame.sequence == number
            assert frame.session_ns == number * TICK_NS
            assert packet.sequence == number & 0xFFFF
            assert packet.timestamp == number * TICK_SAMPLES


def test_numbers_wrap_on_the_wire_and_not_on_the_link() -> None:
    held = Conference(1)
    tick = 5_000_000_000
    held.tick = tick
    frame = of(held.run(1), RETURN + 1)[0]
    packet = RtpPacket.parse(frame.payload)
    assert frame.sequence == tick
    assert packet.sequence == tick % 65_536
    assert packet.timestamp == tick * TICK_SAMPLES % 2**32


def test_access_units_stay_on_one_grid_over_a_restart() -> None:
    for start in (0, 140, 1234567):
        held = Conference(1, programme=True)
        held.tick = start
        units = of(held.run(60), AAC)
        assert all(unit.kind == FrameKind.ACCESS_UNIT for unit in units)
        numbers = [unit.sequence for unit in units]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        for unit in units:
            assert unit.session_ns == unit.sequence * 1024 * 62_500 // 3
        # One unit of priming stands before the first whole one of this life.
        assert numbers[0] + 1 == -(-start * TICK_SAMPLES // 1024)


def decode_aac(units: list[Frame], configuration: bytes) -> Samples:
    decoder = av.CodecContext.create("aac", "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.extradata = configuration
    return np.concatenate(
        [
            decoded.to_ndarray()[0]
            for unit in units
            for decoded in decoder.decode(av.Packet(unit.payload))
        ]
    )


@pytest.mark.parametrize("start", [0, 77, 123_456])
def test_a_click_in_aac_is_at_its_session_time(start: int) -> None:
    stream = AacStream(PublicationId(AAC))
    sound = np.zeros(100 * TICK_SAMPLES, np.float32)
    clicks = (20_000, 50_007, 80_123)
    sound[list(clicks)] = 0.9
    units: list[Frame] = []
    for tick in range(100):
        block = sound[tick * TICK_SAMPLES : (tick + 1) * TICK_SAMPLES]
        units += stream.frames(start + tick, np.repeat(block[:, None], 2, axis=1))
    decoded = decode_aac(units, stream.codec.configuration)
    origin = round(units[0].session_ns * SAMPLE_RATE / 1e9) - start * TICK_SAMPLES
    for click in clicks:
        around = np.abs(decoded[click - origin - 480 : click - origin + 480])
        assert abs(int(around.argmax()) - 480) <= SAMPLE_RATE // 1000
        assert around.max() > 0.2


def test_skipped_ticks_are_lost_packets_in_returns_and_silence_in_aac() -> None:
    held = Conference(1, programme=True)
    frames = held.run(50)
    held.tick += 30
    frames += held.run(50)
    assert [frame.sequence for frame in of(frames, RETURN + 1)] == [*range(50), *range(80, 130)]
    numbers = [unit.sequence for unit in of(frames, AAC)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_after_a_long_gap_aac_begins_anew_at_the_right_time() -> None:
    held = Conference(1, programme=True)
    held.run(50)
    held.tick = 100_000
    numbers = [unit.sequence for unit in of(held.run(50), AAC)]
    assert numbers[0] + 1 == 100_000 * TICK_SAMPLES // 1024
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@pytest.mark.parametrize("change", ["leave", "mute", "gain"])
def test_a_site_that_leaves_or_is_muted_makes_no_click(change: str) -> None:
    held = Conference(2, programme=True)
    held.speak(1, arrivals(loop(440), 200, Network()))
    held.put_on_air(1)
    frames = held.run(100)
    publication = PublicationId(1)
    resource = held.engine.sources[publication].resource
    if change == "leave":
        held.engine.remove(resource.key)
    else:
        held.engine.put(
            SoundSource(
                publication=publication,
                group=resource.group,
                muted=change == "mute",
                gain_db=-6 if change == "gain" else 0,
            )
        )
    frames += held.run(80)
    sound = heard(frames, PROGRAMME)[SAMPLE_RATE:]
    assert np.abs(sound[: SAMPLE_RATE // 2]).max() == pytest.approx(0.25, abs=0.02)
    # The encoder is lossy, so a little above the 0.0144 of the tone itself.
    assert np.abs(np.diff(sound)).max() < 0.025
    after = np.abs(sound[-SAMPLE_RATE // 4 :]).max()
    assert after == pytest.approx(0.125 if change == "gain" else 0, abs=0.01)
