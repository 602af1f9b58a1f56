"""Lost, late, doubled and hostile packets: the sound goes on."""

from itertools import groupby

import numpy as np
import pytest

from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, Samples
from mixer.sound.jitter import JitterBuffer
from mixer.sound.opus_packet import carries_fec
from mixer.sound.stream import Drop
from mixer.wire.ids import TICK_NS
from tests.sim.sound_seats import MS, Arrival, Network, arrivals, library, loop

TICKS = 30 * 50


def play(sent: list[Arrival], ticks: int) -> tuple[JitterBuffer, Samples]:
    """What is played of ``sent`` in ``ticks`` ticks."""
    jitter = JitterBuffer(library().decoder())
    waiting = iter([*sent, None])
    coming = next(waiting)
    blocks = []
    for tick in range(ticks):
        while coming is not None and coming.at_ns <= tick * TICK_NS:
            jitter.insert(coming.packet, coming.at_ns)
            coming = next(waiting)
        blocks.append(jitter.read(tick * TICK_NS))
    return jitter, np.concatenate(blocks)


def delayed(sent: list[Arrival], number: int, late_ms: int) -> None:
    """Let one packet come later than the network made it."""
    at_ns = sent[number].at_ns + late_ms * MS
    sent[number] = Arrival(at_ns, sent[number].packet._replace(arrival_ns=at_ns))
    sent.sort(key=lambda arrival: arrival.at_ns)


def longest_silence_ms(sound: Samples) -> float:
    quiet = np.abs(sound) < 0.01
    runs = [sum(1 for _ in run) for is_quiet, run in groupby(quiet.tolist()) if is_quiet]
    return max(runs, default=0) * 1000 / SAMPLE_RATE


def steepest(sound: Samples) -> float:
    return float(np.abs(np.diff(sound)).max())


@pytest.mark.parametrize("speech", [False, True])
def test_at_5_percent_loss_no_gap_is_longer_than_60_ms(speech: bool) -> None:
    packets = loop(400, speech=speech)
    jitter, sound = play(arrivals(packets, TICKS, Network(loss=0.05, jitter_ms=3)), TICKS)
    sound = sound[SAMPLE_RATE:]
    assert longest_silence_ms(sound) < 60
    assert 50 < jitter.counters.lost < 100
    assert jitter.counters.concealed_samples > 0
    # 400 Hz at 0.25 moves by 0.0131 a sample; the codec's own joins add to it, a click far more.
    assert steepest(sound) < 0.1


def test_fec_repairs_losses_where_the_packet_behind_carries_it() -> None:
    packets = loop(400, speech=True)
    carried = sum(map(carries_fec, packets)) / len(packets)
    assert carried > 0.5
    jitter, _ = play(arrivals(packets, TICKS, Network(loss=0.05)), TICKS)
    assert jitter.counters.recovered > jitter.counters.lost * carried * 0.75


def test_reordering_is_concealed_once_and_waited_for_from_then_on() -> None:
    sent = arrivals(loop(400), TICKS, Network())
    for number in range(100, TICKS - 2, 7):
        first, second = sent[number], sent[number + 1]
        sent[number], sent[number + 1] = (
            Arrival(first.at_ns, second.packet),
            Arrival(second.at_ns, first.packet),
        )
    jitter, sound = play(sent, TICKS - 10)
    assert jitter.counters.lost == 0
    assert jitter.counters.concealed_samples <= 2 * TICK_SAMPLES
    assert steepest(sound[3 * SAMPLE_RATE :]) < 0.015


def test_duplicates_are_dropped_by_name() -> None:
    jitter, sound = play(arrivals(loop(400), 500, Network(duplicates=0.5)), 480)
    counters = jitter.counters
    assert counters.drops[Drop.DUPLICATE] + counters.drops[Drop.LATE] > 150
    assert steepest(sound[SAMPLE_RATE:]) < 0.015


def test_the_delay_grows_at_once_on_late_packets_and_shrinks_slowly() -> None:
    calm, rough = Network(), Network(jitter_ms=25)
    sent = [
        *arrivals(loop(400), 500, calm),
        *arrivals(loop(400), 250, rough, start_ns=500 * TICK_NS),
    ]
    first, _ = play(sent[:450], 440)
    assert 53 <= first.delay_ns / MS <= 57
    second, sound = play(sent, 740)
    assert 110 <= second.delay_ns / MS <= 400
    assert steepest(sound[SAMPLE_RATE:]) < 0.06


def test_the_delay_shrinks_only_by_stretching_while_there_is_sound() -> None:
    sent = arrivals(loop(400), 4000, Network())
    delayed(sent, 200, 100)
    jitter, sound = play(sent, 3900)
    assert jitter.delay_ns < 70 * MS
    assert jitter.stretched > 1000
    assert steepest(sound[6 * SAMPLE_RATE :]) < 0.015


