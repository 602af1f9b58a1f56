import pytest

from bench.sound import SEATS
from bench.sound_beside import late_counts, sound_resources
from bench.workers import BenchError
from mixer.sound.engine import SoundEngine
from mixer.sound.ticks import LATE_BOUNDS_MS
from tests.sim.sound_seats import library

NAMES = [f"lianxian_sound_late_ticks_total{one}" for one in (*LATE_BOUNDS_MS[:-1], "+Inf")]


def test_ticks_are_counted_between_two_readings() -> None:
    before = dict.fromkeys(NAMES, 100.0)
    after = {name: 300.0 + 50 * place for place, name in enumerate(NAMES)}
    counts = late_counts(before, after)
    assert counts[LATE_BOUNDS_MS[0]] == 200
    assert counts[LATE_BOUNDS_MS[1]] == 50
    assert sum(counts.values()) == after[NAMES[-1]] - 100


def test_a_process_that_hardly_ticked_spoils_the_run() -> None:
    with pytest.raises(BenchError, match="ticks"):
        late_counts(dict.fromkeys(NAMES, 0.0), dict.fromkeys(NAMES, 10.0))


def test_sound_takes_all_that_it_is_given() -> None:
    engine = SoundEngine(library())
    for resource in sound_resources():
        engine.put(resource)
    assert len(engine.sources) == SEATS
    assert len(engine.resources) == len(sound_resources())
