"""VP8 payload descriptors and key frame headers."""

from contextlib import suppress

import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor
from hypothesis import given
from hypothesis import strategies as st

from mixer.rtp.errors import RtpError
from mixer.rtp.vp8_descriptor import (
    Vp8Descriptor,
    descriptor_size,
    is_keyframe,
    is_keyframe_payload,
    keyframe_size,
    parse_descriptor,
    rewrite,
)

KEYFRAME = bytes.fromhex("10 02 00 9d 01 2a 40 01 b4 40") + b"rest"


def build(
    *,
    picture_id: int | None = None,
    tl0: int | None = None,
    tid: tuple[int, int] | None = None,
    keyidx: int | None = None,
) -> bytes:
    return bytes(
        VpxPayloadDescriptor(
            partition_start=1,
            partition_id=0,
            picture_id=picture_id,
            tl0picidx=tl0,
            tid=tid,
            keyidx=keyidx,
        )
    )


def test_the_shortest_descriptor() -> None:
    assert parse_descriptor(b"\x10x") == Vp8Descriptor(1, True, 0, False)
    assert parse_descriptor(b"\x10x").starts_frame
    assert not parse_descriptor(b"\x11x").starts_frame
    assert parse_descriptor(b"\x20x").non_reference


def test_all_fields_of_a_full_descriptor() -> None:
    wire = build(picture_id=0x1234, tl0=200, tid=(2, 1), keyidx=17)
    parsed = parse_descriptor(wire + b"frame")
    assert parsed.size == len(wire) == descriptor_size(wire)
    assert (parsed.picture_id, parsed.picture_id_bits, parsed.picture_id_offset) == (0x1234, 15, 2)
    assert (parsed.tl0_picture_index, parsed.tl0_offset) == (200, 4)
    assert (parsed.temporal_layer, parsed.layer_sync, parsed.key_index) == (2, True, 17)


def test_a_short_picture_id_keeps_seven_bits() -> None:
    parsed = parse_descriptor(b"\x90\x80\x7fframe")
    assert (parsed.picture_id, parsed.picture_id_bits, parsed.size) == (127, 7, 3)


@pytest.mark.parametrize("tl0", [None, 0, 255])
@pytest.mark.parametrize("picture_id", [None, 0, 1, 32_767])
def test_rewriting_changes_the_two_values_and_nothing_else(
    picture_id: int | None, tl0: int | None
) -> None:
    wire = build(picture_id=None if picture_id is None else picture_id | 0x80, tl0=tl0)
    payload = bytearray(wire + b"frame")
    rewrite(payload, parse_descriptor(bytes(payload)), picture_id=40_000, tl0_picture_index=300)
    after = parse_descriptor(bytes(payload))
    assert after.picture_id == (None if picture_id is None else 40_000 & 0x7FFF)
    assert after.tl0_picture_index == (None if tl0 is None else 300 & 0xFF)
    assert (after.size, bytes(payload[after.size :])) == (len(wire), b"frame")


def test_a_short_picture_id_is_rewritten_in_its_byte() -> None:
    payload = bytearray(b"\x90\x80\x05frame")
    rewrite(payload, parse_descriptor(bytes(payload)), picture_id=300)
    assert payload == b"\x90\x80" + bytes((300 & 0x7F,)) + b"frame"


@given(st.binary(max_size=12))
def test_random_bytes_are_accepted_or_rejected(payload: bytes) -> None:
    is_keyframe_payload(payload)
    with suppress(RtpError):
        parsed = parse_descriptor(payload)
        assert parsed.size == descriptor_size(payload)


@pytest.mark.parametrize("payload", [b"", b"\x80", b"\x80\x80", b"\x80\x80\x80", b"\x80\x40"])
def test_a_descriptor_cut_off_is_named(payload: bytes) -> None:
    with pytest.raises(RtpError) as caught:
        parse_descriptor(payload)
    assert caught.value.id == "vp8.descriptor_overrun"


def test_key_frames_tell_their_size_without_scaling_bits() -> None:
    assert keyframe_size(KEYFRAME) == (320, 180)
    assert is_keyframe(KEYFRAME)
    assert not is_keyframe(b"\x11" + KEYFRAME[1:])
    assert not is_keyframe(b"")
    for frame in (KEYFRAME[:9], b"\x10\x02\x00abc" + KEYFRAME[6:]):
        with pytest.raises(RtpError, match="keyframe_header"):
            keyframe_size(frame)


def test_a_key_frame_is_seen_from_its_first_payload() -> None:
    descriptor = build(picture_id=300)
    assert is_keyframe_payload(descriptor + KEYFRAME)
    assert not is_keyframe_payload(descriptor + b"\x11" + KEYFRAME[1:])
    assert not is_keyframe_payload(bytes((descriptor[0] & ~0x10,)) + descriptor[1:] + KEYFRAME)
    assert not is_keyframe_payload(b"")
    assert not is_keyframe_payload(descriptor)
