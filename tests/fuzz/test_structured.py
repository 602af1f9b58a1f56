"""Well-formed and half-formed input by structure: what is written is read back as it was."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.rtp.errors import RtpError
from mixer.rtp.packet import RtpPacket
from mixer.rtp.rtcp import Nack, TransportFeedback, parse_rtcp
from mixer.rtp.vp8_descriptor import descriptor_size, parse_descriptor

NUMBER, SSRC = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
ELEMENTS = st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=6)
DELTAS = st.lists(st.none() | st.integers(-0x8000, 0x7FFF), min_size=1, max_size=400)


@given(st.integers(0, 127), NUMBER, SSRC, SSRC, st.binary(max_size=200), ELEMENTS)
def test_packets_with_extensions_are_read_as_written(
    payload_type: int,
    number: int,
    stamp: int,
    ssrc: int,
    payload: bytes,
    elements: dict[int, bytes],
) -> None:
    written = RtpPacket(payload_type, number, stamp, ssrc, payload).serialize(elements)
    read = RtpPacket.parse(written)
    assert (read.payload_type, read.sequence, read.timestamp) == (payload_type, number, stamp)
    assert (read.ssrc, read.payload) == (ssrc, payload)
    assert dict(read.extensions) == elements


@given(st.binary(max_size=64), st.integers(0, 0xFFFF), st.binary(max_size=80))
def test_any_extension_block_is_read_or_refused(head: bytes, profile: int, block: bytes) -> None:
    fixed = bytes((0x90, 96)) + bytes(10)
    words = len(block) // 4
    text = fixed + profile.to_bytes(2, "big") + words.to_bytes(2, "big") + block + head
    with suppress(RtpError):
        read = RtpPacket.parse(text)
        assert all(len(value) <= 255 for value in read.extensions.values())


@given(SSRC, SSRC, NUMBER, st.integers(-(1 << 23), (1 << 23) - 1), st.integers(0, 255), DELTAS)
def test_transport_feedback_is_read_as_written(
    sender: int, media: int, base: int, time: int, count: int, deltas: list[int | None]
) -> None:
    written = TransportFeedback(sender, media, base, time, count, tuple(deltas))
    assert parse_rtcp(written.serialize()) == [written]


@given(SSRC, SSRC, st.lists(NUMBER, min_size=1, max_size=64, unique=True))
def test_requests_for_repair_are_read_as_written(sender: int, media: int, lost: list[int]) -> None:
    (read,) = parse_rtcp(Nack(sender, media, tuple(lost)).serialize())
    assert isinstance(read, Nack)
    assert sorted(read.lost) == sorted(lost)


@given(st.binary(min_size=1, max_size=12))
def test_descriptors_are_read_alike_in_whole_and_for_their_size(payload: bytes) -> None:
    size = descriptor_size(payload)
    if size > len(payload):
        with pytest.raises(RtpError, match=r"vp8\.descriptor_overrun"):
            parse_descriptor(payload)
    else:
        assert parse_descriptor(payload).size == size
