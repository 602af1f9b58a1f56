import numpy as np
import pytest

from mixer.sound.limiter import CEILING, KNEE, LOOKAHEAD_SAMPLES, LimiterBank
from tests.sim.sound_seats import tone


def run(sound: np.ndarray) -> np.ndarray:
    """One row through one limiter, the look-ahead taken out."""
    bank = LimiterBank(1)
    blocks = [bank.process(block[None, :])[0] for block in sound.reshape(-1, 960)]
    return np.concatenate(blocks)[LOOKAHEAD_SAMPLES:]


def test_below_the_knee_nothing_changes() -> None:
    sound = tone(440, 48_000, KNEE * 0.99)
    assert np.array_equal(run(sound), sound[:-LOOKAHEAD_SAMPLES])


@pytest.mark.parametrize("amplitude", [0.7, 1.0, 2.0, 10.0])
def test_no_sample_ever_exceeds_the_ceiling(amplitude: float) -> None:
    rng = np.random.default_rng(5)
    sound = tone(440, 96_000, amplitude) + amplitude * rng.uniform(-1, 1, 96_000)
    sound[:20_000] = 0
    limited = run(sound.astype(np.float32))
    assert np.abs(limited).max() <= CEILING + 1e-6


def test_an_impulse_out_of_silence_is_caught() -> None:
    for place in (2000, 2039, 2040, 2879, 2880):
        sound = np.zeros(9600, np.float32)
        sound[place] = 8
        limited = run(sound)
        assert np.abs(limited).max() <= CEILING + 1e-6
        assert np.abs(limited).argmax() == place


def test_the_gain_moves_without_a_click() -> None:
    rise = np.clip((np.arange(96_000) - 30_000) / 480, 0, 1)
    fall = np.clip((70_000 - np.arange(96_000)) / 480, 0, 1)
    sound = tone(200, 96_000, 0.3) * (1 + 4 * rise * fall).astype(np.float32)
    # 200 Hz moves by 0.0233 a sample at the ceiling and twice that before the gain catches it.
    assert np.abs(np.diff(run(sound))).max() < 0.05


def test_it_recovers_fully() -> None:
    sound = tone(440, 6 * 48_000, 0.25)
    sound[:4800] *= 8
    limited = run(sound)
    assert np.array_equal(limited[-4800:], sound[-4800 - 120 : -120])


def test_rows_are_independent_and_survive_a_rearrangement() -> None:
    bank = LimiterBank(2)
    loud, soft = tone(440, 960, 2.0), tone(440, 960, 0.2)
    for _ in range(3):
        bank.process(np.stack([loud, soft]))
    bank.rearrange([1, -1, 0])
    output = bank.process(np.stack([soft, soft, loud]))
    assert np.array_equal(output[0][120:], soft[:-120])
    assert np.array_equal(output[0][:120], soft[-120:])
    assert not output[1][:120].any()
    assert np.abs(output[2]).max() <= CEILING + 1e-6


def test_no_rows_are_no_trouble() -> None:
    bank = LimiterBank(0)
    assert bank.process(np.zeros((0, 960), np.float32)).shape == (0, 960)
