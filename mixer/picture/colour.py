"""Colour: the canvas is BT.601 limited range with BT.709 primaries, tagged as such.

What arrives over WebRTC is BT.601: VP8 by its specification (RFC 6386 section
9.2), H.264 of browsers in practice, which send it untagged. So those planes are
scaled and copied as they are, and only pictures tagged otherwise (BT.709 of
studio encoders, full range) are converted, by swscale, while it scales.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint16]
Floats = NDArray[np.float32]

# BT.601 limited range (ITU-R BT.601-7 section 2.5.3): rows Y, Cb, Cr; columns R, G, B of 0..1.
_LUMA = (0.299, 0.587, 0.114)
_CB_SCALE, _CR_SCALE = 1.772, 1.402
_MATRIX = np.array(
    [
        [219 * c for c in _LUMA],
        [224 * (float(i == 2) - c) / _CB_SCALE for i, c in enumerate(_LUMA)],
        [224 * (float(i == 0) - c) / _CR_SCALE for i, c in enumerate(_LUMA)],
    ],
    dtype=np.float32,
)
_OFFSET = np.array([16, 128, 128], dtype=np.float32)

MATRIX_SMPTE170M = 6
"""H.264 table E-5: matrix coefficients of BT.601 (525 lines)."""
PRIMARIES_BT709 = 1
TRANSFER_BT709 = 1
_AS_CANVAS = frozenset({2, 5, 6})
"""AVColorSpace: unspecified, bt470bg and smpte170m share the canvas's matrix."""
_FULL_RANGE = int(ColorRange.JPEG)
SMALL_WIDTH = 400
"""Places below this width are tiles, where AREA is good enough at any reduction."""


class Planes(NamedTuple):
    """Y of (h, w), U and V of (h/2, w/2), 8 bit."""

    y: Bytes
    u: Bytes
    v: Bytes


class Overlay(NamedTuple):
    """Premultiplied planes and, per pixel, what is kept of the ground (0..256)."""

    colour: Planes
    keep_y: Words
    keep_uv: Words


def to_yuv(red: int, green: int, blue: int) -> tuple[int, int, int]:
    """One colour of 0..255 as Y, U, V."""
    rgb = np.array([red, green, blue], dtype=np.float32) / 255
    y, u, v = np.rint(_MATRIX @ rgb + _OFFSET).astype(int)
    return int(y), int(u), int(v)


def _halve(plane: Floats) -> Floats:
    height, width = plane.shape
    blocks = plane.reshape(height // 2, 2, width // 2, 2)
    mean: Floats = blocks.mean(axis=(1, 3), dtype=np.float32)
    return mean


def _as_bytes(plane: Floats) -> Bytes:
    return np.rint(plane).astype(np.uint8)


def _to_planes(rgb: Bytes) -> Floats:
    # Sums instead of a matrix product, which would wake the threads of a BLAS library.
    share = rgb[..., :3].astype(np.float32) / np.float32(255)
    planes: Floats = np.empty(share.shape, dtype=np.float32)
    for row, offset in enumerate(_OFFSET):
        planes[..., row] = offset
        for column in range(3):
            planes[..., row] += share[..., column] * _MATRIX[row, column]
    return planes


def _kept(alpha: Floats) -> Words:
    # Rounded up, so that blending, which rounds down, leaves no dark fringe at alpha 0.
    return np.ceil((1 - alpha) * 256).astype(np.uint16)


def opaque(rgb: Bytes) -> Planes:
    """An RGB picture (h, w, 3 or 4; even sides) as planes; alpha is ignored."""
    yuv = _to_planes(rgb)
    return Planes(
        _as_bytes(yuv[..., 0]), _as_bytes(_halve(yuv[..., 1])), _as_bytes(_halve(yuv[..., 2]))
    )


def overlay(rgba: Bytes) -> Overlay:
    """An RGBA picture with straight alpha (h, w, 4; even sides), ready to be blended."""
    yuv = _to_planes(rgba)
    alpha: Floats = rgba[..., 3].astype(np.float32) / np.float32(255)
    alpha_uv = _halve(alpha)
    colour = Planes(
        _as_bytes(yuv[..., 0] * alpha),
        _as_bytes(_halve(yuv[..., 1] * alpha)),
        _as_bytes(_halve(yuv[..., 2] * alpha)),
    )
    keep_y = _kept(alpha)
    keep_uv = _kept(alpha_uv)
    return Overlay(colour, keep_y, keep_uv)


def plane_of(frame: VideoFrame, index: int) -> Bytes:
    """A plane of a yuv420p frame without its padding, as a view."""
    plane = frame.planes[index]
    rows: Bytes = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def planes_of(frame: VideoFrame) -> Planes:
    """All planes of a yuv420p frame, as views into it."""
    return Planes(plane_of(frame, 0), plane_of(frame, 1), plane_of(frame, 2))


def _interpolation(source_width: int, width: int) -> Interpolation:
    smaller = source_width * 2 >= width * 3 or (width < SMALL_WIDTH and source_width >= width)
    return Interpolation.AREA if smaller else Interpolation.BICUBIC


class Scaler:
    """Scales frames to one place; keeps swscale's tables while the sizes stay.

    AREA where it makes smaller by enough or the place is small, else BICUBIC, as
    AREA enlarges in blocks. Without threads: a picture is too small to share.
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def scale(self, frame: VideoFrame, width: int, height: int) -> VideoFrame:
        """``frame`` as yuv420p of this size in the canvas's colours.

        The frame itself where nothing is to be done. Raises ValueError or
        `av.FFmpegError` for what swscale cannot take.
        """
        interpolation = _interpolation(frame.width, width)
        same_matrix = int(frame.colorspace) in _AS_CANVAS
        full_range = int(frame.color_range) == _FULL_RANGE
        plain = frame.format.name == "yuv420p"
        if same_matrix and not full_range and plain:
            if (frame.width, frame.height) == (width, height):
                return frame
            return self._reformatter.reformat(
                frame, width, height, "yuv420p", interpolation=interpolation, threads=1
            )
        return self._reformatter.reformat(
            frame,
            width,
            height,
            "yuv420p",
            src_colorspace=Colorspace.ITU601 if same_matrix else Colorspace(frame.colorspace),
            dst_colorspace=Colorspace.ITU601,
            src_color_range=ColorRange.JPEG if full_range else ColorRange.MPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=interpolation,
            threads=1,
        )
