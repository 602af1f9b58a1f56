"""Which site sends back what it hears.

Each site's return is kept for a while at 8 kHz; every half second what came from
the site is compared with it. Both spectra are whitened, so what counts is that many
frequencies agree on one delay, not how loud they are: a site's own speech on top
(double talk) agrees with none.

What came is taken from the jitter buffer on the sender's own time scale, before it is
stretched to follow the clock: while a buffer or a clock is being corrected, the echo's
delay would otherwise move within a comparison and blur.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mixer.sound.capture_clock import Captured
from mixer.sound.codec import Samples, ns_to_samples, samples_to_ns
from mixer.sound.delay import MILLISECOND_NS
from mixer.sound.filters import DECIMATION, DECIMATOR_HISTORY, decimate
from mixer.sound.sent import SentReturn
from mixer.wire.ids import NANOSECONDS, TICK_NS, GroupId, PublicationId

RATE: Final = 8_000
BLOCK_TICKS: Final = 25
BLOCK: Final = RATE // 2
LONGEST_MS: Final = 600
"""Longest delay that is looked for: return, loudspeaker, microphone, way back."""
_LAGS: Final = LONGEST_MS * RATE // 1000
_FFT: Final = 9_216
_PAST: Final = _FFT - BLOCK
"""Samples of the return in front of a block; the first `_LAGS` of lags do not wrap."""
_NEEDED: Final = BLOCK * DECIMATION + DECIMATOR_HISTORY + DECIMATION
"""Samples at 48 kHz that make a block, wherever its end has to lie."""
_FORGET: Final = 0.72
"""Of the mean spectra each half second: they span about 1.8 s."""
_LOW_BIN: Final = 250 * _FFT // RATE
_HIGH_BIN: Final = 3_200 * _FFT // RATE
_NARROW: Final = 1e-5
"""Of the strongest frequency's power: below 50 dB under it is leakage and noise."""
_WIDE_BINS: Final = 300
"""Frequencies (of 3400) that must carry sound both ways: 260 Hz. Tones have fewer."""
_ACTIVE: Final = 1e-7
"""Mean square of -70 dBFS: softer is silence."""
SCORE: Final = 10.0
"""The best delay stands out from the others by so many times their spread."""
AGREES: Final = 0.04
"""Of 1: how much the frequencies of one half second alone must agree on that delay. Two voices that
begin in one moment make a single block that stands out, and the means keep it; blocks of other
sound agree by less than 0.02."""
LEVEL_DB: Final = -36.0
"""What comes back softer than this (against what was sent) harms nobody."""
_WINDOW: Final = np.hanning(BLOCK).astype(np.float32)
"""Keeps a tone's leakage from looking like sound at many frequencies."""
_BINS: Final = np.arange(_LOW_BIN, _HIGH_BIN)
_CIRCLE: Final = np.exp(2j * np.pi * np.arange(_FFT) / _FFT).astype(np.complex64)
_SHARE: Final = float(_WINDOW.sum()) / _FFT
"""The block is part of what its return's spectrum spans."""
ANCHOR_NS: Final = 100 * MILLISECOND_NS
"""Further off than this, a source's time scale began anew."""
SAME_SAMPLES: Final = RATE * 8 // 1000
FOUND_BLOCKS: Final = 4
"""2 s."""
LOST_BLOCKS: Final = 8
"""4 s of sound without an echo."""


class Echo(NamedTuple):
    """What one site sends back."""

    delay_ms: int
    """From its return to its capture, the way there and back included."""
    level_db: float
    """Against what it was sent."""


class Sight(NamedTuple):
    """The best delay of one comparison."""

    lag: int
    score: float
    """By how many times their spread it stands out of all delays, in the mean."""
    level_db: float
    agreement: float
    """How much this half second alone speaks for it, -1 to 1. Told, like the level, only of what
    stands out.
    """


class Heard(Protocol):
    """A source as it was captured; `mixer.sound.jitter.JitterBuffer`."""

    def captured(self, count: int) -> Captured | None:
        """The last ``count`` samples (n,) that were played; None before the first."""


class _Watched:
    """One source against the return of its group."""

    def __init__(self) -> None:
        self.cross = np.zeros(_HIGH_BIN - _LOW_BIN, np.complex64)
        self.sent = np.zeros(_HIGH_BIN - _LOW_BIN, np.float32)
        self.back = np.zeros(_HIGH_BIN - _LOW_BIN, np.float32)
        self.lag = 0
        self.seen = 0
        self.missed = 0
        self.found: Echo | None = None
        self.off_ns = 0
        """By how much later its samples were captured than the anchored scale says."""
        self._anchor: tuple[int, int] | None = None
        """A position of the source, and the session sample (48 kHz) it is taken to stand at."""

    def place(self, captured: Captured) -> tuple[int, Samples]:
        """The end of the block in session samples of 8 kHz, and its samples of 48 kHz.

        Session times of a source are corrected slowly; here one position keeps its time for
        as long as the correction is small, and `off_ns` says what is left out.
        """
        if self._anchor is None or abs(self._off_ns(captured, *self._anchor)) > ANCHOR_NS:
            self._anchor = (captured.position, ns_to_samples(captured.end_ns))
            self.forget()
        position, session = self._anchor
        self.off_ns = self._off_ns(captured, position, session)
        passed = captured.position - position
        # Whole samples of 8 kHz behind the anchor, or blocks would lie up to half a one apart.
        spare = passed % DECIMATION
        sound = captured.samples[: len(captured.samples) - spare]
        return (session + passed - spare) // DECIMATION, sound[DECIMATION - spare :]

    def forget(self) -> None:
        """Nothing of what was compared fits what comes now; what was found goes on for a while."""
        self.cross[:], self.sent[:], self.back[:] = 0, 0, 0
        self.seen = 0

    @staticmethod
    def _off_ns(captured: Captured, position: int, session: int) -> int:
        return captured.end_ns - samples_to_ns(session + captured.position - position)


