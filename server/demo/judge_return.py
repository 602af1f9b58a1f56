"""Nobody hears himself: each site's own tone in its own return, against the others' returns.

What the others hear of a tone is the reference: it wobbles as sound follows the site's
clock. Correlating a site's own return with it finds the tone far below the noise that
coding leaves, the deeper the longer the sound. How much of what is found may be that
noise is told by the same correlation at frequencies where no tone is.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from server.simulate.marks import tone_hz

from .judge_sound import blackman_harris
from .verdict import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from server.simulate.capture import CapturedPacket

    from .plan import Step

    Samples = NDArray[np.float32]
    Bins = NDArray[np.complex128]

RATE = 48_000
DOWN_DB = 50.0
HEARD_DBFS = -45.0
"""A tone is sent at -26 dBFS; quieter than this in the others' returns it is not heard."""
NOISE_DB = 6.0
"""Found this little above what noise alone gives, nothing was found."""
HALF_BAND_HZ = 25.0
"""The tone with all its wobble (0.2 % of 6.4 kHz) is within."""
DECOYS_HZ = tuple(sign * hertz for hertz in range(52, 100, 4) for sign in (-1.0, 1.0))
"""Farther from the tone than its band is wide, nearer than the next tone's band."""
MAX_LAG_S = 0.1
SHORTEST_S = 1.2
WHOLE_SHARE = 0.6
"""Of a step at least this much of a return must be unbroken."""
LEAP_SAMPLES = 10 * RATE


class Stretch(NamedTuple):
    """Session time in seconds."""

    from_s: float
    until_s: float

    def length_s(self) -> float:
        """Seconds, 0 at least."""
        return max(0.0, self.until_s - self.from_s)


class Return(NamedTuple):
    """What one site heard: unbroken stretches of mono sound at 48 kHz.

    ``times_s`` is the session time at which each stretch's first sample arrived.
    """

    times_s: tuple[float, ...]
    stretches: tuple[Samples, ...]

    def longest(self, from_s: float, until_s: float) -> Stretch:
        """The longest unbroken part of this time; both ends equal where there is none."""
        parts = [
            Stretch(max(from_s, start_s), min(until_s, start_s + len(samples) / RATE))
            for start_s, samples in zip(self.times_s, self.stretches, strict=True)
        ]
        return max(parts, key=Stretch.length_s, default=Stretch(from_s, from_s))

    def cut(self, part: Stretch) -> Samples:
        """The sound of an unbroken part."""
        for start_s, samples in zip(self.times_s, self.stretches, strict=True):
            first = round((part.from_s - start_s) * RATE)
            last = first + int(part.length_s() * RATE)
            if first >= 0 and last <= len(samples) + 1:
                return samples[first:last]
        return np.zeros(0, np.float32)


def in_order(packets: Iterable[CapturedPacket]) -> list[tuple[int, CapturedPacket]]:
    """Packets by the time they stand for, each once: (unwrapped RTP time, packet).

    A leap of the RTP time begins a new stream, which stands behind the one before.
    """
    placed: dict[int, CapturedPacket] = {}
    last = 0
    previous: int | None = None
    for packet in sorted(packets, key=lambda one: one.arrival_ns):
        if previous is not None:
            difference = (packet.rtp_timestamp - previous + 0x80000000) % 0x100000000 - 0x80000000
            if abs(difference) > LEAP_SAMPLES:
                last = max(placed) + LEAP_SAMPLES
            else:
                last += difference
        previous = packet.rtp_timestamp
        placed.setdefault(last, packet)
    return sorted(placed.items())


def decode_return(
    packets: Iterable[CapturedPacket],
    decode: Callable[[bytes], Samples],
    origin_monotonic_s: float,
) -> Return:
    """Decode captured packets; a gap begins a new stretch.

    ``decode`` turns one Opus packet into mono samples; ``origin_monotonic_s`` is the
    CLOCK_MONOTONIC of session time 0.
    """
    times: list[float] = []
    stretches: list[Samples] = []
    pieces: list[Samples] = []
    expected: int | None = None
    for at, packet in in_order(packets):
        samples = decode(packet.opus)
        if at != expected:
            if pieces:
                stretches.append(np.concatenate(pieces))
            pieces = []
            times.append(packet.arrival_ns / 1e9 - origin_monotonic_s)
        pieces.append(samples)
        expected = at + len(samples)
    if pieces:
        stretches.append(np.concatenate(pieces))
    return Return(tuple(times), tuple(stretches))


class Spectrum:
    """The windowed spectrum of one return; all of a step have the same length."""

    def __init__(self, samples: Samples) -> None:
        window = blackman_harris(len(samples))
        self.size = 1 << max(1, len(samples) - 1).bit_length()
        self._bins = np.fft.rfft(samples * window, self.size)
        self._gain = self.size * float((window**2).sum()) / 4
        self.bin_hz = RATE / self.size

    def band(self, hertz: float) -> Bins:
        """The bins `HALF_BAND_HZ` around a frequency; equally many for each."""
        first = round((hertz - HALF_BAND_HZ) / self.bin_hz)
        count = round(2 * HALF_BAND_HZ / self.bin_hz)
        return self._bins[first : first + count]

    def level_dbfs(self, hertz: float) -> float:
        """Of all sound in the band; a sine of full scale is 0 dB."""
        power = float((np.abs(self.band(hertz)) ** 2).sum()) / self._gain
        return 10 * float(np.log10(max(power, 1e-14)))

    def share_db(self, other: Spectrum, hertz: float, shift_hz: float = 0.0) -> float:
        """How much of ``other``'s band at ``hertz`` is in ours at ``hertz + shift_hz``, at
        the lag (up to `MAX_LAG_S`) where it is most.
        """
        reference = other.band(hertz)
        energy = float((np.abs(reference) ** 2).sum())
        product = self.band(hertz + shift_hz) * np.conj(reference)
        length = 4 * len(product)
        by_lag = np.abs(np.fft.ifft(product, length)) * length
        lags = max(1, round(MAX_LAG_S * length * self.bin_hz))
        most = max(float(by_lag[: lags + 1].max()), float(by_lag[-lags:].max()))
        return 20 * float(np.log10(max(most, 1e-12) / max(energy, 1e-12)))


