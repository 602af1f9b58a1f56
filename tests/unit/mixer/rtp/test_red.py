import pytest

from mixer.rtp.errors import RtpError
from mixer.rtp.red import Redundant, join_red, split_red


def test_what_is_joined_is_split_again() -> None:
    packet = join_red(b"new", b"older", 960)
    assert packet[0] == 0x80 | 111
    assert split_red(packet) == (b"new", (Redundant(960, b"older"),))


def test_without_an_old_frame_one_header_byte_remains() -> None:
    assert join_red(b"new", b"", 960) == b"\x6fnew"
    assert join_red(b"new", bytes(1024), 960) == b"\x6fnew"
    assert join_red(b"new", b"old", 1 << 14) == b"\x6fnew"
    assert split_red(b"\x6fnew") == (b"new", ())


def test_several_old_frames_come_oldest_first_and_empty_ones_not_at_all() -> None:
    def head(offset: int, size: int, payload_type: int = 111) -> bytes:
        return ((0x80 | payload_type) << 24 | offset << 10 | size).to_bytes(4, "big")

    packet = head(2880, 0) + head(1920, 2) + head(960, 1, 8) + head(960, 3) + b"\x6f"
    assert split_red(packet + b"aa" + b"x" + b"bbb" + b"new") == (
        b"new",
        (Redundant(1920, b"aa"), Redundant(960, b"bbb")),
    )


@pytest.mark.parametrize(
    "packet", [b"", b"\xef", b"\xef\x0f\x00\x05", b"\xef\x0f\x00\x05\x6fab", b"\x08new"]
)
def test_what_does_not_fit_is_refused(packet: bytes) -> None:
    with pytest.raises(RtpError):
        split_red(packet)