class EchoWatch:
    """Finds sites that send back what they hear. Bounded: 1.8 s of sound per return.

    Work is spread: each source has its own tick of the half second.
    """

    def __init__(self) -> None:
        self._watched: dict[PublicationId, _Watched] = {}
        self._sent: dict[GroupId, SentReturn] = {}
        self._groups: dict[PublicationId, GroupId] = {}

    @property
    def found(self) -> dict[GroupId, Echo]:
        """Groups that send back what they hear, the loudest of their sources."""
        worst: dict[GroupId, Echo] = {}
        for name, watched in self._watched.items():
            echo, group = watched.found, self._groups[name]
            if echo is not None and (group not in worst or worst[group].level_db < echo.level_db):
                worst[group] = echo
        return worst

    def process(
        self,
        tick: int,
        sent: Mapping[GroupId, Samples],
        came: Mapping[PublicationId, tuple[GroupId, Heard]],
    ) -> None:
        """A tick of each return (960,), and every open source with its group."""
        self._groups = {name: group for name, (group, _) in came.items() if group in sent}
        for name in self._watched.keys() - self._groups.keys():
            del self._watched[name]
        groups = set(self._groups.values())
        for group in self._sent.keys() - groups:
            del self._sent[group]
        for group in groups:
            kept = self._sent.get(group)
            if kept is None:
                kept = self._sent[group] = SentReturn()
            kept.add(tick, sent[group])
        for name, group in self._groups.items():
            watched = self._watched.get(name)
            if watched is None:
                watched = self._watched[name] = _Watched()
            if (tick + name * 7) % BLOCK_TICKS == 0:
                captured = came[name][1].captured(_NEEDED)
                if captured is not None:
                    self._compare(watched, self._sent[group], captured)

    def _compare(self, watched: _Watched, sent: SentReturn, captured: Captured) -> None:
        end, sound = watched.place(captured)
        return_then = sent.until(end, _FFT)
        if return_then is None or _silent(return_then):
            # Nothing was sent, so nothing can be learnt.
            return
        block = decimate(sound[None])[0]
        if _silent(block):
            self._miss(watched)
            return
        sight = self._sight(watched, return_then, block)
        if sight.score >= SCORE and sight.level_db >= LEVEL_DB:
            if sight.agreement < AGREES:
                # It was there lately; this half second says nothing for it, nor against it.
                self._fade(watched)
                return
            same = abs(sight.lag - watched.lag) <= SAME_SAMPLES
            watched.seen = watched.seen + 1 if same else 1
            watched.lag, watched.missed = sight.lag, 0
            if watched.seen >= FOUND_BLOCKS:
                delay_ms = round(sight.lag * 1000 / RATE + watched.off_ns / MILLISECOND_NS)
                watched.found = Echo(max(delay_ms, 0), round(sight.level_db, 1))
            return
        self._miss(watched)

    def _miss(self, watched: _Watched) -> None:
        watched.seen = max(watched.seen - 1, 0)
        self._fade(watched)

    @staticmethod
    def _fade(watched: _Watched) -> None:
        watched.missed += 1
        if watched.missed >= LOST_BLOCKS:
            watched.found = None
            watched.seen = 0

    def _sight(self, watched: _Watched, sent: Samples, block: Samples) -> Sight:
        """Fold a block into the mean spectra and look for the best delay."""
        padded = np.zeros(_FFT, np.float32)
        padded[_PAST:] = block * _WINDOW
        sent_bins = np.fft.rfft(sent)[_LOW_BIN:_HIGH_BIN]
        back_bins = np.fft.rfft(padded)[_LOW_BIN:_HIGH_BIN]
        cross = back_bins * sent_bins.conj()
        watched.cross *= _FORGET
        watched.cross += cross
        watched.sent *= _FORGET
        watched.sent += _power(sent_bins)
        watched.back *= _FORGET
        watched.back += _power(back_bins)
        carried = (watched.sent > watched.sent.max() * _NARROW) & (
            watched.back > watched.back.max() * _NARROW
        )
        if np.count_nonzero(carried) < _WIDE_BINS:
            return _NOTHING
        white = np.zeros(_FFT // 2 + 1, np.complex64)
        weights = carried / np.sqrt(watched.sent * watched.back + np.float32(1e-20))
        np.multiply(watched.cross, weights, out=white[_LOW_BIN:_HIGH_BIN])
        found = np.abs(np.fft.irfft(white)[:_LAGS])
        lag = int(found.argmax())
        spread = float(np.partition(found, _LAGS // 2)[_LAGS // 2]) / 0.6745
        score = float(found[lag]) / max(spread, 1e-12)
        if score < SCORE:
            return Sight(lag, score, -120.0, 0.0)
        turn = _CIRCLE[lag * _BINS % _FFT]
        gain = abs(float((watched.cross * turn).real.sum())) / float(watched.sent.sum() * _SHARE)
        level_db = 20 * float(np.log10(max(gain, 1e-6)))
        alone = (cross * turn)[carried]
        agreement = float((alone.real / (np.abs(alone) + 1e-20)).mean())
        return Sight(lag, score, level_db, agreement)


_NOTHING: Final = Sight(0, 0.0, -120.0, 0.0)


def _power(bins: NDArray[np.complexfloating]) -> Samples:
    power: Samples = bins.real**2 + bins.imag**2
    return power


def _silent(samples: Samples) -> bool:
    return float(np.dot(samples, samples)) < _ACTIVE * len(samples)


assert TICK_NS * BLOCK_TICKS == NANOSECONDS // 2  # noqa: S101  the numbers above rely on it