class OwnSound(NamedTuple):
    """One site's tone during one step; dB relative to what the others hear of it."""

    cue: str
    seat: str
    own_db: float
    noise_db: float
    """What the same look finds where there is no tone."""
    others_dbfs: float
    """The median of what the others on air hear."""

    @property
    def is_noise(self) -> bool:
        """Whether what was found may be noise of coding alone."""
        return self.own_db <= self.noise_db + NOISE_DB


def measure_step(
    step: Step, returns: Mapping[str, Return], numbers: Mapping[str, int]
) -> list[OwnSound]:
    """Each site on air of which a return was kept, with at least one other to compare."""
    wanted_s = step.over_s - step.settled_s
    parts = {
        seat: returns[seat].longest(step.settled_s, step.over_s)
        for seat in step.scene.slots
        if seat in returns
    }
    whole = {
        seat: part
        for seat, part in parts.items()
        if part.length_s() >= max(SHORTEST_S, WHOLE_SHARE * wanted_s)
    }
    common = Stretch(
        max((part.from_s for part in whole.values()), default=0.0),
        min((part.until_s for part in whole.values()), default=0.0),
    )
    if len(whole) < 2 or common.length_s() < SHORTEST_S:
        return []
    sounds = {seat: returns[seat].cut(common) for seat in whole}
    size = min(len(sound) for sound in sounds.values())
    if size < SHORTEST_S * RATE / 2:
        return []
    spectra = {seat: Spectrum(sound[:size]) for seat, sound in sounds.items()}
    return [_measure(step.cue, seat, spectra, tone_hz(numbers[seat])) for seat in spectra]


def _measure(cue: str, seat: str, spectra: Mapping[str, Spectrum], tone: float) -> OwnSound:
    own = spectra[seat]
    others = [spectrum for other, spectrum in spectra.items() if other != seat]
    found = [own.share_db(other, tone) for other in others]
    noise = [max(own.share_db(other, tone, decoy) for decoy in DECOYS_HZ) for other in others]
    return OwnSound(
        cue,
        seat,
        median(found),
        median(noise),
        median(other.level_dbfs(tone) for other in others),
    )


def judge_returns(
    steps: Sequence[Step],
    returns: Mapping[str, Return],
    numbers: Mapping[str, int],
    ignored: frozenset[int] = frozenset(),
) -> list[Row]:
    """One row on all sites while they are on air, and one that all of them were measured."""
    kept = {seat: heard for seat, heard in returns.items() if numbers[seat] not in ignored}
    measured = [one for step in steps for one in measure_step(step, kept, numbers)]
    wanted = {seat for step in steps for seat in step.scene.slots if numbers[seat] not in ignored}
    missing = sorted(wanted - {one.seat for one in measured})
    unheard = [one for one in measured if one.others_dbfs < HEARD_DBFS]
    heard = Row(
        name="returns, heard by the others",
        value=_heard(missing, unheard, len(measured)),
        limit=f"each site on air above {HEARD_DBFS:.0f} dBFS",
        ok=bool(measured) and not missing and not unheard,
    )
    return [heard, _judge_own(measured)]


def _judge_own(measured: Sequence[OwnSound]) -> Row:
    """No site finds itself in any step; for each site one step at least proves `DOWN_DB`."""
    limit = f"at least {DOWN_DB:.0f} dB under what the others hear"
    heard = [one for one in measured if one.own_db > -DOWN_DB and not one.is_noise]
    best: dict[str, OwnSound] = {}
    for one in measured:
        if one.seat not in best or one.own_db < best[one.seat].own_db:
            best[one.seat] = one
    unproven = [one for one in best.values() if one.own_db > -DOWN_DB]
    if heard:
        value = "; ".join(f"{one.seat} in {one.cue}: {-one.own_db:.1f} dB" for one in heard)
    elif unproven:
        value = "; ".join(f"{one.seat}: {-one.own_db:.1f} dB, in noise" for one in unproven)
    elif best:
        worst = max(best.values(), key=lambda one: one.own_db)
        value = f"{-worst.own_db:.1f} dB under at the worst of {len(best)} sites ({worst.seat})"
    else:
        value = "not measured"
    return Row(
        name="returns, own sound",
        value=value,
        limit=limit,
        ok=bool(best) and not heard and not unproven,
        details={
            "measured": [
                {
                    "cue": one.cue,
                    "seat": one.seat,
                    "own_db": round(one.own_db, 1),
                    "noise_db": round(one.noise_db, 1),
                    "others_dbfs": round(one.others_dbfs, 1),
                }
                for one in measured
            ]
        },
    )


def _heard(missing: Sequence[str], unheard: Sequence[OwnSound], count: int) -> str:
    faults = [f"{seat}: no unbroken sound kept" for seat in missing]
    faults += [f"{one.seat} in {one.cue}: {one.others_dbfs:.0f} dBFS" for one in unheard]
    return "; ".join(faults) if faults else f"{count} times measured, all heard"
