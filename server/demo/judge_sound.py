"""Who is heard in a stretch of sound: the tones of `server.simulate.marks`.

A tone is told from noise by its neighbourhood: the power of the bins where it may be
against that of the bins beside them, in segments of half a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from server.simulate.marks import tone_hz as tone_of

from .verdict import Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from .plan import Step

    Samples = NDArray[np.float32]
    Levels = NDArray[np.float64]

SEGMENT_S = 0.5
TONE_REACH = 0.0025
"""Of its frequency: sound is stretched by up to 0.2 % to follow a site's clock."""
NEAR_HZ, FAR_HZ = 26.0, 85.0
"""Bins this far from the tone, on both sides, are its neighbourhood."""
SILENCE_DB = -85.0
"""Quieter than this nothing is heard; a floor below counts as this."""
MOMENT_DB = -70.0
"""The same for a single segment: a click or a change of the coder's blocks is no site (a
site's tone has -36 dB on average over the bins where it may be).
"""
HEARD_DB = 15.0
UNHEARD_DB = 6.0
SHORTEST_S = 1.0

_BLACKMAN_HARRIS = (0.35875, -0.48829, 0.14128, -0.01168)


def blackman_harris(size: int) -> Levels:
    """Window with side lobes 92 dB down (Harris 1978, minimum 4-term)."""
    turn = 2 * np.pi * np.arange(size) / size
    return sum(
        (factor * np.cos(order * turn) for order, factor in enumerate(_BLACKMAN_HARRIS)),
        start=np.zeros(size),
    )


class Tone(NamedTuple):
    """``over_db``: how far it stands over its neighbourhood, typically; ``peak_db``: in the
    segment where it stands highest.
    """

    over_db: float
    peak_db: float


def spectra(samples: Samples, rate: int) -> tuple[Levels, Levels]:
    """Power of each bin in each segment: frequencies (bins,), power (segments, bins).

    A sine of full scale has power 1 in its bin. Segments overlap by half. Raises
    ValueError when ``samples`` is shorter than a segment.
    """
    size = round(SEGMENT_S * rate)
    if len(samples) < size:
        raise ValueError("too short to be judged")
    window = blackman_harris(size)
    starts = range(0, len(samples) - size + 1, size // 2)
    pieces = np.stack([samples[start : start + size] * window for start in starts])
    hertz: Levels = np.fft.rfftfreq(size, 1 / rate).astype(np.float64)
    return hertz, np.abs(np.fft.rfft(pieces, axis=1) * 2 / window.sum()) ** 2


def find_tone(hertz: Levels, power: Levels, tone_hz: float) -> Tone:
    """How far a tone of this frequency stands out of what `spectra` gave."""
    distance = np.abs(hertz - tone_hz)
    at = power[:, distance <= TONE_REACH * tone_hz].mean(axis=1)
    beside = power[:, (distance >= NEAR_HZ) & (distance <= FAR_HZ)]
    # The power of noise in a bin is exponentially distributed: its mean is median / ln 2.
    floor = np.median(beside, axis=1) / np.log(2)
    return Tone(
        float(np.median(_over_db(at, floor, SILENCE_DB))),
        float(_over_db(at, floor, MOMENT_DB).max()),
    )


def _over_db(level: Levels, floor: Levels, silence_db: float) -> Levels:
    silence = 10 ** (silence_db / 10)
    return 10 * np.log10(np.maximum(level, silence) / np.maximum(floor, silence))


def find_tones(samples: Samples, rate: int, numbers: Sequence[int]) -> dict[int, Tone]:
    """All these sites' tones in mono sound. Raises ValueError when it is too short."""
    hertz, power = spectra(samples, rate)
    return {number: find_tone(hertz, power, tone_of(number)) for number in numbers}


def tone_fault(tone: Tone, *, on_air: bool) -> str:
    """What is wrong with a site's sound; empty when right."""
    if on_air and tone.over_db < HEARD_DB:
        return f"not heard ({tone.over_db:.0f} dB over the floor)"
    if not on_air and tone.over_db >= UNHEARD_DB:
        return f"heard ({tone.over_db:.0f} dB) though not on air"
    if not on_air and tone.peak_db >= HEARD_DB:
        return f"heard for a moment ({tone.peak_db:.0f} dB) though not on air"
    return ""


def judge_step(
    step: Step, samples: Samples, rate: int, numbers: Mapping[str, int], ignored: frozenset[int]
) -> Row:
    """Exactly the sites on air are heard in the programme's sound of this step."""
    name = f"sound, {step.cue}"
    on_air = {numbers[seat] for seat in step.scene.slots} - ignored
    limit = f"exactly the {len(step.scene.slots)} on air"
    if len(samples) < SHORTEST_S * rate:
        return Row(name=name, value="no sound there", limit=limit, ok=False)
    judged = {seat: number for seat, number in numbers.items() if number not in ignored}
    tones = find_tones(samples, rate, list(judged.values()))
    faults = [
        f"{seat}: {fault}"
        for seat, number in judged.items()
        if (fault := tone_fault(tones[number], on_air=number in on_air))
    ]
    heard = [tones[number].over_db for number in on_air]
    unheard = [tone.over_db for number, tone in tones.items() if number not in on_air]
    seen = f"{len(on_air)} heard"
    if heard:
        seen += f" (weakest {min(heard):.0f} dB over the floor)"
    if unheard:
        seen += f", {len(unheard)} not (strongest {max(unheard):.1f} dB)"
    return Row(
        name=name,
        value="; ".join(faults) if faults else seen,
        limit=limit,
        ok=not faults,
        details={
            "over_floor_db": {
                seat: round(tones[number].over_db, 1) for seat, number in judged.items()
            }
        },
    )
