"""Own sound in the own return, with Opus in between as in the product."""

from collections.abc import Sequence

import numpy as np
import pytest

from mixer.sound.codec import EncoderSettings
from mixer.sound.opus import open_opus
from server.demo.judge_return import (
    Return,
    Spectrum,
    decode_return,
    in_order,
    judge_returns,
    measure_step,
)
from server.demo.plan import Step
from server.demo.verdict import Row
from server.simulate.capture import CapturedPacket
from server.simulate.marks import tone_hz
from tests.demo_programme import NUMBERS, RATE, Samples, speak, step

TICK = 960
SECONDS = 4.0
STEP = step("call-in", "hall_remote", ["beijing", "school"], 0.0, SECONDS)
LIBRARY = open_opus()


def sent(samples: Samples, first_timestamp: int = 4_294_960_000) -> list[CapturedPacket]:
    """Coded as sound codes a return; the RTP time wraps on the way."""
    encoder = LIBRARY.encoder(EncoderSettings())
    return [
        CapturedPacket(
            arrival_ns=100_000_000_000 + index * 20_000_000,
            sequence=index,
            rtp_timestamp=(first_timestamp + index * TICK) % (1 << 32),
            opus=encoder.encode(samples[index * TICK : (index + 1) * TICK]),
        )
        for index in range(len(samples) // TICK)
    ]


def heard(packets: Sequence[CapturedPacket]) -> Return:
    return decode_return(packets, LIBRARY.decoder().decode, 100.0)


def returns_of(shown: Step, leak: float = 0.0) -> dict[str, Return]:
    """Mix-minus for all on air; ``leak``: how much of himself each hears."""
    found = {}
    for seat in shown.scene.slots:
        others = [other for other in shown.scene.slots if other != seat]
        mix = speak(others, SECONDS) + np.float32(leak) * speak([seat], SECONDS)
        found[seat] = heard(sent(mix))
    return found


def judged(leak: float, shown: Step = STEP) -> list[Row]:
    return judge_returns([shown], returns_of(shown, leak), NUMBERS)


def test_mix_minus_is_proved_50_db_down() -> None:
    rows = judged(0.0)
    assert [row.ok for row in rows] == [True, True], [row.value for row in rows]


@pytest.mark.parametrize("leak_db", [-45, -20, 0])
def test_own_sound_in_the_own_return_is_found_out(leak_db: int) -> None:
    audible, own = judged(10 ** (leak_db / 20))
    assert audible.ok
    assert not own.ok
    assert "beijing in call-in" in own.value


def test_a_leak_is_measured_to_2_db() -> None:
    (first, _) = measure_step(STEP, returns_of(STEP, 0.01), NUMBERS)
    assert first.own_db == pytest.approx(-40, abs=2)
    assert first.others_dbfs == pytest.approx(-26, abs=2)


def test_a_site_the_others_do_not_hear_is_found_out() -> None:
    returns = returns_of(STEP)
    returns["school"] = heard(sent(np.zeros(round(SECONDS * RATE), np.float32)))
    audible, _ = judge_returns([STEP], returns, NUMBERS)
    assert not audible.ok
    assert "beijing in call-in" in audible.value


def test_a_return_that_was_not_kept_is_found_out() -> None:
    returns = returns_of(STEP)
    del returns["school"]
    rows = judge_returns([STEP], returns, NUMBERS)
    assert not rows[0].ok
    assert rows[0].value == "beijing: no unbroken sound kept; school: no unbroken sound kept"
    assert not rows[1].ok


def test_a_gap_begins_a_new_stretch() -> None:
    packets = sent(speak(["beijing"], SECONDS))
    found = heard(packets[:100] + packets[110:])
    assert [round(len(one) / TICK) for one in found.stretches] == [100, 90]
    assert found.times_s == pytest.approx((0.0, 2.2))
    part = found.longest(0.5, 3.9)
    assert (part.from_s, part.until_s) == pytest.approx((2.2, 3.9))
    assert len(found.cut(part)) == pytest.approx(1.7 * RATE, abs=2)


def test_a_packet_repaired_late_is_put_in_its_place() -> None:
    packets = sent(speak(["beijing"], 1.0))
    late = packets[10]._replace(arrival_ns=packets[14].arrival_ns + 1)
    shuffled = [*packets[:10], *packets[11:], late]
    assert [packet.sequence for _, packet in in_order(shuffled)] == list(range(50))
    assert len(heard(shuffled).stretches) == 1


def test_a_new_stream_stands_behind_the_one_before() -> None:
    first = sent(speak(["beijing"], 0.2))
    second = [
        packet._replace(arrival_ns=packet.arrival_ns + 1_000_000_000)
        for packet in sent(speak(["beijing"], 0.2), 2_000_000_000)
    ]
    assert len(heard([*first, *second]).stretches) == 2


def test_levels_are_those_of_a_sine() -> None:
    time_s = np.arange(2 * RATE) / RATE
    samples = (0.05 * np.sin(2 * np.pi * tone_hz(4) * time_s)).astype(np.float32)
    assert Spectrum(samples).level_dbfs(tone_hz(4)) == pytest.approx(-26.0, abs=0.1)
    assert Spectrum(samples).level_dbfs(tone_hz(5)) < -100
