"""What the programme's renditions are, and the encoders that make them."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import av
from av.video.codeccontext import VideoCodecContext

from mixer.wire.ids import LAYER_LOW, LAYER_MAIN, Codec, Layer

from .colour import MATRIX_SMPTE170M, PRIMARIES_BT709, TRANSFER_BT709
from .keyframes import KEYFRAME_EVERY_S
from .picture_format import PictureFormat

LOW_SIZE = (640, 360)
_LIMITED_RANGE = 1
_MAIN_RATE = {720: 2_500_000, 1080: 5_000_000}
_VP8_RATE = {720: 2_000_000, 1080: 4_000_000}
MIN_MASTER_KBPS, MAX_MASTER_KBPS = 2000, 20_000


class RenditionSpec(NamedTuple):
    """One coding of a picture. Rates in bit/s, buffer in bits."""

    layer: Layer
    width: int
    height: int
    crf: int
    maxrate: int
    bufsize: int
    frame_rate: int = 25
    """Programme frames a second, of which each ``step``-th is coded."""
    step: int = 1
    codec: Codec = Codec.H264
    profile: str = "baseline"
    sequences: int = 64
    """Sequence numbers set aside for each programme frame."""


def _rate(rates: dict[int, int], form: PictureFormat) -> int:
    return rates[form.height] * form.frame_rate // 25


def renditions(form: PictureFormat) -> tuple[RenditionSpec, RenditionSpec]:
    """``main`` in full size and ``low`` in 640x360 at 300 kbit/s."""
    rate = _rate(_MAIN_RATE, form)
    fps = form.frame_rate
    return (
        RenditionSpec(LAYER_MAIN, form.width, form.height, 24, rate, rate, fps),
        RenditionSpec(LAYER_LOW, *LOW_SIZE, 26, 300_000, 300_000, fps),
    )


def clean_spec(form: PictureFormat) -> RenditionSpec:
    """Like ``main``, alone in its publication."""
    return renditions(form)[0]._replace(layer=LAYER_LOW)


def vp8_spec(form: PictureFormat) -> RenditionSpec:
    """For browsers without H.264."""
    rate = _rate(_VP8_RATE, form)
    spec = RenditionSpec(LAYER_LOW, form.width, form.height, 0, rate, rate, form.frame_rate)
    return spec._replace(codec=Codec.VP8)


def master_spec(form: PictureFormat, kbps: int) -> RenditionSpec:
    """For the archive: nearly as good as it can be, bounded by ``kbps``."""
    rate = min(max(kbps, MIN_MASTER_KBPS), MAX_MASTER_KBPS) * 1000
    spec = RenditionSpec(LAYER_LOW, form.width, form.height, 16, rate, rate, form.frame_rate)
    return spec._replace(profile="high", sequences=256)


def preview_spec(form: PictureFormat) -> RenditionSpec:
    """Small and at half the frames."""
    return RenditionSpec(LAYER_LOW, *LOW_SIZE, 27, 400_000, 400_000, form.frame_rate, 2)


def multiview_spec(form: PictureFormat) -> RenditionSpec:
    """1280x720 at half the frames."""
    return RenditionSpec(LAYER_LOW, 1280, 720, 26, 1_500_000, 1_500_000, form.frame_rate, 2)


def open_encoder(spec: RenditionSpec) -> VideoCodecContext:
    """An encoder without look-ahead in one thread."""
    name = "libvpx" if spec.codec is Codec.VP8 else "libx264"
    context = av.CodecContext.create(name, "w")
    if not isinstance(context, VideoCodecContext):
        raise TypeError(f"{name} is no video codec")
    context.width = spec.width
    context.height = spec.height
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, spec.frame_rate)
    context.framerate = Fraction(spec.frame_rate, spec.step)
    context.thread_count = 1
    context.gop_size = KEYFRAME_EVERY_S * spec.frame_rate
    context.colorspace = MATRIX_SMPTE170M
    context.color_range = _LIMITED_RANGE
    context.color_primaries = PRIMARIES_BT709
    context.color_trc = TRANSFER_BT709
    if spec.codec is Codec.VP8:
        context.bit_rate = spec.maxrate
        context.options = _vp8_options(spec)
    else:
        context.options = _x264_options(spec)
    return context


def _x264_options(spec: RenditionSpec) -> dict[str, str]:
    options = {
        "preset": "superfast",
        "profile": spec.profile,
        "tune": "zerolatency",
        "crf": str(spec.crf),
        "maxrate": str(spec.maxrate),
        "bufsize": str(spec.bufsize),
        "sc_threshold": "0",
        "forced-idr": "1",
    }
    if spec.profile == "baseline":  # as browsers negotiate it, 42e01f; 1080 lines need 4.0
        options["level"] = "3.1" if spec.height <= 720 else "4.0"
    return options


def _vp8_options(spec: RenditionSpec) -> dict[str, str]:
    return {
        "deadline": "realtime",
        "cpu-used": "-12",
        "lag-in-frames": "0",
        "static-thresh": "100",
        "max-intra-rate": "400",
        "undershoot-pct": "95",
        "overshoot-pct": "25",
        "maxrate": str(spec.maxrate),
        "minrate": "0",
        "bufsize": str(spec.bufsize),
        "auto-alt-ref": "0",
    }
