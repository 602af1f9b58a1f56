import numpy as np
import pytest

from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import OPUS
from mixer.sound.codec import EncoderSettings, OpusError
from mixer.sound.encode import AacStream, OpusStream
from mixer.wire.frame import FLAG_KEYFRAME
from mixer.wire.ids import Codec, PublicationId
from tests.sim.sound_seats import library, tone

STEREO_TICK = np.zeros((960, 2), np.float32)


def test_opus_travels_as_rtp_with_our_payload_type() -> None:
    stream = OpusStream(library(), PublicationId(7), EncoderSettings())
    frame = stream.frame(70_000, tone(500, 960))
    packet = RtpPacket.parse(frame.payload)
    assert (packet.payload_type, packet.ssrc, packet.sequence) == (OPUS, 7, 70_000 % 65_536)
    assert (frame.publication, frame.layer, frame.arrival_ns) == (7, 0, 0)
    assert stream.codec.codec is Codec.OPUS
    assert (stream.codec.channels, stream.codec.priming_samples) == (1, 120)


def test_a_block_of_the_wrong_shape_is_refused() -> None:
    stream = OpusStream(library(), PublicationId(7), EncoderSettings(channels=2))
    with pytest.raises(OpusError):
        stream.frame(0, tone(500, 960))


def test_returns_keep_to_their_bit_rate() -> None:
    stream = OpusStream(library(), PublicationId(7), EncoderSettings(bitrate=64_000))
    noise = np.random.default_rng(3).uniform(-0.3, 0.3, (100, 960)).astype(np.float32)
    payloads = [
        len(RtpPacket.parse(stream.frame(tick, block).payload).payload)
        for tick, block in enumerate(noise)
    ]
    assert sum(payloads) * 8 / 2 == pytest.approx(64_000, rel=0.1)
    assert max(payloads) < 400


def test_aac_units_are_whole_and_independent() -> None:
    stream = AacStream(PublicationId(8))
    frames = [frame for tick in range(64) for frame in stream.frames(tick, STEREO_TICK)]
    # 60 units of 1024 samples make 64 ticks of 960; the encoder holds one back.
    assert len(frames) == 59
    assert all(frame.flags == FLAG_KEYFRAME for frame in frames)
    assert frames[0].sequence == -1
    assert frames[0].session_ns < 0
    assert stream.codec.priming_samples == 1024
    assert stream.codec.configuration[:2] == b"\x11\x90"


@pytest.mark.parametrize("start", range(16))
def test_any_tick_may_be_the_first(start: int) -> None:
    stream = AacStream(PublicationId(8))
    frames = [frame for tick in range(20) for frame in stream.frames(start + tick, STEREO_TICK)]
    assert frames[0].sequence + 1 == -(-start * 960 // 1024)
    assert frames[-1].session_ns <= (start + 19) * 20_000_000


def test_time_that_runs_back_begins_anew() -> None:
    stream = AacStream(PublicationId(8))
    for tick in range(100, 110):
        stream.frames(tick, STEREO_TICK)
    frames = [frame for tick in range(50, 60) for frame in stream.frames(tick, STEREO_TICK)]
    assert stream.restarts == 1
    assert frames[0].sequence == -(-50 * 960 // 1024) - 1
