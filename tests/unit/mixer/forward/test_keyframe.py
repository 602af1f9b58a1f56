import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.forward.keyframe import (
    REQUEST_INTERVAL_NS,
    KeyframeGate,
    KeyframeStart,
    keyframe_start,
)
from mixer.rtp import payload_type


@pytest.mark.parametrize(
    ("canonical", "payload", "expected"),
    [
        (payload_type.VP8, b"\x10\x00rest", KeyframeStart.WHOLE),
        (payload_type.VP8, b"\x10\x01rest", KeyframeStart.NONE),
        (payload_type.VP8, b"\x00\x00rest", KeyframeStart.NONE),
        (payload_type.VP8, b"\x90\x80\x11\x00rest", KeyframeStart.WHOLE),
        (payload_type.H264, b"\x67\x42", KeyframeStart.WHOLE),
        (payload_type.H264, b"\x65\x88", KeyframeStart.BARE),
        (payload_type.H264, b"\x41\x9a", KeyframeStart.NONE),
        (payload_type.H264, b"\x78\x00\x04\x67\x42", KeyframeStart.WHOLE),
        (payload_type.H264, b"\x78\x00\x04\x41\x9a", KeyframeStart.NONE),
        (payload_type.H264, b"\x78\x00\x02\x09\x10\x00\x02\x67\x42", KeyframeStart.WHOLE),
        (payload_type.H264, b"\x78\x00\x02\x06\x10\x00\x02\x65\x42", KeyframeStart.BARE),
        (payload_type.H264, b"\x78\xff\xff\x09", KeyframeStart.NONE),
        (payload_type.H264, b"\x7c\x85\x88", KeyframeStart.BARE),
        (payload_type.H264, b"\x7c\x05\x88", KeyframeStart.NONE),
        (payload_type.H264, b"", KeyframeStart.NONE),
        (payload_type.VP8, b"", KeyframeStart.NONE),
        (payload_type.OPUS, b"\x67", KeyframeStart.NONE),
    ],
)
def test_recognises_the_first_packet_of_a_key_frame(
    canonical: int, payload: bytes, expected: KeyframeStart
) -> None:
    assert keyframe_start(canonical, payload) is expected


@given(
    canonical=st.sampled_from([payload_type.VP8, payload_type.H264]), payload=st.binary(max_size=8)
)
def test_never_raises(canonical: int, payload: bytes) -> None:
    keyframe_start(canonical, payload)


def test_the_first_request_goes_out_at_once() -> None:
    assert KeyframeGate().request(8, 0)


def test_many_requests_become_one_each_half_second() -> None:
    gate = KeyframeGate()
    asked = [gate.request(8, 0)]
    for now_ms in range(0, 2000, 20):
        now_ns = now_ms * 1_000_000
        asked.append(gate.request(8, now_ns) or gate.is_due(8, now_ns))
    assert sum(asked) == 4
    assert gate.asked == 4


def test_a_joined_request_goes_out_at_the_end_of_the_interval() -> None:
    gate = KeyframeGate()
    gate.request(8, 0)
    gate.request(8, 1)
    assert not gate.is_due(8, REQUEST_INTERVAL_NS - 1)
    assert gate.is_due(8, REQUEST_INTERVAL_NS)
    assert not gate.is_due(8, 2 * REQUEST_INTERVAL_NS)


def test_a_key_frame_meanwhile_answers_all_who_wait_for_its_layer() -> None:
    gate = KeyframeGate()
    gate.request(8, 0)
    gate.request(8, 1)
    gate.request(9, 1)
    gate.on_keyframe(8)
    assert not gate.is_due(8, REQUEST_INTERVAL_NS)
    assert gate.is_due(9, REQUEST_INTERVAL_NS)


def test_all_layers_of_a_line_are_asked_once_each_half_second() -> None:
    gate = KeyframeGate()
    asked = 0
    for now_ms in range(0, 2000, 20):
        for stream in (8, 9, 10):
            now_ns = now_ms * 1_000_000
            asked += gate.request(stream, now_ns) or gate.is_due(stream, now_ns)
    assert asked == 4
