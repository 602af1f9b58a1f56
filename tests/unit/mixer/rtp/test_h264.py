"""H.264 byte streams and the picture size in a sequence parameter set."""

from contextlib import suppress
from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.rtp.errors import RtpError
from mixer.rtp.h264 import NAL_SPS, join_annexb, split_annexb, sps_size, starts_picture


def encoded_sps(width: int, height: int, profile: str, pixels: str = "yuv420p") -> bytes:
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, pixels
    context.time_base = Fraction(1, 25)
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": profile}
    frame = av.VideoFrame(width, height, pixels)
    (packet,) = context.encode(frame)
    return next(nal for nal in split_annexb(bytes(packet)) if nal[0] & 0x1F == NAL_SPS)


@pytest.mark.parametrize(
    ("width", "height", "profile", "pixels"),
    [
        (1280, 720, "baseline", "yuv420p"),
        (320, 180, "baseline", "yuv420p"),
        (338, 190, "main", "yuv420p"),
        (1920, 1080, "high", "yuv420p"),
        (162, 98, "high422", "yuv422p"),
        (161, 99, "high444", "yuv444p"),
    ],
)
def test_the_size_an_encoder_wrote_is_read(
    width: int, height: int, profile: str, pixels: str
) -> None:
    assert sps_size(encoded_sps(width, height, profile, pixels)) == (width, height)


def golomb(value: int) -> str:
    binary = f"{value + 1:b}"
    return "0" * (len(binary) - 1) + binary


def sps_of_bits(*parts: str) -> bytes:
    bits = "".join(parts) + "1"
    bits += "0" * (-len(bits) % 8)
    return b"\x67" + int(bits, 2).to_bytes(len(bits) // 8, "big")


def test_the_size_of_interlaced_video_with_scaling_lists_is_read() -> None:
    sps = sps_of_bits(
        f"{100:08b}{0:08b}{40:08b}",
        golomb(0),
        golomb(1) + golomb(0) + golomb(0) + "0",  # 4:2:0, 8 bits
        "1",  # scaling lists: one spelt out, one that ends at once, six absent
        "1" + golomb(1) * 16,
        "1" + golomb(16),  # -8: the following entry is 0
        "0" * 6,
        golomb(0),
        golomb(1) + "0" + golomb(0) * 2 + golomb(2) + golomb(0) * 2,  # a picture order cycle
        golomb(1) + "0",
        golomb(120 - 1) + golomb(34 - 1) + "0" + "0",  # fields: 34 pairs of macroblock rows
        "1",
        "1" + golomb(0) + golomb(0) + golomb(0) + golomb(2),  # cropped by 2 units of 4 rows
    )
    assert sps_size(sps) == (1920, 1080)


def test_a_picture_order_cycle_without_end_is_refused() -> None:
    sps = sps_of_bits(
        f"{66:08b}{0:08b}{40:08b}",
        golomb(0) + golomb(0),
        golomb(1) + "0" + golomb(0) * 2 + golomb(256),
    )
    with pytest.raises(RtpError, match="sps_range"):
        sps_size(sps)


def test_emulation_prevention_is_taken_out() -> None:
    # Level and constraints of zero put two zero bytes in a row, which the wire may not show.
    size = golomb(19) + golomb(10) + "1" + "1" + "0"
    sps = sps_of_bits(f"{66:08b}{0:08b}{0:08b}", golomb(0) * 2, golomb(2) + golomb(1) + "0", size)
    assert sps_size(sps[:4] + b"\x03" + sps[4:]) == (320, 176) == sps_size(sps)


@given(st.binary(max_size=64))
def test_random_bytes_are_read_or_rejected(body: bytes) -> None:
    with suppress(RtpError):
        width, height = sps_size(b"\x67" + body)
        assert 0 < width <= 16_384
        assert 0 < height <= 16_384


@pytest.mark.parametrize("nal", [b"", b"\x68\x00", b"\x67", b"\x67\x42\x00\x1f" + bytes(16)])
def test_what_is_no_parameter_set_is_named(nal: bytes) -> None:
    with pytest.raises(RtpError, match=r"^h264\."):
        sps_size(nal)


nal_units = st.lists(
    st.binary(min_size=1, max_size=30).filter(
        lambda nal: b"\x00\x00\x01" not in nal and b"\x00\x00\x00" not in nal and nal[-1] != 0
    ),
    max_size=6,
)


@given(nal_units)
def test_joined_units_are_split_again(units: list[bytes]) -> None:
    assert split_annexb(join_annexb(units)) == units


def test_three_byte_start_codes_and_stray_zeros_are_understood() -> None:
    stream = b"\x00\x00\x01\x67a\x00\x00\x00\x01\x68b\x00\x00\x00\x00\x01\x65c\x00"
    assert split_annexb(stream) == [b"\x67a", b"\x68b", b"\x65c"]
    assert split_annexb(b"no start code") == []
    assert split_annexb(b"") == []


@pytest.mark.parametrize(
    ("nal", "first"),
    [
        (b"\x67\x42", True),
        (b"\x68\xce", True),
        (b"\x06\x05", True),
        (b"\x09\xf0", True),
        (b"\x65\x88", True),
        (b"\x41\x9a", True),
        (b"\x41\x40", False),
        (b"\x65", False),
        (b"\x0c\xff", False),
    ],
)
def test_the_first_unit_of_a_picture_is_told(nal: bytes, first: bool) -> None:
    assert starts_picture(nal) is first
