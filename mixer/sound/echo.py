"""Which site sends back what it hears.

Each site's return is kept for a while at 8 kHz; every half second what came from
the site is compared with it, in the order in which it was captured. Both spectra
are whitened, so what counts is that many frequencies agree on one delay, not how
loud they are: a site's own speech on top (double talk) agrees with none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixer.sound.codec import TICK_SAMPLES, Samples
from mixer.sound.filters import DECIMATED, DECIMATOR_HISTORY, decimate
from mixer.wire.ids import NANOSECONDS, TICK_NS, GroupId, PublicationId

RATE: Final = 8_000
BLOCK_TICKS: Final = 25
BLOCK: Final = BLOCK_TICKS * DECIMATED
LONGEST_MS: Final = 600
"""Longest delay that is looked for: return, loudspeaker, microphone, way back."""
_LAGS: Final = LONGEST_MS * RATE // 1000
_FFT: Final = 9_216
_PAST: Final = _FFT - BLOCK
"""Samples of the return in front of a block; the first `_LAGS` of lags do not wrap."""
_KEPT: Final = 85 * DECIMATED
"""Of each return: a transform's length and 500 ms of buffer before it."""
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
LEVEL_DB: Final = -36.0
"""What comes back softer than this (against what was sent) harms nobody."""
_WINDOW: Final = np.hanning(BLOCK).astype(np.float32)
"""Keeps a tone's leakage from looking like sound at many frequencies."""
_SHARE: Final = float(_WINDOW.sum()) / _FFT
"""The block is part of what its return's spectrum spans."""
_CAPACITY: Final = _KEPT + 50 * DECIMATED
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
    level_db: float


class _Watched:
    """One source against the return of its group."""

    def __init__(self) -> None:
        self.cross = np.zeros(_HIGH_BIN - _LOW_BIN, np.complex64)
        self.sent = np.zeros(_HIGH_BIN - _LOW_BIN, np.float32)
        self.back = np.zeros(_HIGH_BIN - _LOW_BIN, np.float32)
        self.blocks: list[Samples] = []
        self.past = np.zeros(DECIMATOR_HISTORY, np.float32)
        self.lag = 0
        self.seen = 0
        self.missed = 0
        self.found: Echo | None = None


