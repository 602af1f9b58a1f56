"""libopus through ctypes: encoding, decoding, FEC and concealment.

The wheel of PyAV carries a libopus under a hashed name and Debian has another;
whichever answers a test vector first is used. A foreign call releases the
interpreter lock. Source of the calls: opus.h of libopus 1.3 and newer.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av
import numpy as np
import structlog

from mixer.sound.codec import (
    MAX_PACKET_SAMPLES,
    PIECE_SAMPLES,
    SAMPLE_RATE,
    TICK_SAMPLES,
    Decoder,
    Encoder,
    EncoderSettings,
    OpusError,
    OpusLibrary,
    Samples,
)
from mixer.sound.opus_av import AvOpus

_log = structlog.get_logger(__name__)

_APPLICATION_AUDIO: Final = 2049
_APPLICATION_LOW_DELAY: Final = 2051
_SET_BITRATE: Final = 4002
_SET_COMPLEXITY: Final = 4010
_SET_FEC: Final = 4012
_SET_LOSS: Final = 4014
_GET_LOOKAHEAD: Final = 4027
_MAX_PACKET_BYTES: Final = 1275
"""One frame's limit (RFC 6716 section 3.4 [R2])."""

# Three packets of 60 bytes: a 1 kHz sine of amplitude 0.5, CELT, 20 ms; made with libopus 1.3.1.
_TONE: Final = bytes.fromhex(
    "f89fe1530080ec84cdcbc9d22aff4e05bd5368bbd730d997d568dde886dbfa2bdb5c26fece275fe0"
    "b62058b4f5976233531a69a00173b0d58e431ab1f89d57d558a4c9dac7ab6e5b5c3bd8a22850a45d"
    "dbc46e4a5aa93b59c9a16c61ae5c21c03c44c36add9efeb2e14c8b2e23dd7250924a2d8167606fd1"
    "f89c1cc395f64ce5c4b6c8d74f342ef3f428517b0706dc3a797100b6d77f8c747b5610e0093adbd3"
    "bb99503ec4dfa29a6fb1782e4da9ccf5fb7ab4d1"
)
_VECTOR: Final = tuple(_TONE[start : start + 60] for start in range(0, 180, 60))
_VECTOR_HZ: Final = 1000.0
_VECTOR_AMPLITUDE: Final = 0.5
_VECTOR_TOLERANCE: Final = 0.03


class LibOpus:
    """A loaded libopus that has shown that it decodes and conceals.

    Raises `OpusError` when the file is none or does not pass `probe`.
    """

    conceals = True

    def __init__(self, path: str) -> None:
        try:
            self._library = ctypes.CDLL(path)
            self._declare()
        except (OSError, AttributeError) as error:
            raise OpusError(f"{path} is no usable libopus: {error}") from error
        self.name = self._library.opus_get_version_string().decode()
        self.probe()

    def decoder(self, channels: int = 1) -> Decoder:
        """A fresh decoder to mono (1) or stereo (2)."""
        return _LibDecoder(self._library, channels)

    def encoder(self, settings: EncoderSettings) -> Encoder:
        """A fresh encoder. Raises `OpusError` for settings out of range."""
        return _LibEncoder(self._library, settings)

    def probe(self) -> None:
        """Decode a known tone and conceal after it. Raises `OpusError` when it sounds wrong."""
        decoder = self.decoder()
        blocks = [decoder.decode(packet) for packet in _VECTOR]
        blocks.append(decoder.conceal(TICK_SAMPLES))
        for block, tolerance in ((blocks[2], _VECTOR_TOLERANCE), (blocks[3], 0.25)):
            if block.shape != (TICK_SAMPLES,):
                raise OpusError(f"{self.name}: {block.shape} samples instead of {TICK_SAMPLES}")
            amplitude = tone_amplitude(block, _VECTOR_HZ)
            if abs(amplitude - _VECTOR_AMPLITUDE) > tolerance:
                raise OpusError(f"{self.name}: test tone decodes to amplitude {amplitude:.3f}")
        if len(self.encoder(EncoderSettings()).encode(blocks[2])) < len(_VECTOR[0]):
            raise OpusError(f"{self.name}: the encoder makes empty packets")

    def _declare(self) -> None:
        library = self._library
        pointer, integer = ctypes.c_void_p, ctypes.c_int
        library.opus_get_version_string.restype = ctypes.c_char_p
        library.opus_decoder_create.restype = pointer
        library.opus_decoder_create.argtypes = [integer, integer, ctypes.POINTER(integer)]
        library.opus_decoder_destroy.argtypes = [pointer]
        library.opus_decoder_destroy.restype = None
        library.opus_decode_float.argtypes = [
            pointer, ctypes.c_char_p, integer, pointer, integer, integer,
        ]  # fmt: skip
        library.opus_encoder_create.restype = pointer
        library.opus_encoder_create.argtypes = [
            integer, integer, integer, ctypes.POINTER(integer),
        ]  # fmt: skip
        library.opus_encoder_destroy.argtypes = [pointer]
        library.opus_encoder_destroy.restype = None
        library.opus_encode_float.argtypes = [pointer, pointer, integer, pointer, integer]
        # The rest of the arguments is variadic; integers and pointers travel as declared here.
        library.opus_encoder_ctl.argtypes = [pointer, integer]


