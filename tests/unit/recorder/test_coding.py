import av
import pytest

from mixer.rtp.depacketise import AccessUnit
from mixer.rtp.h264 import split_annexb
from mixer.wire.ids import Codec
from recorder import coding
from tests.recorder_streams import HEIGHT, WIDTH, opus, video


@pytest.mark.parametrize(
    ("toc", "more", "duration_ms"),
    [
        (0 << 3, b"", 10),
        (3 << 3, b"", 60),
        (14 << 3, b"", 10),
        (15 << 3 | 1, b"", 40),
        (31 << 3, b"", 20),
        (28 << 3 | 2, b"", 5),
        (31 << 3 | 3, b"\x03", 60),
        (31 << 3 | 3, b"", 20),
    ],
)
def test_an_opus_packet_tells_how_long_it_sounds(toc: int, more: bytes, duration_ms: float) -> None:
    assert coding.opus_duration_ns(bytes((toc,)) + more) == duration_ms * 1_000_000


def test_real_opus_packets_last_twenty_milliseconds() -> None:
    assert {coding.opus_duration_ns(unit.payload) for unit in opus(1).units} == {20_000_000}
    assert coding.opus_duration_ns(b"") == 20_000_000


def test_a_configuration_made_of_parameter_sets_opens_a_decoder() -> None:
    units = [unit.payload for unit in video(1, Codec.H264).units]
    configuration = coding.avc_configuration(split_annexb(units[0]))
    shaper = coding.AvcShaper(configuration)
    context = av.CodecContext.create("h264", "r")
    assert isinstance(context, av.VideoCodecContext)
    context.extradata = configuration
    frames = [frame for unit in units for frame in context.decode(av.Packet(shaper.shape(unit)))]
    frames += context.decode(None)
    assert len(frames) == len(units)
    assert (frames[0].width, frames[0].height) == (WIDTH, HEIGHT)


def test_high_profile_says_its_chroma_format() -> None:
    sps, pps = b"\x67\x64\x00\x1f\xac", b"\x68\xee\x3c\xb0"
    assert coding.avc_configuration([sps, pps]).endswith(pps + b"\xfd\xf8\xf8\x00")


@pytest.mark.parametrize(
    "units", [[], [b"\x67\x42\xc0\x1f\x8c"], [b"\x68\xce"], [b"\x67", b"\x68"]]
)
def test_without_parameter_sets_there_is_no_configuration(units: list[bytes]) -> None:
    with pytest.raises(ValueError, match="parameter sets"):
        coding.avc_configuration(units)


def test_parameter_sets_that_do_not_fit_are_refused() -> None:
    sps, pps = b"\x67\x42\xc0\x1f\x8c", b"\x68\xce"
    for units in ([sps, pps + bytes(70_000)], [sps] * 40 + [pps]):
        with pytest.raises(ValueError, match="hold"):
            coding.avc_configuration(units)


def test_known_parameter_sets_are_left_out_and_changed_ones_stay() -> None:
    first = video(1, Codec.H264).units[0].payload
    other = video(1, Codec.H264, size=(96, 64)).units[0].payload
    shaper = coding.AvcShaper(coding.avc_configuration(split_annexb(first)))
    kinds = [nal[0] & 0x1F for nal in _lengths(shaper.shape(first))]
    assert 7 not in kinds
    assert 8 not in kinds
    assert 5 in kinds
    assert 7 in [nal[0] & 0x1F for nal in _lengths(shaper.shape(other))]
    assert shaper.shape(b"\x00\x00\x00\x01\x09\xf0") == b""


def _lengths(data: bytes) -> list[bytes]:
    units: list[bytes] = []
    while data:
        size = int.from_bytes(data[:4], "big")
        units.append(data[4 : 4 + size])
        data = data[4 + size :]
    return units


def test_a_key_frame_without_a_size_begins_no_file() -> None:
    unit = AccessUnit(
        b"x", keyframe=True, rtp_timestamp=0, session_ns=0, first_sequence=0, last_sequence=0
    )
    with pytest.raises(ValueError, match="size"):
        coding.video_format(Codec.VP8, unit)
