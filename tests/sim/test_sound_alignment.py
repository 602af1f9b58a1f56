"""What was captured at s is in every output at s plus the delay that is told."""

import numpy as np
import pytest

from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, EncoderSettings, Samples, samples_to_ns
from mixer.wire.ids import TICK_NS, PublicationId
from tests.sim.sound_seats import (
    AAC,
    MS,
    PROGRAMME,
    RETURN,
    Conference,
    Network,
    arrivals,
    heard,
    library,
)
from tests.sim.test_sound_restart import decode_aac, of

TICKS = 280
CLICKS = [60_007 + 37_001 * number for number in range(5)]
"""Samples at which the seat claps; each time at another place of a tick."""


def clapping() -> tuple[tuple[bytes, ...], int]:
    """Packets of a seat that claps, and by how many samples the encoder is late."""
    encoder = library().encoder(EncoderSettings())
    sound = np.zeros(TICKS * TICK_SAMPLES, np.float32)
    sound[CLICKS] = 0.6
    blocks = sound.reshape(-1, TICK_SAMPLES)
    return tuple(encoder.encode(block) for block in blocks), encoder.lookahead_samples


def nearest_peak_ns(sound: Samples, start_ns: int, expected_ns: int) -> int:
    """When the loudest sample within 50 ms of ``expected_ns`` is."""
    place = round((expected_ns - start_ns) * SAMPLE_RATE / 1e9)
    low = place - SAMPLE_RATE // 20
    around = np.abs(sound[low : place + SAMPLE_RATE // 20])
    assert around.max() > 0.1
    return start_ns + samples_to_ns(low + int(around.argmax()))


@pytest.mark.parametrize(
    "network",
    [Network(), Network(base_ms=90), Network(jitter_ms=4), Network(ppm=200), Network(ppm=-200)],
    ids=["calm", "far", "jitter", "slow", "fast"],
)
def test_a_clap_is_heard_its_told_delay_after_its_capture(network: Network) -> None:
    start_ns = 3 * TICK_NS + 6 * MS
    packets, encoder_samples = clapping()
    held = Conference(2, programme=True)
    held.speak(1, arrivals(packets, TICKS, network, start_ns=start_ns))
    held.put_on_air(1)
    frames, told_ns = [], []
    for _ in range(TICKS):
        frames += held.run(1)
        told_ns.append(held.engine.delays_ns()[PublicationId(1)])
    units = of(frames, AAC)
    assert held.engine._programme is not None
    outputs = [
        (decode_aac(units, held.engine._programme.aac.codec.configuration), units[0].session_ns),
        (heard(frames, PROGRAMME), -samples_to_ns(120)),
        (heard(frames, RETURN + 2), -samples_to_ns(120)),
    ]
    for click in CLICKS:
        capture_ns = samples_to_ns(click + encoder_samples) * (1 + network.ppm * 1e-6)
        tick = round(start_ns + capture_ns) // TICK_NS + 3
        expected_ns = round(start_ns + capture_ns) + told_ns[tick]
        for sound, output_start_ns in outputs:
            error_ns = nearest_peak_ns(sound, output_start_ns, expected_ns) - expected_ns
            # The position has a dead band of 1 ms and is corrected beyond it.
            assert abs(error_ns) <= 2 * MS
