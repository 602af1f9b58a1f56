"""RTP packets: wire form, header extensions, malformed input, classification."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.rtp.packet import (
    Kind,
    RtpError,
    RtpPacket,
    classify,
    peek_payload_type,
    peek_sequence,
    peek_ssrc,
)

one_byte_extensions = st.dictionaries(
    st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=4
)
two_byte_extensions = st.dictionaries(st.integers(1, 255), st.binary(max_size=255), max_size=4)
packets = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    payload=st.binary(max_size=64),
    marker=st.booleans(),
    extensions=st.one_of(one_byte_extensions, two_byte_extensions),
    csrcs=st.lists(st.integers(0, 0xFFFFFFFF), max_size=15).map(tuple),
    padding_size=st.integers(0, 255),
)

PLAIN = bytes.fromhex("80e0 1234 00000001 deadbeef") + b"payload"


@given(packets)
def test_what_is_serialised_is_parsed_back(packet: RtpPacket) -> None:
    assert RtpPacket.parse(packet.serialize()) == packet


@given(st.binary(max_size=80))
def test_random_bytes_are_accepted_or_rejected_with_an_rtp_error(data: bytes) -> None:
    with suppress(RtpError):
        RtpPacket.parse(data)


@given(packets, st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_packet_is_accepted_or_rejected(packet: RtpPacket, at: int, to: int) -> None:
    wire = bytearray(packet.serialize())
    wire[at % len(wire)] = to
    with suppress(RtpError):
        RtpPacket.parse(bytes(wire[: at + 12]))


def test_fields_are_read_from_their_places() -> None:
    packet = RtpPacket.parse(PLAIN)
    assert packet == RtpPacket(96, 0x1234, 1, 0xDEADBEEF, b"payload", marker=True)
    assert (peek_payload_type(PLAIN), peek_sequence(PLAIN), peek_ssrc(PLAIN)) == (
        96,
        0x1234,
        0xDEADBEEF,
    )


@pytest.mark.parametrize(
    ("wire", "error_id"),
    [
        (b"", "rtp.short"),
        (PLAIN[:11], "rtp.short"),
        (b"\x40" + PLAIN[1:], "rtp.version"),
        (b"\x8f" + PLAIN[1:], "rtp.csrc_overrun"),
        (b"\x90" + PLAIN[1:14], "rtp.extension_overrun"),
        (b"\x90" + PLAIN[1:12] + bytes.fromhex("bede 0002 00000000"), "rtp.extension_overrun"),
        (b"\x90" + PLAIN[1:12] + bytes.fromhex("bede 0001 1f000000"), "rtp.extension_overrun"),
        (b"\x90" + PLAIN[1:12] + bytes.fromhex("1000 0001 01050000"), "rtp.extension_overrun"),
        (b"\xa0" + PLAIN[1:12] + b"\x00", "rtp.padding_overrun"),
        (b"\xa0" + PLAIN[1:12] + b"ab\x04", "rtp.padding_overrun"),
    ],
)
def test_malformed_packets_are_named(wire: bytes, error_id: str) -> None:
    with pytest.raises(RtpError) as caught:
        RtpPacket.parse(wire)
    assert caught.value.id == error_id
    assert error_id in str(caught.value)


def test_one_byte_extensions_with_padding_between_are_read() -> None:
    wire = b"\x90" + PLAIN[1:12] + bytes.fromhex("bede 0002 10aa 00 00 31 bbcc 00") + b"x"
    assert RtpPacket.parse(wire).extensions == {1: b"\xaa", 3: b"\xbb\xcc"}


def test_reading_stops_at_the_reserved_extension_id() -> None:
    wire = b"\x90" + PLAIN[1:12] + bytes.fromhex("bede 0002 10aa f0 20bb 000000")
    assert RtpPacket.parse(wire).extensions == {1: b"\xaa"}


def test_extensions_of_another_profile_are_skipped() -> None:
    wire = b"\x90" + PLAIN[1:12] + bytes.fromhex("abcd 0001 01020304") + b"media"
    packet = RtpPacket.parse(wire)
    assert (packet.extensions, packet.payload) == ({}, b"media")


def test_extensions_given_to_serialize_replace_the_own_ones() -> None:
    packet = RtpPacket(96, 1, 2, 3, b"x", extensions={1: b"a"})
    assert RtpPacket.parse(packet.serialize({2: b"bb"})).extensions == {2: b"bb"}
    assert RtpPacket.parse(packet.serialize({})).extensions == {}


def test_an_extension_that_cannot_be_sent_is_refused() -> None:
    with pytest.raises(RtpError, match="extension_range"):
        RtpPacket(96, 1, 2, 3, extensions={1: bytes(256)}).serialize()


def test_padding_without_payload_is_recognised() -> None:
    assert RtpPacket.parse(RtpPacket(96, 1, 2, 3, padding_size=224).serialize()).padding_only
    assert not RtpPacket(96, 1, 2, 3, b"x", padding_size=4).padding_only
    assert not RtpPacket(96, 1, 2, 3).padding_only


@pytest.mark.parametrize(
    ("datagram", "kind"),
    [
        (b"", Kind.OTHER),
        (b"\x80", Kind.OTHER),
        (b"\x00\x01", Kind.STUN),
        (b"\x03\x01", Kind.STUN),
        (b"\x04\x01", Kind.OTHER),
        (b"\x10\x01", Kind.OTHER),
        (b"\x14\xfe", Kind.DTLS),
        (b"\x3f\xfe", Kind.DTLS),
        (b"\x40\x00", Kind.OTHER),
        (b"\x80\x60", Kind.RTP),
        (b"\xbf\xe0", Kind.RTP),
        (b"\x80\xc0", Kind.RTCP),
        (b"\x80\xc8", Kind.RTCP),
        (b"\x80\xdf", Kind.RTCP),
        (b"\x80\x3f", Kind.RTP),
        (b"\xc0\x60", Kind.OTHER),
    ],
)
def test_datagrams_are_told_apart(datagram: bytes, kind: Kind) -> None:
    assert classify(datagram) is kind
