from hypothesis import given
from hypothesis import strategies as st

from server.simulate.capture import CapturedPacket, ReturnCapture, read_capture

packets = st.builds(
    CapturedPacket,
    arrival_ns=st.integers(0, 2**63),
    sequence=st.integers(0, 2**40),
    rtp_timestamp=st.integers(0, 2**32 - 1),
    opus=st.binary(max_size=70_000),
)


@given(st.lists(packets, max_size=6))
def test_what_was_kept_is_read_again(tmp_path_factory: object, kept: list[CapturedPacket]) -> None:
    path = tmp_path_factory.mktemp("capture") / "return"  # type: ignore[attr-defined]
    capture = ReturnCapture(path)
    for packet in kept:
        capture.add(*packet)
    capture.close()
    assert list(read_capture(path)) == kept
