import numpy as np
import pytest

from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, Samples
from mixer.sound.strip import ChannelStrip, Voice, meter_together
from mixer.wire.ids import GroupId, PublicationId
from mixer.wire.resources import SoundSource
from tests.sim.sound_seats import level_db, tone


def source(**changes: float) -> SoundSource:
    return SoundSource(publication=PublicationId(1), group=GroupId(1), **changes)  # type: ignore[arg-type]


def run(strip: ChannelStrip, sound: Samples, resource: SoundSource) -> tuple[Samples, Samples]:
    """Left and right in the programme, and mono, of all ticks."""
    voices: list[Voice] = [
        strip.process(sound[start:][:TICK_SAMPLES], resource, closed=False)[0]
        for start in range(0, len(sound), TICK_SAMPLES)
    ]
    mono = np.concatenate([voice.mono for voice in voices])
    sides = [
        np.zeros((2, TICK_SAMPLES), np.float32) if one.sides is None else one.sides
        for one in voices
    ]
    return mono + np.concatenate(sides, axis=1), mono


def stereo(left: Samples, right: Samples) -> Samples:
    return np.stack((left, right), axis=1)


def test_a_mono_source_is_the_same_on_both_sides_and_costs_no_stereo() -> None:
    strip = ChannelStrip()
    voice, _ = strip.process(tone(400, TICK_SAMPLES), source(), closed=False)
    assert voice.sides is None


def test_a_stereo_source_stays_stereo_and_returns_hear_both_sides() -> None:
    sound = stereo(tone(400, SAMPLE_RATE), tone(700, SAMPLE_RATE))
    (left, right), mono = run(ChannelStrip(), sound, source())
    assert level_db(left, 400) == pytest.approx(-12, abs=0.3)
    assert level_db(left, 700) < -60
    assert level_db(right, 700) == pytest.approx(-12, abs=0.3)
    assert level_db(mono, 400) == pytest.approx(-18, abs=0.3)
    assert level_db(mono, 700) == pytest.approx(-18, abs=0.3)


@pytest.mark.parametrize(("pan", "left_gain", "right_gain"), [(-1, 1, 0), (1, 0, 1), (0.5, 0.5, 1)])
def test_pan_moves_the_programme_and_leaves_returns_alone(
    pan: float, left_gain: float, right_gain: float
) -> None:
    sound = tone(400, SAMPLE_RATE)
    (left, right), mono = run(ChannelStrip(), sound, source(pan=pan))
    late = slice(-TICK_SAMPLES, None)
    assert np.allclose(left[late], sound[late] * left_gain, atol=1e-6)
    assert np.allclose(right[late], sound[late] * right_gain, atol=1e-6)
    assert np.allclose(mono[late], sound[late])


@pytest.mark.parametrize("delay_ms", [1, 20, 137.5, 500])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_delay_is_exact(delay_ms: float, channels: int) -> None:
    sound = np.zeros(SAMPLE_RATE, np.float32)
    sound[7000] = 0.5
    _, mono = run(
        ChannelStrip(), sound if channels == 1 else stereo(sound, sound), source(delay_ms=delay_ms)
    )
    assert int(np.abs(mono).argmax()) == 7000 + round(delay_ms * 48)


def test_changes_of_delay_pan_and_high_pass_make_no_click() -> None:
    strip = ChannelStrip()
    sound = tone(200, SAMPLE_RATE)
    heard = []
    for number, resource in enumerate(
        (source(), source(delay_ms=3), source(pan=-0.7), source(highpass_hz=90), source())
    ):
        part = sound[number * 9600 : (number + 1) * 9600]
        heard.append(run(strip, part, resource)[0])
    # 200 Hz at 0.25 moves by 0.0066 a sample.
    assert np.abs(np.diff(np.concatenate(heard, axis=1)[:, TICK_SAMPLES:])).max() < 0.02


def test_the_high_pass_takes_rumble_and_leaves_speech() -> None:
    sound = tone(30, 2 * SAMPLE_RATE) + tone(1000, 2 * SAMPLE_RATE)
    _, mono = run(ChannelStrip(), sound, source(highpass_hz=120))
    assert level_db(mono[-SAMPLE_RATE:], 30) < -35
    assert level_db(mono[-SAMPLE_RATE:], 1000) == pytest.approx(-12, abs=0.2)


def test_meters_tell_peak_rms_and_clipping_once() -> None:
    strip = ChannelStrip()
    run(strip, tone(1000, SAMPLE_RATE, 0.5), source(gain_db=-6, muted=True))
    strip.take_meter()
    run(strip, tone(1000, SAMPLE_RATE, 0.5), source(gain_db=-6, muted=True))
    meter = strip.take_meter()
    assert meter.peak_db == pytest.approx(-12, abs=0.1)
    assert meter.rms_db == pytest.approx(-15, abs=0.1)
    assert not meter.clipped
    run(strip, np.clip(tone(1000, TICK_SAMPLES, 2.0), -1, 1), source(gain_db=-20))
    assert strip.take_meter().clipped
    assert strip.take_meter() == (-120, -120, False)


def test_meters_read_the_same_together_and_alone() -> None:
    together = [ChannelStrip() for _ in range(5)]
    alone = [ChannelStrip() for _ in range(5)]
    resources = [
        source(),
        source(gain_db=6),
        source(highpass_hz=300),
        source(delay_ms=10),
        source(gain_db=-3),
    ]
    for tick in range(6):
        for number, resource in enumerate(resources):
            sound = tone(200 + 300 * number, TICK_SAMPLES, 0.1 + 0.1 * tick)
            if number == 4:
                sound = stereo(sound, 0.5 * sound)
            for strips in (together, alone):
                strips[number].process(sound, resource, closed=False)
        meter_together(together)
    for one, other in zip(together, alone, strict=True):
        assert one.take_meter() == pytest.approx(other.take_meter(), abs=1e-4)


def test_a_source_at_full_scale_is_told_as_clipped_whatever_the_strip_makes_of_it() -> None:
    for resource in (source(), source(gain_db=-20), source(highpass_hz=500), source(delay_ms=5)):
        strip = ChannelStrip()
        strip.process(tone(100, TICK_SAMPLES, 1.0), resource, closed=False)
        meter_together([strip])
        assert strip.take_meter().clipped
        strip.process(tone(100, TICK_SAMPLES, 0.5), resource, closed=False)
        assert not strip.take_meter().clipped
