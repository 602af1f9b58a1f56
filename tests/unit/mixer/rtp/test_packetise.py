"""Payloads: sizes, framing, and what independent depacketisers make of them."""

from itertools import pairwise

import pytest
from aiortc.codecs.h264 import H264PayloadDescriptor
from aiortc.codecs.vpx import VpxPayloadDescriptor
from hypothesis import given
from hypothesis import strategies as st

from mixer.rtp.h264 import join_annexb, split_annexb
from mixer.rtp.packetise import packetise_h264, packetise_opus, packetise_vp8
from mixer.rtp.vp8_descriptor import parse_descriptor

SPS = b"\x67\x42\xc0\x0c\xda"
PPS = b"\x68\xce\x0f\xc8"


def nal(header: int, size: int) -> bytes:
    return bytes((header,)) + bytes(1 + index % 255 for index in range(size))


@given(st.binary(min_size=1, max_size=9000), st.integers(0, 40_000), st.integers(6, 1200))
def test_vp8_pieces_are_small_equal_and_whole(frame: bytes, picture_id: int, room: int) -> None:
    payloads = packetise_vp8(frame, picture_id, room)
    sizes = [len(payload) for payload in payloads]
    assert max(sizes) <= room
    assert max(sizes) - min(sizes) <= 1
    parsed = [parse_descriptor(payload) for payload in payloads]
    assert [one.starts_frame for one in parsed] == [True] + [False] * (len(payloads) - 1)
    assert {one.picture_id for one in parsed} == {picture_id & 0x7FFF}
    pieces = [payload[one.size :] for payload, one in zip(payloads, parsed, strict=True)]
    assert b"".join(pieces) == frame


def test_an_independent_parser_reads_our_vp8_descriptor() -> None:
    (payload,) = packetise_vp8(b"frame", 300, tl0_picture_index=7)
    descriptor, rest = VpxPayloadDescriptor.parse(payload)
    assert (descriptor.partition_start, descriptor.partition_id) == (1, 0)
    assert (descriptor.picture_id, descriptor.tl0picidx, rest) == (300, 7, b"frame")


@given(st.lists(st.integers(2, 4000), min_size=1, max_size=5), st.integers(20, 1200))
def test_an_independent_depacketiser_rebuilds_h264(sizes: list[int], room: int) -> None:
    unit = join_annexb([SPS, PPS] + [nal(0x65, size) for size in sizes])
    payloads = packetise_h264(unit, room)
    assert max(len(payload) for payload in payloads) <= room
    rebuilt = b"".join(H264PayloadDescriptor.parse(payload)[1] for payload in payloads)
    assert split_annexb(rebuilt) == split_annexb(unit)


def test_h264_parameter_sets_share_one_payload() -> None:
    payloads = packetise_h264(join_annexb([SPS, PPS, nal(0x65, 50)]))
    assert [payload[0] & 0x1F for payload in payloads] == [24, 5]
    assert payloads[0] == b"\x78\x00\x05" + SPS + b"\x00\x04" + PPS


def test_a_lone_parameter_set_goes_unwrapped() -> None:
    assert packetise_h264(join_annexb([PPS, nal(0x41, 9)])) == [PPS, nal(0x41, 9)]


def test_small_units_beyond_the_room_take_another_payload() -> None:
    units = [nal(0x06, 40) for _ in range(5)]
    payloads = packetise_h264(join_annexb(units), 100)
    assert [len(payload) for payload in payloads] == [87, 87, 41]


def test_h264_fragments_are_marked_and_of_equal_size() -> None:
    payloads = packetise_h264(join_annexb([nal(0x65, 5000)]), 1000)
    assert [payload[0] for payload in payloads] == [0x7C] * 6
    assert [payload[1] for payload in payloads] == [0x85, 5, 5, 5, 5, 0x45]
    sizes = [len(payload) for payload in payloads]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] - sizes[-1] <= 1
    assert all(earlier - later in (0, 1) for earlier, later in pairwise(sizes))


def test_nothing_makes_no_payload() -> None:
    assert packetise_opus(b"") == packetise_vp8(b"", 1) == packetise_h264(b"") == []
    assert packetise_opus(b"frame") == [b"frame"]


def test_a_payload_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        packetise_vp8(b"frame", 1, 4)
    with pytest.raises(ValueError, match="no room"):
        packetise_h264(b"frame", 2)
