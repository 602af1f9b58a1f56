"""What sound needs from an Opus library, whichever carries it.

Samples are float32, full scale 1.0, 48 kHz everywhere inside sound.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mixer.wire.ids import NANOSECONDS

Samples = NDArray[np.float32]
"""Mono ``(n,)``; stereo interleaved by row ``(n, 2)`` where said so."""

SAMPLE_RATE: Final = 48_000
TICK_SAMPLES: Final = 960
PIECE_SAMPLES: Final = 120
"""2.5 ms: the smallest Opus frame; concealment comes in multiples of it (RFC 6716 2.1.4)."""
MAX_PACKET_SAMPLES: Final = 5760
"""120 ms, the longest Opus packet (RFC 6716 section 3.2.5)."""


def samples_to_ns(samples: int) -> int:
    """Duration of ``samples``, rounded down to a nanosecond."""
    return samples * 62_500 // 3


def ns_to_samples(duration_ns: int) -> int:
    """Samples in ``duration_ns``, rounded to the nearest."""
    return (duration_ns * SAMPLE_RATE + NANOSECONDS // 2) // NANOSECONDS


def along(ramp: Samples, block: Samples) -> Samples:
    """``ramp`` (n,) shaped so that it multiplies ``block``, (n,) or (n, 2), over time."""
    return ramp if block.ndim == 1 else ramp[:, None]


class OpusError(Exception):
    """A packet that no decoder can read, or settings no encoder takes."""


class EncoderSettings(NamedTuple):
    """How one encoder works."""

    channels: int = 1
    bitrate: int = 64_000
    complexity: int = 5
    low_delay: bool = True
    """CELT only with 2.5 ms of look-ahead; otherwise audio mode with 6.5 ms."""
    fec: bool = False
    """In-band FEC; only the speech layer carries it, so it wants ``low_delay=False``."""
    loss_percent: int = 0
    """Loss the encoder shall expect."""


class Decoder(Protocol):
    """Decodes one stream: to mono ``(n,)``, stereo mixed down, or to stereo ``(n, 2)``."""

    def decode(self, payload: bytes) -> Samples:
        """The packet's samples. Raises `OpusError` when it is unreadable."""

    def decode_fec(self, payload: bytes, samples: int) -> Samples:
        """The ``samples`` just before ``payload`` from the copy it carries."""

    def conceal(self, samples: int) -> Samples:
        """A continuation of what was decoded last, ``samples`` long; fades by itself."""


class Encoder(Protocol):
    """Encodes one stream, a tick at a time."""

    @property
    def lookahead_samples(self) -> int:
        """How much later than its input the decoded output comes."""

    def encode(self, block: Samples) -> bytes:
        """One packet of ``(960,)`` or ``(960, 2)`` samples. Raises `OpusError`."""

    def set_bitrate(self, bitrate: int) -> bool:
        """Code with ``bitrate`` bit/s from the next packet on; False where that cannot be."""


class OpusLibrary(Protocol):
    """A way to reach Opus."""

    @property
    def name(self) -> str:
        """Library and version, for the log."""

    @property
    def conceals(self) -> bool:
        """Whether lost packets are concealed and FEC is decoded."""

    def decoder(self, channels: int = 1) -> Decoder:
        """A fresh decoder to mono (1) or stereo (2)."""

    def encoder(self, settings: EncoderSettings) -> Encoder:
        """A fresh encoder. Raises `OpusError` for settings out of range."""
