"""Each site hears everyone on air but itself."""

import numpy as np
import pytest

from mixer.sound.codec import SAMPLE_RATE
from tests.sim.sound_seats import (
    PROGRAMME,
    RETURN,
    Conference,
    Network,
    arrivals,
    heard,
    level_db,
    loop,
)

TONES_HZ = {1: 500, 2: 800, 3: 1300}
SECONDS = 3


@pytest.fixture(scope="module")
def conference() -> dict[int, np.ndarray]:
    """Seats 1 and 2 are on air, 3 is not; what each hears in the last second."""
    held = Conference(3, programme=True)
    for seat, frequency_hz in TONES_HZ.items():
        held.speak(seat, arrivals(loop(frequency_hz), SECONDS * 50, Network(), seat))
    held.put_on_air(1, 2)
    frames = held.run(SECONDS * 50)
    publications = {seat: RETURN + seat for seat in TONES_HZ} | {0: PROGRAMME}
    return {
        listener: heard(frames, publication)[-SAMPLE_RATE:]
        for listener, publication in publications.items()
    }


def test_own_sound_is_at_least_60_db_under_what_others_hear(
    conference: dict[int, np.ndarray],
) -> None:
    for own, other in ((1, 2), (2, 1)):
        in_own = level_db(conference[own], TONES_HZ[own])
        in_other = level_db(conference[other], TONES_HZ[own])
        assert in_other - in_own >= 60


def test_others_hear_a_site_as_loud_as_it_speaks(conference: dict[int, np.ndarray]) -> None:
    spoken_db = 20 * np.log10(0.25)
    for listener, speaker in ((1, 2), (2, 1), (3, 1), (3, 2), (0, 1), (0, 2)):
        assert level_db(conference[listener], TONES_HZ[speaker]) == pytest.approx(
            spoken_db, abs=0.5
        )


def test_a_site_not_on_air_is_heard_by_nobody(conference: dict[int, np.ndarray]) -> None:
    # What is left is the codec's own noise, which differs a little between processors.
    for listener in (0, 1, 2, 3):
        assert level_db(conference[listener], TONES_HZ[3]) < -75


def test_two_devices_of_one_site_do_not_hear_each_other() -> None:
    held = Conference(3)
    source = held.engine.sources[2].resource  # type: ignore[index]
    held.engine.put(type(source)(publication=source.publication, group=1))  # type: ignore[arg-type]
    for seat, frequency_hz in TONES_HZ.items():
        held.speak(seat, arrivals(loop(frequency_hz), 150, Network(), seat))
    held.put_on_air(1, 3)
    frames = held.run(150)
    sound = heard(frames, RETURN + 1)[-SAMPLE_RATE:]
    assert level_db(sound, TONES_HZ[1]) < -80
    assert level_db(sound, TONES_HZ[2]) < -80
    assert level_db(sound, TONES_HZ[3]) > -14