class EchoWatch:
    """Finds sites that send back what they hear. Bounded: a second of sound per source and return.

    Work is spread: each source has its own tick of the half second.
    """

    def __init__(self) -> None:
        self._watched: dict[PublicationId, _Watched] = {}
        self._sent: dict[GroupId, NDArray[np.float32]] = {}
        self._sent_past: dict[GroupId, Samples] = {}
        self._end = _KEPT
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
        came: Mapping[PublicationId, tuple[GroupId, Samples, int]],
    ) -> None:
        """A tick of each return (960,), and per source its group, its sound (960,) as it came,
        and how many ns before the tick that was captured.
        """
        for name in self._watched.keys() - came.keys():
            del self._watched[name]
        for group in self._sent.keys() - sent.keys():
            del self._sent[group], self._sent_past[group]
        heard = {name: one for name, one in came.items() if one[0] in sent}
        self._groups = {name: one[0] for name, one in came.items()}
        for name in heard.keys() - self._watched.keys():
            self._watched[name] = _Watched()
        slow = self._decimated(sent, heard)
        self._keep(slow[: len(sent)], sent)
        for row, (name, (group, _, delay_ns)) in enumerate(heard.items(), start=len(sent)):
            watched = self._watched[name]
            watched.blocks = [*watched.blocks[1 - BLOCK_TICKS :], slow[row]]
            if (tick + name * 7) % BLOCK_TICKS == 0 and len(watched.blocks) == BLOCK_TICKS:
                self._compare(watched, self._sent[group][: self._end], delay_ns)

    def _keep(self, slow: Samples, sent: Mapping[GroupId, Samples]) -> None:
        """Put a tick behind what is kept of each return; now and then the oldest goes."""
        if self._end == _CAPACITY:
            self._end = _KEPT
            for kept in self._sent.values():
                kept[:_KEPT] = kept[-_KEPT:].copy()
        for row, group in enumerate(sent):
            self._sent[group][self._end : self._end + DECIMATED] = slow[row]
        self._end += DECIMATED

    def _decimated(
        self,
        sent: Mapping[GroupId, Samples],
        heard: Mapping[PublicationId, tuple[GroupId, Samples, int]],
    ) -> Samples:
        rows = np.empty((len(sent) + len(heard), DECIMATOR_HISTORY + TICK_SAMPLES), np.float32)
        for row, (group, block) in enumerate(sent.items()):
            past = self._sent_past.get(group)
            rows[row, :DECIMATOR_HISTORY] = 0 if past is None else past
            rows[row, DECIMATOR_HISTORY:] = block
            self._sent_past[group] = block[-DECIMATOR_HISTORY:]
            if group not in self._sent:
                self._sent[group] = np.zeros(_CAPACITY, np.float32)
        for row, (name, (_, block, _)) in enumerate(heard.items(), start=len(sent)):
            watched = self._watched[name]
            rows[row, :DECIMATOR_HISTORY] = watched.past
            rows[row, DECIMATOR_HISTORY:] = block
            watched.past = block[-DECIMATOR_HISTORY:]
        return decimate(rows)

    def _compare(self, watched: _Watched, kept: Samples, delay_ns: int) -> None:
        block = np.concatenate(watched.blocks)
        # What came now was captured this much earlier, so it is held against what was sent then.
        back = min(round(delay_ns * RATE / NANOSECONDS), len(kept) - _FFT)
        end = len(kept) - back
        return_then = kept[end - _FFT : end]
        if _silent(return_then):
            # Nothing was sent, so nothing can be learnt.
            return
        if _silent(block):
            self._miss(watched)
            return
        sight = self._sight(watched, return_then, block)
        if sight.score >= SCORE and sight.level_db >= LEVEL_DB:
            same = abs(sight.lag - watched.lag) <= SAME_SAMPLES
            watched.seen = watched.seen + 1 if same else 1
            watched.lag, watched.missed = sight.lag, 0
            if watched.seen >= FOUND_BLOCKS:
                delay_ms = round(sight.lag * 1000 / RATE)
                watched.found = Echo(delay_ms, round(sight.level_db, 1))
            return
        self._miss(watched)

    @staticmethod
    def _miss(watched: _Watched) -> None:
        watched.missed += 1
        watched.seen = max(watched.seen - 1, 0)
        if watched.missed >= LOST_BLOCKS:
            watched.found = None
            watched.seen = 0

    def _sight(self, watched: _Watched, sent: Samples, block: Samples) -> Sight:
        """Fold a block into the mean spectra and look for the best delay."""
        padded = np.zeros(_FFT, np.float32)
        padded[_PAST:] = block * _WINDOW
        sent_bins = np.fft.rfft(sent)[_LOW_BIN:_HIGH_BIN]
        back_bins = np.fft.rfft(padded)[_LOW_BIN:_HIGH_BIN]
        watched.cross *= _FORGET
        watched.cross += back_bins * sent_bins.conj()
        watched.sent *= _FORGET
        watched.sent += np.abs(sent_bins) ** 2
        watched.back *= _FORGET
        watched.back += np.abs(back_bins) ** 2
        carried = (watched.sent > watched.sent.max() * _NARROW) & (
            watched.back > watched.back.max() * _NARROW
        )
        if carried.sum() < _WIDE_BINS:
            return Sight(0, 0.0, -120.0)
        white = np.zeros(_FFT // 2 + 1, np.complex64)
        white[_LOW_BIN:_HIGH_BIN][carried] = (
            watched.cross / np.sqrt(watched.sent * watched.back + 1e-20)
        )[carried]
        found = np.abs(np.fft.irfft(white)[:_LAGS])
        lag = int(found.argmax())
        spread = float(np.median(found)) / 0.6745
        turn = np.exp(2j * np.pi * lag / _FFT * np.arange(_LOW_BIN, _HIGH_BIN))
        gain = abs(float((watched.cross * turn).real.sum())) / float(watched.sent.sum() * _SHARE)
        level_db = 20 * float(np.log10(max(gain, 1e-6)))
        return Sight(lag, float(found[lag]) / max(spread, 1e-12), level_db)


def _silent(samples: Samples) -> bool:
    return float(np.dot(samples, samples)) < _ACTIVE * len(samples)


assert TICK_NS * BLOCK_TICKS == NANOSECONDS // 2  # noqa: S101  the numbers above rely on it
