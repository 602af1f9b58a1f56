"""Sources that do what sources should not: no click, no growth, and all of it counted."""

import numpy as np
import pytest

from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, Samples
from mixer.sound.jitter import AudioPacket, JitterBuffer
from mixer.sound.stream import MAX_WAITING, Drop
from mixer.wire.ids import TICK_NS
from tests.sim.sound_seats import (
    MS,
    RETURN,
    Arrival,
    Conference,
    Network,
    arrivals,
    heard,
    library,
    loop,
)

TONE_STEP = 0.015
"""400 Hz at 0.25 moves by 0.0131 a sample."""


def joined(packets: tuple[bytes, ...]) -> bytes:
    """Several frames as one packet, each with its size (RFC 6716 section 3.2.5, VBR)."""
    if len(packets) == 1:
        return packets[0]
    sizes = bytes(len(packet) - 1 for packet in packets[:-1])
    head = bytes((packets[0][0] & 0xFC | 3, 0x80 | len(packets)))
    return head + sizes + b"".join(packet[1:] for packet in packets)


def in_packets_of(counts: list[int], network: Network, start_ns: int = 0) -> list[Arrival]:
    """A tone whose sender puts so many frames of 20 ms into each packet."""
    frames, found, place = loop(400), [], 0
    for number, count in enumerate(counts):
        coded = joined(tuple(frames[(place + one) % len(frames)] for one in range(count)))
        captured_ns = start_ns + place * TICK_NS
        # A longer packet is complete later.
        at_ns = captured_ns + round(network.base_ms * MS) + (count - 1) * TICK_NS
        packet = AudioPacket(number, place * TICK_SAMPLES, captured_ns, at_ns, coded)
        found.append(Arrival(at_ns, packet))
        place += count
    return found


def play(sent: list[Arrival], ticks: int) -> tuple[JitterBuffer, Samples]:
    jitter, blocks, waiting = JitterBuffer(library().decoder()), [], list(sent)
    for tick in range(ticks):
        while waiting and waiting[0].at_ns <= tick * TICK_NS:
            jitter.insert(waiting[0].packet, waiting.pop(0).at_ns)
        blocks.append(jitter.read(tick * TICK_NS))
        assert len(jitter._stream._waiting) <= MAX_WAITING
    return jitter, np.concatenate(blocks)


def steepest(sound: Samples) -> float:
    return float(np.abs(np.diff(sound)).max())


def test_a_source_that_changes_its_frame_size_is_played_on() -> None:
    sizes = [1] * 100 + [2] * 50 + [3] * 40 + [1] * 100
    jitter, sound = play(in_packets_of(sizes, Network()), 400)
    assert jitter.counters.lost == 0
    assert jitter.counters.drops.total() == 0
    # The first longer packet of each size may come too late; from then on it is waited for.
    assert jitter.counters.concealed_samples <= 6 * TICK_SAMPLES
    assert steepest(sound[SAMPLE_RATE:]) < 4 * TONE_STEP
    assert steepest(sound[-2 * SAMPLE_RATE :]) < TONE_STEP
    assert jitter.delay_ns <= 150 * MS


def test_a_source_that_starves_again_and_again_fades_and_comes_back() -> None:
    sent = [
        arrival
        for number, arrival in enumerate(arrivals(loop(400), 500, Network()))
        if number % 50 < 30
    ]
    jitter, sound = play(sent, 490)
    assert steepest(sound[SAMPLE_RATE:]) < 4 * TONE_STEP
    # Ten pauses of 400 ms, of which 100 each are concealed and the rest is silence.
    assert jitter.counters.lost >= 8 * 20
    assert jitter.counters.concealed_samples > 8 * 0.3 * SAMPLE_RATE
    assert jitter.delay_ns <= 80 * MS


@pytest.mark.parametrize("jump", [7 * SAMPLE_RATE, -3 * SAMPLE_RATE])
def test_a_source_whose_clock_begins_anew_with_another_rate_goes_on(jump: int) -> None:
    before = arrivals(loop(400), 200, Network())
    after = [
        arrival._replace(
            packet=arrival.packet._replace(
                sequence=arrival.packet.sequence + 200,
                timestamp=(arrival.packet.timestamp + 200 * TICK_SAMPLES + jump) & 0xFFFFFFFF,
            )
        )
        for arrival in arrivals(loop(400), 300, Network(ppm=400), start_ns=200 * TICK_NS)
    ]
    jitter, sound = play([*before, *after], 490)
    assert jitter.counters.drops[Drop.TIMESTAMP] == 1
    assert jitter.resyncs == 1
    assert steepest(sound[SAMPLE_RATE:]) < 4 * TONE_STEP
    assert np.abs(sound[-SAMPLE_RATE:]).max() > 0.2


def test_a_source_that_floods_and_leaves_in_mid_word_makes_no_click_for_others() -> None:
    held = Conference(3)
    held.speak(1, arrivals(loop(400), 300, Network()))
    held.speak(2, arrivals(loop(700), 120, Network()))
    for copy in range(10):
        held.speak(2, arrivals(loop(1300), 120, Network(duplicates=1), copy + 5))
    held.put_on_air(1, 2)
    frames = held.run(110)
    flooding = held.engine.sources[2]  # type: ignore[index]
    assert len(flooding.jitter._stream._waiting) <= MAX_WAITING
    held.engine.remove(flooding.resource.key)
    frames += held.run(100)
    sound = heard(frames, RETURN + 3)[SAMPLE_RATE:]
    # 700 Hz at 0.25 moves by 0.023 a sample, both together by 0.036.
    assert steepest(sound) < 0.05
    # What it had thrown away is still counted after it left.
    assert held.engine.drops[Drop.DUPLICATE] + held.engine.drops[Drop.LATE] > 500
