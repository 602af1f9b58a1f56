from math import inf

import pytest

from mixer.forward.drops import Drop
from mixer.forward.interface import NOTHING, AudioLevel, Extensions, OutLine
from mixer.rtp import payload_type as types
from mixer.rtp.packet import RtpPacket
from mixer.rtp.rtcp import Nack, ReceiverReport, Remb, ReportBlock, TransportFeedback
from mixer.wire.ids import MediaKind
from tests.unit.mixer.forward.layers_rig import (
    LAYERS,
    OUT,
    OUT_RTX_SSRC,
    OUT_SSRC,
    SOUND,
    SOUND_OUT,
    SOUND_OUT_SSRC,
    LayersRig,
    sound_out,
)
from tests.unit.mixer.forward.rig import MS, PUBLISHER, VIEWER, Rig


def numbers(packets: list[RtpPacket]) -> list[int]:
    return [int.from_bytes(packet.extensions[11], "big") for packet in packets]


def test_receivers_get_their_own_ids_and_nothing_of_the_publishers(layers: LayersRig) -> None:
    layers.video(0, key=True)
    (packet,) = layers.to_viewer()
    assert packet.extensions.keys() == {9, 11}
    assert packet.extensions[9] == b"v"


def test_the_mid_goes_until_the_receiver_has_reported(layers: LayersRig) -> None:
    layers.video(0, key=True)
    layers.rtcp(ReceiverReport(1, (ReportBlock(OUT_SSRC),)))
    layers.video(0)
    layers.sound(1)
    sent = layers.rtp_to(VIEWER)
    assert [packet.extensions.get(9) for packet in sent] == [b"v", None, b"a"]


def test_levels_and_voice_pass(layers: LayersRig) -> None:
    layers.sound(1, 25, voice=True)
    (packet,) = layers.to_viewer(SOUND_OUT_SSRC)
    assert packet.extensions[10] == bytes((0x80 | 25,))


def test_orientation_passes_and_is_told_with_taps(layers: LayersRig) -> None:
    layers.fanout.set_tap(LAYERS[0], tapped=True)
    batch = layers.publish(layers.packet(0, key=True), {1: b"0", 2: b"l", 6: b"\x03"})
    assert batch.tapped[0].rotation == 3
    assert layers.to_viewer()[0].extensions[12] == b"\x03"
    # A picture whose last packet says nothing is upright.
    assert layers.video(0).tapped[0].rotation == 0


def test_transport_numbers_count_everything_that_leaves(layers: LayersRig) -> None:
    layers.video(0, key=True)
    layers.sound(1)
    layers.video(0)
    sent = layers.rtp_to(VIEWER)
    assert numbers(sent) == [1, 2, 3]
    layers.rtcp(Nack(1, OUT_SSRC, (sent[0].sequence,)))
    assert numbers(layers.to_viewer(OUT_RTX_SSRC)) == [4]


def test_a_packet_the_kernel_refused_is_told_as_lost(layers: LayersRig) -> None:
    layers.video(0, key=True)
    layers.socket.error = BlockingIOError()
    layers.video(0)
    layers.socket.error = None
    layers.video(0)
    assert numbers(layers.to_viewer()) == [1, 3]


def test_absolute_time_for_those_who_estimate_themselves(layers: LayersRig) -> None:
    line = OutLine(
        MediaKind.VIDEO, OUT_SSRC, 0, {types.VP8: 96}, {}, extensions=Extensions(absolute_time=7)
    )
    layers.fanout.add_out(OUT, 2, line)
    layers.now_ns = 65_000_000_000 - MS
    layers.video(0, key=True)
    (packet,) = layers.to_viewer()
    assert packet.extensions == {7: (1 << 18).to_bytes(3, "big")}


# --- feedback -----------------------------------------------------------------------------------


def test_feedback_of_a_receiver_is_matched_with_what_was_sent(layers: LayersRig) -> None:
    layers.video(0, key=True)
    layers.now_ns += 5 * MS
    layers.sound(1)
    layers.video(0)
    batch = layers.rtcp(TransportFeedback(1, OUT_SSRC, 1, 100, 0, (4, None, 8)))
    (told,) = batch.feedback
    assert told.peer == 2
    assert [time - layers.now_ns for time in told.sent_ns] == [-6 * MS, -MS, 0]
    assert told.arrived_ns[1] == -1
    assert told.arrived_ns[2] - told.arrived_ns[0] == 2 * MS
    assert list(told.cluster) == [0, 0, 0]
    assert all(octets > 20 for octets in told.octets)
    assert layers.fanout.totals().feedback_in == 1