def test_the_delay_shrinks_faster_in_silence() -> None:
    sent = arrivals(loop(400, amplitude=0.0005), 1500, Network())
    delayed(sent, 200, 100)
    jitter, _ = play(sent, 1300)
    assert jitter.delay_ns < 70 * MS
    # The last few steps are too near to what has not come yet, and creep.
    assert jitter.stretched < 450


def test_a_late_packet_is_played_after_all_when_nothing_came_behind_it() -> None:
    sent = arrivals(loop(400), 300, Network())
    stalled = [
        Arrival(212 * TICK_NS, arrival.packet._replace(arrival_ns=212 * TICK_NS))
        if 200 * TICK_NS < arrival.at_ns < 212 * TICK_NS
        else arrival
        for arrival in sent
    ]
    jitter, sound = play(stalled, 290)
    assert jitter.counters.lost == 0
    assert jitter.counters.drops.total() == 0
    assert jitter.delay_ns >= 240 * MS
    assert steepest(sound[SAMPLE_RATE:]) < 0.06


def test_a_jump_of_timestamps_costs_a_packet_and_no_click() -> None:
    sent = arrivals(loop(400), 600, Network())
    jumped = [
        arrival
        if number < 300
        else arrival._replace(
            packet=arrival.packet._replace(timestamp=arrival.packet.timestamp ^ 0x40000000)
        )
        for number, arrival in enumerate(sent)
    ]
    jitter, sound = play(jumped, 590)
    assert jitter.resyncs == 1
    assert jitter.counters.drops == {Drop.TIMESTAMP: 1}
    assert longest_silence_ms(sound[SAMPLE_RATE:]) < 60
    assert steepest(sound[SAMPLE_RATE:]) < 0.06


def test_an_outage_becomes_silence_and_ends_without_a_click() -> None:
    sent = [
        arrival
        for number, arrival in enumerate(arrivals(loop(400), 600, Network()))
        if not 200 <= number < 400
    ]
    jitter, sound = play(sent, 590)
    assert steepest(sound[SAMPLE_RATE:]) < 0.06
    assert np.abs(sound[300 * 960 : 390 * 960]).max() == 0
    assert np.abs(sound[420 * 960 :]).max() > 0.2
    assert 53 <= jitter.delay_ns / MS <= 57


def test_a_flood_is_bounded_and_the_sound_survives_it() -> None:
    sent = arrivals(loop(400), 300, Network())
    burst_ns = 100 * TICK_NS
    template = sent[100].packet
    flood = [
        Arrival(
            burst_ns,
            template._replace(
                sequence=template.sequence + number,
                timestamp=(template.timestamp + number * 120) & 0xFFFFFFFF,
                session_ns=template.session_ns + number * 2_500_000,
                payload=b"\\xe0",
            ),
        )
        for number in range(5000)
    ]
    jitter, sound = play(sorted([*sent, *flood], key=lambda arrival: arrival.at_ns), 290)
    assert jitter.counters.drops[Drop.FUTURE] > 4000
    assert len(jitter._stream._waiting) <= 512
    assert np.abs(sound[-50 * 960 :]).max() > 0.2


@pytest.mark.parametrize(
    "payload", [b"", b"\\xff", b"\\xff\\x00", bytes(range(256)), b"\\x7b\\xff\\xff"]
)
def test_unreadable_packets_are_concealed(payload: bytes) -> None:
    sent = [
        arrival._replace(packet=arrival.packet._replace(payload=payload))
        if number % 20 == 10
        else arrival
        for number, arrival in enumerate(arrivals(loop(400), 500, Network()))
    ]
    _, sound = play(sent, 490)
    assert longest_silence_ms(sound[SAMPLE_RATE:]) < 60


@pytest.mark.parametrize("frequency_hz", [300, 700])
def test_a_buffer_that_grows_in_its_first_second_makes_no_click(frequency_hz: int) -> None:
    sent = arrivals(loop(frequency_hz), 200, Network(base_ms=1, jitter_ms=6), seed=5)
    jitter, sound = play(sent, 190)
    assert jitter.delay_ns > 45 * MS
    # A sine of 0.25 moves by 0.025 a sample at 700 Hz; so does its cross-fade with itself.
    assert steepest(sound[SAMPLE_RATE // 5 :]) < 0.03


def test_a_line_that_begins_to_lose_waits_for_the_copies() -> None:
    sent = arrivals(loop(400, speech=True), 1000, Network(base_ms=20, loss=0.05), seed=3)
    jitter, _ = play(sent, 990)
    assert jitter.counters.lost > 30
    assert jitter.delay_ns == pytest.approx(70 * MS, abs=5 * MS)
    # Not every packet of this voice carries a copy.
    assert jitter.counters.recovered > 0.5 * jitter.counters.lost
