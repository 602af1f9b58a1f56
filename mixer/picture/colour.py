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
from av.video.plane import VideoPlane
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


def _pixels(plane: VideoPlane) -> Bytes:
    # One view instead of three of one another: this is done for each plane that is looked at.
    shape, strides = (plane.height, plane.width), (plane.line_size, 1)
    return np.ndarray(shape, np.uint8, memoryview(plane), strides=strides)


def planes_of(frame: VideoFrame) -> Planes:
    """All planes of a yuv420p frame without their padding, as views into it."""
    y, u, v = frame.planes
    return Planes(_pixels(y), _pixels(u), _pixels(v))
