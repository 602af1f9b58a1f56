"""Redundant frames repair what the network loses, both ways."""

from itertools import pairwise

import numpy as np

from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import OPUS, RED
from mixer.rtp.red import Redundant, split_red
from mixer.sound.codec import SAMPLE_RATE
from mixer.sound.jitter import AudioPacket, JitterBuffer
from mixer.wire.frame import Frame, FrameKind
from mixer.wire.ids import TICK_NS, GroupId, PublicationId
from mixer.wire.resources import SoundReturn
from tests.sim.sound_seats import RETURN, Conference, Network, arrivals, library, loop

TICKS = 20 * 50


def test_at_5_percent_loss_one_old_frame_repairs_nearly_all() -> None:
    plain = arrivals(loop(400), TICKS, Network())
    sent = [
        one._replace(packet=one.packet._replace(old=(Redundant(960, before.packet.payload),)))
        for before, one in pairwise(plain)
    ]
    chance = np.random.default_rng(3)
    kept = [one for one in sent if chance.random() > 0.05]
    jitter = JitterBuffer(library().decoder())
    blocks = []
    for tick in range(TICKS - 10):
        while kept and kept[0].at_ns <= tick * TICK_NS:
            jitter.insert(kept[0].packet, kept.pop(0).at_ns)
        blocks.append(jitter.read(tick * TICK_NS))
    counters = jitter.counters
    assert counters.lost > 30
    assert counters.redundant > 0.9 * counters.lost
    assert counters.drops.total() == 0
    sound = np.concatenate(blocks)[SAMPLE_RATE:]
    assert np.abs(np.diff(sound)).max() < 0.03


def test_a_source_that_sends_red_is_heard() -> None:
    held = Conference(2)
    packets = loop(400)
    for tick in range(60):
        old = packets[(tick - 1) % 50] if tick else b""
        head = (0x80 | OPUS) << 24 | 960 << 10 | len(old)
        payload = head.to_bytes(4, "big") + bytes((OPUS,)) + old + packets[tick % 50]
        wire = RtpPacket(RED, tick, tick * 960, 1, payload if tick % 9 else b"\xef")
        now_ns = tick * TICK_NS
        frame = Frame(FrameKind.RTP, 1, 0, 0, tick, now_ns, now_ns, wire.serialize())
        held.engine.insert([frame], now_ns)
        held.run(1)
    source = held.engine.sources[PublicationId(1)]
    assert source.drop_counts() == {"malformed_red": 7}
    assert source.jitter.counters.redundant >= 5
    assert source.take_meter().peak_db > -13


def test_a_return_carries_the_frame_before_when_asked_and_its_bit_rate_changes_live() -> None:
    held = Conference(2)
    held.speak(1, arrivals(loop(400), 200, Network()))
    held.put_on_air(1)
    held.run(50)
    name = PublicationId(RETURN + 2)
    held.engine.put(SoundReturn(publication=name, group=GroupId(2), redundancy=True))
    packets = [RtpPacket.parse(one.payload) for one in held.run(50) if one.publication == name]
    assert {packet.payload_type for packet in packets} == {RED}
    frames = [split_red(packet.payload) for packet in packets]
    for (before, _), (_, old) in pairwise(frames):
        assert old == (Redundant(960, before),)
    held.engine.put(SoundReturn(publication=name, group=GroupId(2), bitrate=24_000))
    slow = [RtpPacket.parse(one.payload) for one in held.run(50) if one.publication == name]
    assert {packet.payload_type for packet in slow} == {OPUS}
    assert np.mean([len(packet.payload) for packet in slow]) < 70
    assert np.mean([len(new) for new, _ in frames]) > 120


def test_an_old_frame_alone_is_no_packet_of_its_own() -> None:
    jitter = JitterBuffer(library().decoder())
    packet = loop(400)[0]
    for number in (0, 2):
        at_ns = number * TICK_NS
        old = (Redundant(960, b""), Redundant(1920, packet))
        jitter.insert(AudioPacket(number, number * 960, at_ns, at_ns, packet, old), at_ns)
    assert jitter.counters.received == 2