def tone_amplitude(block: Samples, frequency_hz: float) -> float:
    """Amplitude of one frequency in ``block`` (n,), which should hold whole periods."""
    phase = np.exp(-2j * np.pi * frequency_hz / SAMPLE_RATE * np.arange(len(block)))
    return float(2.0 * np.abs(np.mean(block * phase)))


class _LibDecoder:
    """`Decoder` over one ``OpusDecoder``, which it frees."""

    def __init__(self, library: ctypes.CDLL, channels: int) -> None:
        self._library = library
        shape = (MAX_PACKET_SAMPLES,) if channels == 1 else (MAX_PACKET_SAMPLES, channels)
        self._pcm = np.zeros(shape, np.float32)
        self._pcm_address = self._pcm.ctypes.data
        error = ctypes.c_int()
        self._state = library.opus_decoder_create(SAMPLE_RATE, channels, ctypes.byref(error))
        if error.value != 0:
            raise OpusError(f"no decoder: error {error.value}")

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self._library.opus_decoder_destroy(self._state)

    def decode(self, payload: bytes) -> Samples:
        # libopus takes an empty packet for a lost one.
        if not payload:
            raise OpusError("an Opus packet has at least one byte")
        return self._run(payload, len(payload), MAX_PACKET_SAMPLES, 0)

    def decode_fec(self, payload: bytes, samples: int) -> Samples:
        return self._run(payload, len(payload), _whole_pieces(samples), 1)[-samples:]

    def conceal(self, samples: int) -> Samples:
        return self._run(None, 0, _whole_pieces(samples), 0)[:samples]

    def _run(self, payload: bytes | None, size: int, samples: int, fec: int) -> Samples:
        count = self._library.opus_decode_float(
            self._state, payload, size, self._pcm_address, samples, fec
        )
        if count < 0:
            raise OpusError(f"decoding failed: error {count}")
        return self._pcm[:count].copy()


class _LibEncoder:
    """`Encoder` over one ``OpusEncoder``, which it frees."""

    def __init__(self, library: ctypes.CDLL, settings: EncoderSettings) -> None:
        self._library = library
        shape = (TICK_SAMPLES,) if settings.channels == 1 else (TICK_SAMPLES, settings.channels)
        self._pcm = np.zeros(shape, np.float32)
        self._pcm_address = self._pcm.ctypes.data
        self._packet = ctypes.create_string_buffer(_MAX_PACKET_BYTES)
        application = _APPLICATION_LOW_DELAY if settings.low_delay else _APPLICATION_AUDIO
        error = ctypes.c_int()
        self._state = library.opus_encoder_create(
            SAMPLE_RATE, settings.channels, application, ctypes.byref(error)
        )
        if error.value != 0:
            raise OpusError(f"no encoder: error {error.value}")
        for request, value in (
            (_SET_BITRATE, settings.bitrate),
            (_SET_COMPLEXITY, settings.complexity),
            (_SET_FEC, int(settings.fec)),
            (_SET_LOSS, settings.loss_percent),
        ):
            self._control(request, ctypes.c_int(value))
        lookahead = ctypes.c_int()
        self._control(_GET_LOOKAHEAD, ctypes.byref(lookahead))
        self.lookahead_samples = lookahead.value

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self._library.opus_encoder_destroy(self._state)

    def encode(self, block: Samples) -> bytes:
        if block.shape != self._pcm.shape:
            raise OpusError(f"a block of {block.shape} instead of {self._pcm.shape}")
        self._pcm[...] = block
        size = self._library.opus_encode_float(
            self._state, self._pcm_address, TICK_SAMPLES, self._packet, _MAX_PACKET_BYTES
        )
        if size < 0:
            raise OpusError(f"encoding failed: error {size}")
        return ctypes.string_at(self._packet, size)

    def set_bitrate(self, bitrate: int) -> bool:
        self._control(_SET_BITRATE, ctypes.c_int(bitrate))
        return True

    def _control(self, request: int, argument: object) -> None:
        answer = self._library.opus_encoder_ctl(self._state, request, argument)
        if answer != 0:
            raise OpusError(f"encoder setting {request} refused: error {answer}")


def _whole_pieces(samples: int) -> int:
    return -(-samples // PIECE_SAMPLES) * PIECE_SAMPLES


def library_paths() -> Iterator[str]:
    """Where a libopus may be: in PyAV's wheel, then the system's."""
    bundled = Path(av.__file__).parent.parent / "av.libs"
    for path in sorted(bundled.glob("libopus[-.]*so*")):
        yield str(path)
    system = ctypes.util.find_library("opus")
    if system is not None:
        yield system


def open_opus() -> OpusLibrary:
    """The first libopus that passes its test vector, else PyAV without concealment."""
    for path in library_paths():
        try:
            library = LibOpus(path)
        except OpusError as error:
            _log.warning("sound.opus_refused", path=path, error=str(error))
            continue
        _log.info("sound.opus", library=library.name)
        return library
    _log.warning("sound.no_concealment", text="no usable libopus; lost packets leave silence")
    return AvOpus()
