"""H.264 bitstream pieces: NAL units, Annex B and the size in an SPS (ITU-T H.264)."""

from __future__ import annotations

from typing import Final

from mixer.rtp.errors import RtpError

NAL_SLICE: Final = 1
NAL_IDR: Final = 5
NAL_SEI: Final = 6
NAL_SPS: Final = 7
NAL_PPS: Final = 8
NAL_DELIMITER: Final = 9
NAL_STAP_A: Final = 24
NAL_FU_A: Final = 28
START_CODE: Final = b"\x00\x00\x00\x01"

_SHORT_START: Final = b"\x00\x00\x01"
_MAX_SPS_SIZE: Final = 1024
_MAX_GOLOMB_ZEROS: Final = 31
# Profiles whose SPS carries chroma format and scaling lists (section 7.3.2.1.1).
_HIGH_PROFILES: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


def split_annexb(data: bytes) -> list[bytes]:
    """Return the NAL units of an Annex B byte stream, without start codes.

    Bytes before the first start code are no NAL unit and left out, as are
    empty units.
    """
    units: list[bytes] = []
    start = data.find(_SHORT_START)
    while start >= 0:
        start += 3
        end = data.find(_SHORT_START, start)
        unit = data[start:] if end < 0 else data[start:end]
        # Zeros before a start code belong to it (Annex B.1), never to the unit.
        unit = unit.rstrip(b"\x00")
        if unit:
            units.append(unit)
        start = end
    return units


def join_annexb(units: list[bytes]) -> bytes:
    """Return `units` as an Annex B byte stream with four-byte start codes."""
    return b"".join([part for unit in units for part in (START_CODE, unit)])


def starts_picture(nal: bytes) -> bool:
    """Tell whether `nal` surely is among the first of its picture.

    True for parameter sets, SEI and delimiters, and for a slice whose
    first_mb_in_slice is 0 (a single 1 bit behind the header).
    """
    kind = nal[0] & 0x1F
    if kind in (NAL_SLICE, NAL_IDR):
        return len(nal) > 1 and bool(nal[1] & 0x80)
    return kind in (NAL_SEI, NAL_SPS, NAL_PPS, NAL_DELIMITER)


class _BitReader:
    """Reads the raw byte sequence payload of one NAL unit."""

    def __init__(self, nal: bytes) -> None:
        rbsp = nal[1:].replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(rbsp, "big")
        self._left = len(rbsp) * 8

    def bits(self, count: int) -> int:
        if count > self._left:
            raise RtpError("h264.sps_overrun", "a sequence parameter set is cut off")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def unsigned(self) -> int:
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > _MAX_GOLOMB_ZEROS:
                raise RtpError("h264.golomb_range", "a sequence parameter set holds no number")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def _skip_scaling_list(reader: _BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + reader.signed()) % 256
        last = following or last


def _chroma_format(reader: _BitReader, profile: int) -> int:
    """Return chroma_format_idc (0 also for separate colour planes)."""
    if profile not in _HIGH_PROFILES:
        return 1
    chroma = reader.unsigned()
    separate_planes = chroma == 3 and reader.bits(1)
    reader.unsigned()
    reader.unsigned()
    reader.bits(1)
    if reader.bits(1):
        for index in range(12 if chroma == 3 else 8):
            if reader.bits(1):
                _skip_scaling_list(reader, 16 if index < 6 else 64)
    return 0 if separate_planes else chroma


def _skip_picture_order(reader: _BitReader) -> None:
    kind = reader.unsigned()
    if kind == 0:
        reader.unsigned()
    elif kind == 1:
        reader.bits(1)
        reader.signed()
        reader.signed()
        count = reader.unsigned()
        if count > 255:
            raise RtpError("h264.sps_range", "a picture order cycle has at most 255 frames")
        for _ in range(count):
            reader.signed()


def _crop(reader: _BitReader, chroma: int, frame_mbs_only: int) -> tuple[int, int]:
    """Return how many luma samples are cropped off (width, height)."""
    if not reader.bits(1):
        return 0, 0
    left, right = reader.unsigned(), reader.unsigned()
    top, bottom = reader.unsigned(), reader.unsigned()
    unit_x = 2 if chroma in (1, 2) else 1
    unit_y = (2 if chroma == 1 else 1) * (2 - frame_mbs_only)
    return (left + right) * unit_x, (top + bottom) * unit_y


def sps_size(nal: bytes) -> tuple[int, int]:
    """Return (width, height) in pixels after cropping, from an SPS NAL unit.

    Raise `RtpError` when it is cut off or names a size no picture has.
    """
    if not nal or nal[0] & 0x1F != NAL_SPS:
        raise RtpError("h264.not_sps", "the NAL unit is no sequence parameter set")
    reader = _BitReader(nal[:_MAX_SPS_SIZE])
    profile = reader.bits(8)
    reader.bits(16)
    reader.unsigned()
    chroma = _chroma_format(reader, profile)
    reader.unsigned()
    _skip_picture_order(reader)
    reader.unsigned()
    reader.bits(1)
    width = (reader.unsigned() + 1) * 16
    height_units = reader.unsigned() + 1
    frame_mbs_only = reader.bits(1)
    if not frame_mbs_only:
        reader.bits(1)
    height = height_units * 16 * (2 - frame_mbs_only)
    reader.bits(1)
    crop_width, crop_height = _crop(reader, chroma, frame_mbs_only)
    width -= crop_width
    height -= crop_height
    if not (0 < width <= 16384 and 0 < height <= 16384):
        raise RtpError("h264.sps_range", f"no picture is {width} by {height} pixels")
    return width, height
