"""Whatever comes over the link, each tick is a whole block of finite sound in bounded memory."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from mixer.sound.codec import TICK_SAMPLES
from mixer.sound.jitter import AudioPacket, JitterBuffer
from mixer.sound.stream import MAX_WAITING
from mixer.wire.ids import TICK_NS
from tests.sim.sound_seats import library, loop

PACKETS = loop(400)

steps = st.lists(
    st.tuples(
        st.integers(-5, 40),  # ticks that pass before; below 0 none
        st.one_of(st.integers(-20, 20), st.integers(-(2**20), 2**20)),  # sequence
        st.one_of(st.integers(-3, 3), st.integers(-(2**31), 2**31)),  # timestamp, frames off
        st.one_of(st.integers(-30, 30), st.integers(-3000, 3000)),  # capture, ms off
        st.one_of(st.sampled_from(PACKETS), st.binary(max_size=60)),
    ),
    max_size=60,
)


# Found by chance once: what is to be judged as quiet lies wholly behind what is decoded.
BEHIND = PACKETS[0]
BEYOND_THE_END = [
    *[(0, 0, 0, 0, b"")] * 2,
    (0, 0, 3, 0, BEHIND),
    (4, 0, 0, -9, BEHIND),
    *[(0, 0, 0, 0, BEHIND)] * 3,
    (1, 0, 0, 0, BEHIND),
]


@example(BEYOND_THE_END)
@given(steps)
def test_no_sequence_of_packets_breaks_a_buffer(
    steps: list[tuple[int, int, int, int, bytes]],
) -> None:
    jitter = JitterBuffer(library().decoder())
    tick = 1000
    for passing, sequence, frames_off, ms_off, payload in steps:
        for _ in range(max(passing, 0)):
            block = jitter.read(tick * TICK_NS)
            assert block.shape == (TICK_SAMPLES,)
            assert block.dtype == np.float32
            assert np.isfinite(block).all()
            tick += 1
        captured_ns = tick * TICK_NS + ms_off * 1_000_000
        timestamp = (tick + frames_off) * TICK_SAMPLES & 0xFFFFFFFF
        jitter.insert(
            AudioPacket(tick + sequence, timestamp, captured_ns, tick * TICK_NS, payload),
            tick * TICK_NS,
        )
        assert len(jitter._stream._waiting) <= MAX_WAITING
    counters = jitter.counters
    waiting = len(jitter._stream._waiting)
    assert counters.decoded + counters.drops.total() + waiting == counters.received
    assert 40_000_000 <= jitter.delay_ns <= 400_000_000
