"""RTCP compounds: our own form, aiortc's reading of it, malformed input."""

from contextlib import suppress

import pytest
from aiortc import rtp as peer
from hypothesis import given
from hypothesis import strategies as st

from mixer.rtp.errors import RtpError
from mixer.rtp.rtcp import (
    FullIntraRequest,
    Goodbye,
    Nack,
    PictureLoss,
    ReceiverReport,
    Remb,
    ReportBlock,
    Rtcp,
    SenderReport,
    SourceDescription,
    TransportFeedback,
    parse_rtcp,
    serialize_rtcp,
)

u8 = st.integers(0, 0xFF)
u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)
blocks = st.lists(
    st.builds(ReportBlock, u32, u8, st.integers(-0x800000, 0x7FFFFF), u32, u32, u32, u32),
    max_size=31,
).map(tuple)
arrivals = st.one_of(st.none(), st.integers(-300, 600), st.integers(0, 255))
lost_runs = st.lists(u16, min_size=1, max_size=40, unique=True).map(sorted).map(tuple)
rtcp_packets: st.SearchStrategy[Rtcp] = st.one_of(
    st.builds(SenderReport, u32, st.integers(0, 2**64 - 1), u32, u32, u32, blocks),
    st.builds(ReceiverReport, u32, blocks),
    st.builds(
        SourceDescription,
        st.lists(st.tuples(u32, st.text(max_size=60)), max_size=31).map(tuple),
    ),
    st.builds(Goodbye, st.lists(u32, max_size=31).map(tuple), st.text(max_size=60)),
    st.builds(Nack, u32, u32, lost_runs),
    st.builds(PictureLoss, u32, u32),
    st.builds(FullIntraRequest, u32, st.lists(st.tuples(u32, u8), max_size=4).map(tuple)),
    st.builds(Remb, u32, st.integers(0, 0x3FFFF), st.lists(u32, max_size=255).map(tuple)),
    st.builds(
        TransportFeedback,
        u32,
        u32,
        u16,
        st.integers(-(1 << 23), (1 << 23) - 1),
        u8,
        st.lists(arrivals, min_size=1, max_size=80).map(tuple),
    ),
)


@given(st.lists(rtcp_packets, min_size=1, max_size=4))
def test_what_is_serialised_is_parsed_back(packets: list[Rtcp]) -> None:
    assert parse_rtcp(serialize_rtcp(packets)) == packets


@given(st.binary(max_size=120))
def test_random_bytes_are_accepted_or_rejected_with_an_rtp_error(data: bytes) -> None:
    with suppress(RtpError):
        parse_rtcp(data)


