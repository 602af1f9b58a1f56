import pytest

from mixer.forward.drops import Drop
from mixer.forward.interface import InjectedPacket
from mixer.forward.reports import PUBLISHER_BITRATE_BPS
from mixer.rtp import payload_type as types
from mixer.rtp.ntp import UNIX_TO_NTP_NS
from mixer.rtp.rtcp import (
    FullIntraRequest,
    Goodbye,
    Nack,
    PictureLoss,
    ReceiverReport,
    Remb,
    ReportBlock,
    SenderReport,
    SourceDescription,
    TransportFeedback,
)
from mixer.wire.ids import MediaKind
from tests.unit.mixer.forward.rig import (
    DELTA,
    KEY,
    MS,
    OUT_RTX_SSRC,
    OUT_SSRC,
    PUBLISHER,
    SECOND,
    VIDEO_SSRC,
    VIEWER,
    Rig,
    rtp,
)

# --- towards publishers -------------------------------------------------------------------------


def test_lost_packets_are_asked_for(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.video(4)
    rig.pass_time(40)
    nacks = [item for item in rig.rtcp_to(PUBLISHER) if isinstance(item, Nack)]
    assert nacks[0].media_ssrc == VIDEO_SSRC
    assert nacks[0].lost == (2, 3)


def test_what_was_only_reordered_is_not_asked_for(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.video(3)
    rig.video(2)
    rig.pass_time(100)
    assert not [item for item in rig.rtcp_to(PUBLISHER) if isinstance(item, Nack)]


def test_a_loss_that_cannot_be_repaired_asks_for_a_key_frame(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.rtcp_to(PUBLISHER)
    rig.video(3)
    rig.pass_time(1500)
    asked = [item for item in rig.rtcp_to(PUBLISHER) if isinstance(item, PictureLoss)]
    assert [item.media_ssrc for item in asked] == [VIDEO_SSRC]


def test_reports_and_an_upper_bit_rate_go_out_twice_a_second(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.pass_time(2000)
    items = rig.rtcp_to(PUBLISHER)
    reports = [item for item in items if isinstance(item, ReceiverReport) and item.reports]
    assert len(reports) == 4
    assert reports[0].reports[0].ssrc == VIDEO_SSRC
    estimates = [item for item in items if isinstance(item, Remb)]
    assert len(estimates) == 4
    assert estimates[0].bitrate_bps == pytest.approx(PUBLISHER_BITRATE_BPS, rel=0.001)
    assert estimates[0].ssrcs == (VIDEO_SSRC,)


def test_key_frame_requests_of_many_viewers_are_joined(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.rtcp_to(PUBLISHER)
    for _ in range(20):
        rig.rtcp(PictureLoss(1, OUT_SSRC))
        rig.rtcp(FullIntraRequest(1, ((OUT_SSRC, 1),)))
        rig.pass_time(20)
    asked = [item for item in rig.rtcp_to(PUBLISHER) if isinstance(item, PictureLoss)]
    assert len(asked) == 1
    rig.pass_time(200)
    asked = [item for item in rig.rtcp_to(PUBLISHER) if isinstance(item, PictureLoss)]
    assert len(asked) == 1


@pytest.mark.parametrize(("flows", "least", "most"), [(True, 7, 8), (False, 2, 3)])
def test_a_viewer_that_waits_is_asked_for_again(
    rig: Rig, flows: bool, least: int, most: int
) -> None:
    """Twice a second while the layer flows, each two seconds while it is silent."""
    for number in range(1, 36):
        if flows or number == 1:
            rig.video(number)
        rig.pass_time(100)
    asked = [item for item in rig.rtcp_to(PUBLISHER) if isinstance(item, PictureLoss)]
    assert least <= len(asked) <= most


def test_a_worker_is_asked_by_its_stream(rig: Rig) -> None:
    rig.fanout.add_local(160, MediaKind.VIDEO, 90_000)
    rig.fanout.set_route(7, 160)
    assert rig.rtcp(PictureLoss(1, OUT_SSRC)).keyframes_wanted == [160]
    assert rig.fanout.request_keyframe(160, rig.now_ns).keyframes_wanted == []


def test_requests_for_unknown_streams_do_nothing(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.rtcp_to(PUBLISHER)
    rig.rtcp(PictureLoss(1, 12345), FullIntraRequest(1, ((54321, 1),)))
    assert rig.rtcp_to(PUBLISHER) == []


# --- towards viewers ----------------------------------------------------------------------------


def test_a_nack_is_answered_on_the_retransmission_stream(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.video(2)
    _, second = rig.rtp_to(VIEWER)
    rig.rtcp(Nack(1, OUT_SSRC, (second.sequence,)))
    (resent,) = rig.rtp_to(VIEWER)
    assert (resent.ssrc, resent.payload_type) == (OUT_RTX_SSRC, 121)
    assert resent.payload == second.sequence.to_bytes(2, "big") + DELTA
    assert resent.timestamp == second.timestamp
    assert rig.fanout.totals().resent == 1


def test_without_a_retransmission_stream_the_same_packet_is_sent() -> None:
    rig = Rig(rtx=False)
    rig.video(1, KEY)
    (first,) = rig.rtp_to(VIEWER)
    rig.rtcp(Nack(1, OUT_SSRC, (first.sequence,)))
    assert rig.rtp_to(VIEWER) == [first]


def test_a_packet_is_resent_once_in_a_round_trip(rig: Rig) -> None:
    rig.video(1, KEY)
    (first,) = rig.rtp_to(VIEWER)
    for _ in range(5):
        rig.rtcp(Nack(1, OUT_SSRC, (first.sequence,)))
    assert len(rig.rtp_to(VIEWER)) == 1
    rig.now_ns += 60 * MS
    rig.rtcp(Nack(1, OUT_SSRC, (first.sequence,)))
    assert len(rig.rtp_to(VIEWER)) == 1


def test_a_nack_for_nothing_of_ours_is_counted(rig: Rig) -> None:
    rig.rtcp(Nack(1, 999, (1,)))
    assert rig.drops(Drop.NACK_UNKNOWN_SSRC) == 1


def test_sender_reports_place_rtp_on_session_time(rig: Rig) -> None:
    rig.fanout.set_clock(100 * SECOND, 1_700_000_000 * SECOND)
    rig.fanout.add_local(160, MediaKind.VIDEO, 90_000)
    rig.fanout.set_route(7, 160)
    packet = rtp(types.H264, 1, 77, 9, b"\x67key")
    rig.fanout.inject([InjectedPacket(160, True, 1, 40 * MS, packet)], rig.now_ns)
    (sent,) = rig.rtp_to(VIEWER)
    rig.pass_time(2200)
    items = rig.rtcp_to(VIEWER)
    reports = [item for item in items if isinstance(item, SenderReport)]
    assert len(reports) == 3
    report = reports[-1]
    session_ns = report.ntp_ns - UNIX_TO_NTP_NS - 1_700_000_000 * SECOND
    since_packet = (report.rtp_timestamp - sent.timestamp) / 90_000
    assert session_ns / SECOND == pytest.approx(0.04 + since_packet, abs=0.0001)
    assert report.packet_count == 1
    assert SourceDescription(((OUT_SSRC, "cname2"),)) in items


# --- what peers tell ----------------------------------------------------------------------------


def test_the_round_trip_and_loss_of_a_viewer_are_figures(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.pass_time(200)
    report = next(item for item in rig.rtcp_to(VIEWER) if isinstance(item, SenderReport))
    rig.now_ns += 30 * MS
    middle = report.ntp >> 16 & 0xFFFFFFFF
    block = ReportBlock(OUT_SSRC, fraction_lost=64, jitter=900, last_sr=middle)
    rig.rtcp(ReceiverReport(1, (block,)))
    figures = {item.peer: item for item in rig.fanout.peer_figures(rig.now_ns)}[2]
    # The report left somewhere in the 200 ms before the 30 ms.
    assert 30 <= figures.rtt_ms <= 230
    assert figures.loss_fraction == pytest.approx(0.25)
    assert figures.jitter_ms == pytest.approx(10)


def test_loss_of_a_publisher_is_of_the_last_interval(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.fanout.peer_figures(rig.now_ns)
    rig.video(2)
    rig.video(6)
    figures = {item.peer: item for item in rig.fanout.peer_figures(rig.now_ns + SECOND)}[1]
    assert figures.loss_fraction == pytest.approx(0.6)
    assert figures.bitrate > 0
    again = {item.peer: item for item in rig.fanout.peer_figures(rig.now_ns + 2 * SECOND)}[1]
    assert again.loss_fraction == 0


def test_a_goodbye_ends_the_flow(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.rtcp(Goodbye((VIDEO_SSRC,)), address=PUBLISHER)
    flows = [item.last_packet_ns for item in rig.fanout.stream_figures() if item.packets]
    assert flows == [-1]


def test_feedback_we_do_not_use_is_ignored(rig: Rig) -> None:
    rig.rtcp(Remb(1, 1_000_000, (OUT_SSRC,)))
    rig.rtcp(TransportFeedback(1, OUT_SSRC, 0, 0, 0, (0, 0)))
    rig.rtcp(SourceDescription(((1, "x"),)))
    assert rig.drops(Drop.MALFORMED_RTCP) == 0


def test_junk_reports_are_dropped_whole(rig: Rig) -> None:
    rig.arrive(b"\x80\xc8\x00\x01\0\0\0\1" + b"\x80\xc9\xff\xff", VIEWER)
    assert rig.drops(Drop.MALFORMED_RTCP) == 1
