"""Ten minutes of nineteen sites with everything on, in virtual time: memory stays where it is."""

import ctypes
import gc
import os
import random
from pathlib import Path

import pytest

from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import OPUS
from mixer.sound.codec import TICK_SAMPLES
from mixer.wire.frame import Frame, FrameKind
from mixer.wire.ids import TICK_NS
from mixer.wire.sound import SoundFeatures
from tests.sim.sound_seats import MS, Conference, loop

SEATS = 19
MINUTE_TICKS = 60 * 50
GROWTH_BYTES = 4 << 20
"""Beyond what the first part needed: the allocator's own unrest."""


def resident_bytes() -> int:
    """What is in use: garbage, and what the allocator keeps for later, is given back first."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def hold(warm_ticks: int, ticks: int) -> int:
    """Bytes by which this process grew after it was warm; sites lose, repeat, come and go."""
    held = Conference(SEATS, programme=True)
    held.engine.put(SoundFeatures(loudness_target_lufs=-23, echo_duck=True, meters_per_s=25))
    held.put_on_air(*range(1, SEATS + 1))
    chance, coded = random.Random(1), loop(440, speech=True)
    warm = 0
    for tick in range(warm_ticks + ticks):
        if tick == warm_ticks:
            warm = resident_bytes()
        for seat in range(1, SEATS + 1):
            if chance.random() < 0.03:
                continue
            packet = RtpPacket(
                OPUS, tick & 0xFFFF, tick * TICK_SAMPLES & 0xFFFFFFFF, seat, coded[tick % 50]
            )
            at_ns = tick * TICK_NS + round(chance.expovariate(1) * 8 * MS)
            frame = Frame(
                FrameKind.RTP, seat, 0, 0, tick, at_ns, tick * TICK_NS, packet.serialize()
            )
            held.engine.insert([frame] * (1 + (chance.random() < 0.02)), at_ns)
        if tick % 500 == 499:
            source = held.engine.sources[1]  # type: ignore[index]
            held.engine.remove(source.resource.key)
            held.engine.put(source.resource)
        held.run(1)
        held.engine.meters()
        held.engine.take_loudness()
    return resident_bytes() - warm


def test_half_a_minute_leaves_memory_flat() -> None:
    assert hold(warm_ticks=500, ticks=1000) < GROWTH_BYTES


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_ten_minutes_leave_memory_flat() -> None:
    assert hold(warm_ticks=MINUTE_TICKS, ticks=9 * MINUTE_TICKS) < GROWTH_BYTES
