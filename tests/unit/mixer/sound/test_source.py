import gc
import weakref

import numpy as np
import pytest

from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import OPUS, VP8
from mixer.sound.source import FrameDrop, Source
from mixer.sound.strip import decibels
from mixer.wire.frame import Frame, FrameKind
from mixer.wire.ids import TICK_NS, GroupId, PublicationId
from mixer.wire.resources import SoundSource
from tests.sim.sound_seats import library, loop


def resource(*, gain_db: float = 0, muted: bool = False) -> SoundSource:
    return SoundSource(publication=PublicationId(1), group=GroupId(1), gain_db=gain_db, muted=muted)


def frame(tick: int, payload_type: int = OPUS) -> Frame:
    packets = loop(400)
    packet = RtpPacket(payload_type, tick, tick * 960, 1, packets[tick % len(packets)])
    now_ns = tick * TICK_NS
    return Frame(FrameKind.RTP, 1, 0, 0, tick, now_ns, now_ns, packet.serialize())


def play(source: Source, first: int, ticks: int) -> np.ndarray:
    blocks = []
    for tick in range(first, first + ticks):
        source.insert(frame(tick), tick * TICK_NS)
        blocks.append(source.read(tick * TICK_NS).voice.mono)
    return np.concatenate(blocks)


def test_the_gain_applies_and_the_meter_shows_it() -> None:
    source = Source(resource(gain_db=-6), library())
    sound = play(source, 0, 50)
    assert np.abs(sound[-960:]).max() == pytest.approx(0.125, abs=0.01)
    assert source.take_meter().peak_db == pytest.approx(-18, abs=0.7)
    assert source.take_meter().peak_db == -120


def test_a_muted_source_is_silent_and_its_meter_still_moves() -> None:
    source = Source(resource(muted=True), library())
    assert not play(source, 0, 50).any()
    assert source.take_meter().peak_db == pytest.approx(-12, abs=0.7)


def test_a_change_of_gain_is_a_ramp() -> None:
    source = Source(resource(), library())
    play(source, 0, 50)
    source.resource = resource(gain_db=-60)
    sound = play(source, 50, 2)
    assert np.abs(np.diff(sound)).max() < 0.02
    assert np.abs(sound[-960:]).max() < 0.001


def test_frames_that_are_no_opus_are_dropped_by_name() -> None:
    source = Source(resource(), library())
    source.insert(frame(0, payload_type=VP8), 0)
    source.insert(frame(0)._replace(payload=b"\x00" * 20), 0)
    source.insert(frame(0)._replace(payload=b""), 0)
    assert source.drops == {FrameDrop.NOT_OPUS: 1, FrameDrop.MALFORMED_RTP: 2}


def test_another_life_restarts_the_buffer_and_the_same_does_not() -> None:
    source = Source(resource(), library())
    source.begin_life(1)
    play(source, 0, 20)
    source.begin_life(1)
    assert source.jitter.resyncs == 0
    source.begin_life(2)
    assert source.jitter.resyncs == 1


@pytest.mark.parametrize(("amplitude", "level"), [(1, 0), (0.5, -6.02), (0, -120)])
def test_levels_are_in_dbfs(amplitude: float, level: float) -> None:
    assert decibels(amplitude) == pytest.approx(level, abs=0.01)


def test_a_source_that_is_gone_is_freed_at_once() -> None:
    gc.disable()
    try:
        source = Source(SoundSource(publication=PublicationId(1), group=GroupId(1)), library())
        gone = weakref.ref(source)
        del source
        assert gone() is None
    finally:
        gc.enable()
