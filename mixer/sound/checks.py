"""Resources out of range are refused before anything is changed."""

from __future__ import annotations

from typing import Final

from mixer.sound.strip import MAX_DELAY_MS
from mixer.wire.control import ControlError
from mixer.wire.resources import SoundReturn, SoundSource
from mixer.wire.sound import SoundFeatures

BITRATES: Final = range(6_000, 510_001)
GAINS_DB: Final = (-120.0, 40.0)
HIGHPASS_HZ: Final = (20.0, 1000.0)
TARGETS_LUFS: Final = (-40.0, -10.0)
METERS_PER_S: Final = range(1, 26)


def check_source(resource: SoundSource) -> None:
    """Raises `ControlError`."""
    # Written so that a NaN is refused as well.
    if not GAINS_DB[0] <= resource.gain_db <= GAINS_DB[1]:
        raise ControlError("sound.gain", f"a gain of {resource.gain_db} dB")
    if not -1 <= resource.pan <= 1:
        raise ControlError("sound.pan", f"a pan of {resource.pan}")
    if not 0 <= resource.delay_ms <= MAX_DELAY_MS:
        raise ControlError("sound.delay", f"a delay of {resource.delay_ms} ms")
    corner_hz = resource.highpass_hz
    if corner_hz != 0 and not HIGHPASS_HZ[0] <= corner_hz <= HIGHPASS_HZ[1]:
        raise ControlError("sound.highpass", f"a high-pass at {corner_hz} Hz")


def check_return(resource: SoundReturn) -> None:
    """Raises `ControlError`."""
    if resource.bitrate not in BITRATES:
        raise ControlError("sound.bitrate", f"a return of {resource.bitrate} bit/s")


def check_features(resource: SoundFeatures) -> None:
    """Raises `ControlError`."""
    target = resource.loudness_target_lufs
    if target is not None and not TARGETS_LUFS[0] <= target <= TARGETS_LUFS[1]:
        raise ControlError("sound.target", f"a target of {target} LUFS")
    if resource.meters_per_s not in METERS_PER_S:
        raise ControlError("sound.meters", f"{resource.meters_per_s} reports a second")
