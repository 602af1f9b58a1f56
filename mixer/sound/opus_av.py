"""Opus through PyAV, where no libopus can be called directly.

It reaches neither concealment nor FEC, so a lost packet leaves faded silence here.
"""

from __future__ import annotations

from typing import Final

import av
import numpy as np

from mixer.sound.codec import (
    SAMPLE_RATE,
    TICK_SAMPLES,
    Decoder,
    Encoder,
    EncoderSettings,
    OpusError,
    Samples,
    along,
)

_LOOKAHEAD_AUDIO: Final = 312
_LOOKAHEAD_LOW_DELAY: Final = 120
_FADE_SAMPLES: Final = 240
_FULL_SCALE: Final = np.float32(1 / 32768)


class AvOpus:
    """`OpusLibrary` over FFmpeg's libopus wrapper."""

    conceals = False
    name = "PyAV libopus"

    def decoder(self, channels: int = 1) -> Decoder:
        """A fresh decoder to mono (1) or stereo (2)."""
        return _AvDecoder(channels)

    def encoder(self, settings: EncoderSettings) -> Encoder:
        """A fresh encoder. Raises `OpusError` for settings out of range."""
        return _AvEncoder(settings)


class _AvDecoder:
    def __init__(self, channels: int) -> None:
        context = av.CodecContext.create("libopus", "r")
        if not isinstance(context, av.AudioCodecContext):
            raise OpusError("PyAV has no Opus decoder")
        context.sample_rate = SAMPLE_RATE
        context.layout = "mono" if channels == 1 else "stereo"
        self._context = context
        # FFmpeg gives interleaved samples in one plane.
        self._shape = (-1,) if channels == 1 else (-1, channels)
        self._last = np.zeros(0, np.float32).reshape(self._shape)

    def decode(self, payload: bytes) -> Samples:
        # An empty packet would flush the decoder for ever.
        if not payload:
            raise OpusError("an Opus packet has at least one byte")
        try:
            frames = self._context.decode(av.Packet(payload))
        except av.FFmpegError as error:
            raise OpusError(f"decoding failed: {error}") from error
        blocks = [frame.to_ndarray().reshape(self._shape).astype(np.float32) for frame in frames]
        if not blocks:
            return np.zeros(0, np.float32).reshape(self._shape)
        block = np.concatenate(blocks) * _FULL_SCALE
        self._last = block[-_FADE_SAMPLES:]
        return block

    def decode_fec(self, payload: bytes, samples: int) -> Samples:  # noqa: ARG002
        return self.conceal(samples)

    def conceal(self, samples: int) -> Samples:
        # The mirrored end, faded, so that silence does not begin with a click.
        concealed = np.zeros((samples, *self._last.shape[1:]), np.float32)
        count = min(len(self._last), samples)
        fade = np.linspace(1, 0, count, dtype=np.float32)
        concealed[:count] = self._last[::-1][:count] * along(fade, concealed)
        self._last = self._last[:0]
        return concealed


class _AvEncoder:
    def __init__(self, settings: EncoderSettings) -> None:
        context = av.CodecContext.create("libopus", "w")
        if not isinstance(context, av.AudioCodecContext):
            raise OpusError("PyAV has no Opus encoder")
        self._stereo = settings.channels == 2
        context.sample_rate = SAMPLE_RATE
        context.layout = "stereo" if self._stereo else "mono"
        context.format = "flt"
        context.bit_rate = settings.bitrate
        context.options = {
            "application": "lowdelay" if settings.low_delay else "audio",
            "compression_level": str(settings.complexity),
            "frame_duration": "20",
            "fec": str(int(settings.fec)),
            "packet_loss": str(settings.loss_percent),
        }
        try:
            context.open()
        except (av.FFmpegError, ValueError) as error:
            raise OpusError(f"no encoder: {error}") from error
        self._context = context
        self._position = 0
        self.lookahead_samples = _LOOKAHEAD_LOW_DELAY if settings.low_delay else _LOOKAHEAD_AUDIO

    def set_bitrate(self, bitrate: int) -> bool:  # noqa: ARG002
        # FFmpeg's wrapper reads its bit rate once, when it is opened.
        return False

    def encode(self, block: Samples) -> bytes:
        shape = (TICK_SAMPLES, 2) if self._stereo else (TICK_SAMPLES,)
        if block.shape != shape:
            raise OpusError(f"a block of {block.shape} instead of {shape}")
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(block, np.float32).reshape(1, -1),
            format="flt",
            layout="stereo" if self._stereo else "mono",
        )
        frame.sample_rate = SAMPLE_RATE
        frame.pts = self._position
        self._position += TICK_SAMPLES
        packets = self._context.encode(frame)
        if len(packets) != 1:
            raise OpusError(f"{len(packets)} packets for one block")
        return bytes(packets[0])