@given(st.sampled_from([200, 201, 202, 203, 204, 205, 206, 207]), u8, st.binary(max_size=96))
def test_random_bodies_are_accepted_or_rejected(kind: int, first: int, body: bytes) -> None:
    body = body[: len(body) // 4 * 4]
    head = bytes((0x80 | first & 0x3F, kind)) + (len(body) // 4).to_bytes(2, "big")
    with suppress(RtpError):
        parse_rtcp(head + body)


@given(rtcp_packets, st.integers(0, 2000), u8)
def test_damaged_packets_are_accepted_or_rejected(packet: Rtcp, at: int, to: int) -> None:
    wire = bytearray(packet.serialize())
    wire[at % len(wire)] = to
    with suppress(RtpError):
        parse_rtcp(bytes(wire))


def test_an_independent_parser_reads_our_compound() -> None:
    ours = serialize_rtcp(
        [
            SenderReport(1, 2 << 32, 3, 4, 5, (ReportBlock(9, 10, -2, 70_000, 8, 11, 12),)),
            SourceDescription(((1, "seat"),)),
            Nack(1, 2, (65_535, 0, 15, 40)),
            PictureLoss(1, 2),
            Goodbye((1,)),
        ]
    )
    report, description, nack, picture_loss, goodbye = peer.RtcpPacket.parse(ours)
    assert isinstance(report, peer.RtcpSrPacket)
    assert report.sender_info.ntp_timestamp == 2 << 32
    assert report.reports[0].packets_lost == -2
    assert report.reports[0].highest_sequence == 70_000
    assert isinstance(description, peer.RtcpSdesPacket)
    assert description.chunks[0].items == [(1, b"seat")]
    assert isinstance(nack, peer.RtcpRtpfbPacket)
    assert nack.lost == [65_535, 0, 15, 40]
    assert isinstance(picture_loss, peer.RtcpPsfbPacket)
    assert isinstance(goodbye, peer.RtcpByePacket)


def test_we_read_what_an_independent_peer_built() -> None:
    remb = peer.RtcpPsfbPacket(15, 1, 0, peer.pack_remb_fci(2_500_000, [7, 8]))
    receiver = peer.RtcpRrPacket(3, [peer.RtcpReceiverInfo(4, 5, 6, 7, 8, 9, 10)])
    nack = peer.RtcpRtpfbPacket(1, 1, 2, [10, 11, 30])
    parsed = parse_rtcp(bytes(receiver) + bytes(remb) + bytes(nack))
    assert parsed[0] == ReceiverReport(3, (ReportBlock(4, 5, 6, 7, 8, 9, 10),))
    assert isinstance(parsed[1], Remb)
    assert parsed[1].ssrcs == (7, 8)
    assert abs(parsed[1].bitrate_bps - 2_500_000) < 20
    assert parsed[2] == Nack(1, 2, (10, 11, 30))


def test_a_high_remb_keeps_its_leading_bits() -> None:
    rate = 1_234_567_890
    (parsed,) = parse_rtcp(Remb(1, rate, (2,)).serialize())
    assert isinstance(parsed, Remb)
    assert 0 <= rate - parsed.bitrate_bps < rate / (1 << 17)


def test_transport_feedback_is_no_nack() -> None:
    feedback = TransportFeedback(1, 2, 65_534, 3, 4, (0, None, 255, 256, -1))
    (parsed,) = parse_rtcp(feedback.serialize())
    assert isinstance(parsed, TransportFeedback)
    assert (parsed.received, parsed.lost) == (4, 1)
    start_ns = 3 * 64_000_000
    assert parsed.arrivals_ns() == [
        (65_534, start_ns),
        (65_535, None),
        (0, start_ns + 255 * 250_000),
        (1, start_ns + 511 * 250_000),
        (2, start_ns + 510 * 250_000),
    ]


def test_a_one_bit_status_vector_is_read() -> None:
    # 14 packets, of which the first, third and last arrived 1, 2 and 3 ticks apart.
    chunk = 0x8000 | 1 << 13 | 1 << 11 | 1
    body = bytes.fromhex("00000001 00000002 000a 000e 000000 05") + chunk.to_bytes(2, "big")
    wire = b"\xaf\xcd\x00\x06" + body + bytes((1, 2, 3)) + b"\x00\x00\x03"
    (parsed,) = parse_rtcp(wire)
    assert isinstance(parsed, TransportFeedback)
    assert parsed.deltas == (1, None, 2, *[None] * 10, 3)


def test_an_arrival_too_far_from_the_one_before_is_refused() -> None:
    with pytest.raises(RtpError, match="delta_range"):
        TransportFeedback(1, 2, 0, 0, 0, (40_000,)).serialize()


def test_unknown_types_and_formats_are_skipped() -> None:
    application = b"\x80\xcc\x00\x02" + b"\x00\x00\x00\x01name"
    unknown_feedback = b"\x9e\xcd\x00\x02" + bytes(8)
    unknown_payload_feedback = b"\x9e\xce\x00\x02" + bytes(8)
    other_application_layer = b"\x8f\xce\x00\x03" + bytes(8) + b"GOOG"
    wire = application + unknown_feedback + unknown_payload_feedback + other_application_layer
    assert parse_rtcp(wire + PictureLoss(1, 2).serialize()) == [PictureLoss(1, 2)]


@pytest.mark.parametrize(
    ("wire", "error_id"),
    [
        ("", "rtcp.short"),
        ("80c9", "rtcp.short"),
        ("40c90001 00000001", "rtcp.version"),
        ("80c90002 00000001", "rtcp.overrun"),
        ("80c90001 00000001 80c9", "rtcp.trailing"),
        ("81c90001 00000001", "rtcp.report_overrun"),
        ("80c90000", "rtcp.short"),
        ("80c80001 00000001", "rtcp.short"),
        ("a0c90001 00000000", "rtcp.padding_overrun"),
        ("a0c90001 00000009", "rtcp.padding_overrun"),
        ("82ca0002 00000001 01000000", "rtcp.sdes_overrun"),
        ("81ca0002 00000001 01ff6100", "rtcp.sdes_overrun"),
        ("81ca0002 00000001 01026161", "rtcp.sdes_overrun"),
        ("82cb0001 00000001", "rtcp.bye_overrun"),
        ("81cb0002 00000001 09616161", "rtcp.bye_overrun"),
        ("81cd0001 00000001", "rtcp.short"),
        ("81ce0001 00000001", "rtcp.short"),
        ("84ce0003 00000001 00000000 00000002", "rtcp.fir_overrun"),
        ("8fce0003 00000001 00000000 52454d42", "rtcp.remb_overrun"),
        ("8fce0004 00000001 00000000 52454d42 02000000", "rtcp.remb_overrun"),
        ("8fcd0002 00000001 00000002", "twcc.short"),
        ("8fcd0004 00000001 00000002 00000005 00000000", "twcc.chunk_overrun"),
        ("8fcd0005 00000001 00000002 00000005 00000000 00000000", "twcc.empty_run"),
        ("8fcd0005 00000001 00000002 00000005 00000000 20050000", "twcc.delta_overrun"),
        ("8fcd0005 00000001 00000002 00000001 00000000 60010000", "twcc.delta_overrun"),
    ],
)
def test_malformed_compounds_are_named(wire: str, error_id: str) -> None:
    with pytest.raises(RtpError) as caught:
        parse_rtcp(bytes.fromhex(wire))
    assert caught.value.id == error_id


@pytest.mark.parametrize(
    "packet",
    [
        ReceiverReport(1, tuple(ReportBlock(ssrc) for ssrc in range(32))),
        SourceDescription(((1, "x" * 256),)),
        Goodbye((1,), "x" * 256),
    ],
)
def test_what_the_wire_cannot_hold_is_refused(packet: Rtcp) -> None:
    with pytest.raises(RtpError, match="range"):
        packet.serialize()
