"""A stereo source is stereo in the programme; returns hear both its sides."""

import numpy as np
import pytest

from mixer.rtp.packet import RtpPacket
from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, EncoderSettings, Samples
from mixer.wire.frame import Frame
from tests.sim.sound_seats import (
    PROGRAMME,
    RETURN,
    Conference,
    Network,
    arrivals,
    heard,
    level_db,
    library,
    loop,
    tone,
)

SECOND = 50


def stereo_packets(seconds: int) -> tuple[bytes, ...]:
    """400 Hz on the left, 700 on the right."""
    encoder = library().encoder(EncoderSettings(channels=2, bitrate=128_000))
    length = seconds * SAMPLE_RATE
    sound = np.stack((tone(400, length), tone(700, length)), axis=1)
    return tuple(encoder.encode(block) for block in sound.reshape(-1, TICK_SAMPLES, 2))


def heard_in_stereo(frames: list[Frame], publication: int) -> Samples:
    decoder = library().decoder(2)
    return np.concatenate(
        [
            decoder.decode(RtpPacket.parse(frame.payload).payload)
            for frame in frames
            if frame.publication == publication
        ]
    )


@pytest.mark.parametrize("loss", [0, 0.05])
@pytest.mark.parametrize("mono_first", [False, True])
def test_both_sides_reach_the_programme_apart(loss: float, mono_first: bool) -> None:
    held = Conference(2, programme=True)
    packets = stereo_packets(5)
    if mono_first:
        packets = loop(400)[:SECOND] + packets[SECOND:]
    held.speak(1, arrivals(packets, 5 * SECOND, Network(loss=loss, jitter_ms=2)))
    held.put_on_air(1)
    frames = held.run(5 * SECOND - 5)
    programme = heard_in_stereo(frames, PROGRAMME)
    # A growing buffer stretches by 0.2 %, which a longer piece would take for another tone.
    left, right = programme[-SAMPLE_RATE // 4 :].T
    assert level_db(left, 400) == pytest.approx(-12, abs=1 if loss else 0.5)
    assert level_db(right, 700) == pytest.approx(-12, abs=1 if loss else 0.5)
    assert level_db(left, 700) < (-35 if loss else -50)
    assert level_db(right, 400) < (-35 if loss else -50)
    mono = heard(frames, RETURN + 2)[-SAMPLE_RATE // 4 :]
    assert level_db(mono, 400) == pytest.approx(-18, abs=1 if loss else 0.5)
    # 700 Hz at 0.25 moves by 0.023 a sample.
    assert np.abs(np.diff(programme[SAMPLE_RATE // 2 :], axis=0)).max() < 0.1


def test_drift_of_a_stereo_source_is_taken_out_on_both_sides() -> None:
    held = Conference(2, programme=True)
    held.speak(1, arrivals(stereo_packets(10), 10 * SECOND, Network(ppm=300)))
    held.put_on_air(1)
    programme = heard_in_stereo(held.run(10 * SECOND - 20), PROGRAMME)[SAMPLE_RATE:]
    source = held.engine.sources[next(iter(held.engine.sources))]
    assert source.jitter.stretched > 10
    assert np.abs(np.diff(programme, axis=0)).max() < 0.05
