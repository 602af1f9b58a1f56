import pytest

from mixer.forward.drops import Drop
from mixer.rtp.rtcp import TransportFeedback
from tests.unit.mixer.forward.layers_rig import OUT, OUT_RTX_SSRC, OUT_SSRC, LayersRig
from tests.unit.mixer.forward.rig import MS, VIEWER


def flowing(rtx: bool = True) -> LayersRig:
    rig = LayersRig(rtx=rtx)
    rig.video(0, key=True)
    rig.rtp_to(VIEWER)
    return rig


def test_padding_leaves_at_the_wanted_rate() -> None:
    rig = flowing()
    assert rig.fanout.probe(2, 9, 10_000, 1_600_000)
    assert rig.fanout.next_due_ns(rig.now_ns) == rig.now_ns + 5 * MS
    sent = []
    for _ in range(20):
        rig.pass_time(5, step_ms=5)
        sent.append(rig.to_viewer(OUT_RTX_SSRC))
    packets = [packet for batch in sent for packet in batch]
    assert all(packet.padding_only for packet in packets)
    # 1.6 Mbit/s are 1000 octets in 5 ms, so 10 kB take 50 ms.
    assert 36 <= len(packets) <= 40
    assert max(len(batch) for batch in sent) <= 5
    assert 9 <= len([batch for batch in sent if batch]) <= 12
    numbers = [packet.sequence for packet in packets]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_feedback_names_the_cluster() -> None:
    rig = flowing()
    rig.fanout.probe(2, 9, 500, 1_000_000)
    rig.pass_time(20, step_ms=5)
    count = len(rig.to_viewer(OUT_RTX_SSRC))
    batch = rig.rtcp(TransportFeedback(1, OUT_SSRC, 1, 0, 0, (1,) * (count + 1)))
    assert list(batch.feedback[0].cluster) == [0] + [9] * count


def test_padding_without_retransmission_moves_later_packets_up() -> None:
    rig = flowing(rtx=False)
    rig.video(0)
    (before,) = rig.to_viewer()
    assert rig.fanout.probe(2, 9, 1000, 8_000_000)
    rig.pass_time(20, step_ms=5)
    rig.video(0)
    sent = rig.to_viewer()
    assert sum(packet.padding_only for packet in sent) == 4
    assert not sent[-1].padding_only
    numbers = [packet.sequence - before.sequence for packet in sent]
    assert numbers == [1, 2, 3, 4, 5]


def test_padding_without_retransmission_waits_for_the_end_of_a_picture() -> None:
    rig = flowing(rtx=False)
    rig.publish(rig.packet(0, last=False), {})
    rig.fanout.probe(2, 9, 255, 8_000_000)
    rig.pass_time(10, step_ms=5)
    assert not any(packet.padding_only for packet in rig.to_viewer())
    rig.publish(rig.packet(0, first=False), {})
    rig.pass_time(10, step_ms=5)
    assert [packet.padding_only for packet in rig.to_viewer()] == [False, True]


def test_padding_as_retransmissions_goes_on_while_the_picture_is_paused() -> None:
    rig = flowing()
    rig.fanout.set_paused(OUT, paused=True)
    assert rig.fanout.probe(2, 9, 1000, 1_000_000)
    rig.pass_time(20, step_ms=5)
    assert sum(packet.padding_only for packet in rig.to_viewer(OUT_RTX_SSRC)) == 4


def test_without_retransmissions_nothing_is_padded_in_a_pause() -> None:
    rig = flowing(rtx=False)
    rig.fanout.set_paused(OUT, paused=True)
    assert not rig.fanout.probe(2, 9, 1000, 1_000_000)


def test_a_probe_that_finds_no_place_is_given_up() -> None:
    rig = flowing(rtx=False)
    rig.fanout.probe(2, 9, 10_000, 100_000)
    rig.fanout.set_paused(OUT, paused=True)
    rig.pass_time(3000, step_ms=20)
    assert rig.drops(Drop.PROBE_FORGONE) == 1
    rig.fanout.set_paused(OUT, paused=False)
    rig.video(0, key=True)
    assert rig.fanout.probe(2, 10, 10_000, 1_000_000)


@pytest.mark.parametrize(("octets", "bps"), [(0, 1000), (1000, 0), (-1, 1000)])
def test_a_probe_of_nothing_is_none(octets: int, bps: int) -> None:
    assert not flowing().fanout.probe(2, 9, octets, bps)


def test_one_probe_at_a_time_and_only_where_video_flows() -> None:
    rig = LayersRig()
    assert not rig.fanout.probe(2, 9, 1000, 1_000_000)
    rig.video(0, key=True)
    assert rig.fanout.probe(2, 9, 1000, 1_000_000)
    assert not rig.fanout.probe(2, 10, 1000, 1_000_000)
