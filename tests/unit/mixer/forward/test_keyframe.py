import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.forward.keyframe import REQUEST_INTERVAL_NS, KeyframeGate, begins_keyframe
from mixer.rtp import payload_type


@pytest.mark.parametrize(
    ("canonical", "payload", "expected"),
    [
        (payload_type.VP8, b"\x10\x00rest", True),
        (payload_type.VP8, b"\x10\x01rest", False),
        (payload_type.VP8, b"\x00\x00rest", False),
        (payload_type.VP8, b"\x90\x80\x11\x00rest", True),
        (payload_type.H264, b"\x67\x42", True),
        (payload_type.H264, b"\x65\x88", True),
        (payload_type.H264, b"\x41\x9a", False),
        (payload_type.H264, b"\x78\x00\x04\x67\x42", True),
        (payload_type.H264, b"\x78\x00\x04\x41\x9a", False),
        (payload_type.H264, b"\x7c\x85\x88", True),
        (payload_type.H264, b"\x7c\x05\x88", False),
        (payload_type.H264, b"", False),
        (payload_type.VP8, b"", False),
        (payload_type.OPUS, b"\x67", False),
    ],
)
def test_recognises_the_first_packet_of_a_key_frame(
    canonical: int, payload: bytes, expected: bool
) -> None:
    assert begins_keyframe(canonical, payload) is expected


@given(
    canonical=st.sampled_from([payload_type.VP8, payload_type.H264]), payload=st.binary(max_size=8)
)
def test_never_raises(canonical: int, payload: bytes) -> None:
    begins_keyframe(canonical, payload)


def test_the_first_request_goes_out_at_once() -> None:
    assert KeyframeGate().request(0)


def test_many_requests_become_one_each_half_second() -> None:
    gate = KeyframeGate()
    asked = [gate.request(0)]
    for now_ms in range(0, 2000, 20):
        now_ns = now_ms * 1_000_000
        asked.append(gate.request(now_ns) or gate.due(now_ns))
    assert sum(asked) == 4
    assert gate.asked == 4


def test_a_joined_request_goes_out_at_the_end_of_the_interval() -> None:
    gate = KeyframeGate()
    gate.request(0)
    gate.request(1)
    assert not gate.due(REQUEST_INTERVAL_NS - 1)
    assert gate.due(REQUEST_INTERVAL_NS)
    assert not gate.due(2 * REQUEST_INTERVAL_NS)


def test_a_key_frame_meanwhile_answers_all() -> None:
    gate = KeyframeGate()
    gate.request(0)
    gate.request(1)
    gate.on_keyframe()
    assert not gate.due(REQUEST_INTERVAL_NS)
