"""What an Opus packet says about itself, without decoding (RFC 6716 section 3)."""

from __future__ import annotations

from typing import Final

from mixer.sound.codec import MAX_PACKET_SAMPLES, OpusError

# RFC 6716 table 2, in samples at 48 kHz: SILK 10..60 ms, hybrid 10 and 20 ms, CELT 2.5..20 ms.
_SILK: Final = (480, 960, 1920, 2880)
_HYBRID: Final = (480, 960)
_CELT: Final = (120, 240, 480, 960)
_FRAME_SAMPLES: Final = _SILK * 3 + _HYBRID * 2 + _CELT * 4
_FIRST_CELT: Final = 16
_COUNT_BY_CODE: Final = (1, 2, 2)
DTX_BYTES: Final = 2
"""A packet no longer than this says: silence from here on (RFC 6716 section 2.1.9)."""


def packet_samples(payload: bytes) -> int:
    """Samples per channel at 48 kHz. Raises `OpusError` on a malformed head (section 3.4)."""
    if not payload:
        raise OpusError("an Opus packet has at least one byte")
    toc = payload[0]
    code = toc & 3
    if code < 3:
        count = _COUNT_BY_CODE[code]
    elif len(payload) < 2:
        raise OpusError("the frame count is missing")
    else:
        count = payload[1] & 0x3F
    samples = count * _FRAME_SAMPLES[toc >> 3]
    if not 0 < samples <= MAX_PACKET_SAMPLES:
        raise OpusError(f"{count} frames make {samples} samples")
    return samples


def is_stereo(payload: bytes) -> bool:
    """Whether the packet is coded in stereo (the TOC's third bit, section 3.1)."""
    return bool(payload) and bool(payload[0] & 4)


def carries_fec(payload: bytes) -> bool:
    """Whether the packet repeats the audio before it (LBRR, RFC 6716 section 4.2.4).

    Packets of several frames of different sizes are taken to carry none.
    """
    if len(payload) < 2:
        return False
    toc = payload[0]
    config = toc >> 3
    if config >= _FIRST_CELT or toc & 3 > 1:
        return False
    # The voice activity bits of each 20 ms come first, then the LBRR bit; mid, then side.
    silk_frames = max(_FRAME_SAMPLES[config] // 960, 1)
    first = payload[1]
    if first >> (7 - silk_frames) & 1:
        return True
    stereo = bool(toc & 4)
    return stereo and silk_frames <= 3 and bool(first >> (6 - 2 * silk_frames) & 1)