def test_feedback_goes_to_the_estimate_that_judges_it(layers: LayersRig) -> None:
    estimate = layers.fanout.make_estimate()
    layers.fanout.judge(2, estimate)
    layers.video(0, key=True)
    before = estimate.has_heard
    assert layers.rtcp(TransportFeedback(1, OUT_SSRC, 1, 100, 0, (4,))).feedback == []
    assert (before, estimate.has_heard) == (False, True)
    layers.fanout.judge(2, None)
    layers.video(0)
    assert len(layers.rtcp(TransportFeedback(1, OUT_SSRC, 2, 100, 1, (4,))).feedback) == 1


def test_an_estimate_that_moves_away_from_what_was_decided_is_told(layers: LayersRig) -> None:
    estimate = layers.fanout.make_estimate()
    layers.fanout.judge(2, estimate)

    def moved_by_a_report(number: int) -> list[int]:
        layers.video(0, key=number == 1)
        report = TransportFeedback(1, OUT_SSRC, number, 100, 0, (4,))
        return layers.rtcp(report).moved

    assert moved_by_a_report(1) == [2]  # nothing is decided yet
    estimate.keep(inf, inf)
    assert moved_by_a_report(2) == []
    estimate.keep(estimate.bps, inf)
    estimate.tick(layers.now_ns + 10_000 * MS, sends=True)  # it has told nothing for 10 s
    assert moved_by_a_report(3) == [2]
    estimate.keep(0, inf)
    assert moved_by_a_report(4) == []


def test_a_poll_with_nothing_due_leaves_nothing(layers: LayersRig) -> None:
    layers.video(0, key=True)
    layers.pass_time(100)
    layers.fanout.poll(layers.now_ns)
    assert layers.fanout.poll(layers.now_ns + 2 * MS) is NOTHING


def test_reception_and_bitrates_are_handed_on(layers: LayersRig) -> None:
    layers.video(0, key=True)
    block = ReportBlock(OUT_SSRC, fraction_lost=64, jitter=900)
    batch = layers.rtcp(ReceiverReport(1, (block,)), Remb(1, 500_000, (OUT_SSRC,)))
    assert batch.reception == [(2, OUT, 0.25, 10.0, 0)]
    assert [(told.peer, told.bitrate_bps) for told in batch.bitrates] == [(2, 500_000)]


def test_publishers_hear_what_arrived_each_100_ms(layers: LayersRig) -> None:
    for _ in range(10):
        layers.picture_of_all()
        layers.pass_time(40)
    told = [item for item in layers.rtcp_to(PUBLISHER) if isinstance(item, TransportFeedback)]
    assert 3 <= len(told) <= 5
    assert sum(item.received for item in told) >= 24
    bases = [item.base_sequence for item in told]
    assert bases[0] == 65_531
    assert [item.feedback_count for item in told] == list(range(len(told)))


def test_publishers_with_feedback_get_no_remb(layers: LayersRig, rig: Rig) -> None:
    layers.picture_of_all()
    layers.pass_time(600)
    rig.video(1, b"\x10\x00key")
    rig.pass_time(600)
    assert not any(isinstance(item, Remb) for item in layers.rtcp_to(PUBLISHER))
    assert any(isinstance(item, Remb) for item in rig.rtcp_to(PUBLISHER))
    assert not any(isinstance(item, TransportFeedback) for item in rig.rtcp_to(PUBLISHER))


# --- levels -------------------------------------------------------------------------------------


def test_levels_gather_until_they_are_read(layers: LayersRig) -> None:
    layers.sound(1, 20, voice=True)
    layers.sound(2, 40, voice=False)
    assert layers.fanout.audio_levels(layers.now_ns) == [AudioLevel(SOUND, 2, 30.0, 20, 1)]
    assert layers.fanout.audio_levels(layers.now_ns) == []


# --- redundancy ---------------------------------------------------------------------------------


def red_payload(opus: int) -> bytes:
    """Two blocks: 4 octets from 960 samples ago, then "now"."""
    return bytes((0x80 | opus, 960 >> 6, (960 & 0x3F) << 2, 4, opus)) + b"old!now"


@pytest.mark.parametrize("red", [True, False])
def test_red_passes_or_is_reduced_to_its_primary_block(layers: LayersRig, red: bool) -> None:
    layers.fanout.add_out(SOUND_OUT, 2, sound_out(red=red))
    layers.publish(RtpPacket(63, 1, 0, 1200, red_payload(111)), {1: b"1"})
    (packet,) = layers.to_viewer(SOUND_OUT_SSRC)
    if red:
        assert packet.payload_type == 62
        assert packet.payload == red_payload(110)
    else:
        assert (packet.payload_type, packet.payload) == (110, b"now")


@pytest.mark.parametrize("payload", [b"\xef", b"\xef\x00\x00", b"\xef\x00\x00\xff\x6f", b"\x05x"])
def test_malformed_red_is_dropped(layers: LayersRig, payload: bytes) -> None:
    layers.publish(RtpPacket(63, 1, 0, 1200, payload), {1: b"1"})
    assert layers.to_viewer(SOUND_OUT_SSRC) == []
    assert layers.drops(Drop.MALFORMED_RTP) == 1
