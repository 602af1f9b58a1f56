"""Nobody hears himself: each site's own tone in its own return, against the others' returns."""

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

RATE = 48_000
DOWN_DB = 50.0
HEARD_DBFS = -45.0
"""A tone is sent at -26 dBFS; quieter than this in the others' returns it is not heard."""
REACH_HZ = 0.3
FLOOR_DBFS = -140.0
SHORTEST_S = 1.5
LEAP_SAMPLES = 10 * RATE


class Return(NamedTuple):
    """What one site heard: unbroken stretches of mono sound at 48 kHz.

    ``times_s`` is the session time at which each stretch's first sample arrived.
    """

    times_s: tuple[float, ...]
    stretches: tuple[Samples, ...]

    def longest(self, from_s: float, until_s: float) -> Samples:
        """The longest unbroken sound within this time; may be empty."""
        best = np.zeros(0, np.float32)
        for start_s, samples in zip(self.times_s, self.stretches, strict=True):
            first = max(0, round((from_s - start_s) * RATE))
            last = min(len(samples), round((until_s - start_s) * RATE))
            if last - first > len(best):
                best = samples[first:last]
        return best


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


def levels_dbfs(samples: Samples, tones_hz: Sequence[float]) -> list[float]:
    """Level of a sine at each frequency (`REACH_HZ` around), 0 dB at full scale."""
    size = len(samples)
    window = blackman_harris(size)
    length = 1 << (4 * size - 1).bit_length()
    amplitude = np.abs(np.fft.rfft(samples * window, length)) * 2 / window.sum()
    bin_hz = RATE / length
    levels = []
    for hertz in tones_hz:
        first = int((hertz - REACH_HZ) / bin_hz)
        last = int((hertz + REACH_HZ) / bin_hz) + 2
        highest = float(amplitude[first:last].max())
        levels.append(max(FLOOR_DBFS, 20 * float(np.log10(max(highest, 1e-12)))))
    return levels


class OwnSound(NamedTuple):
    """Levels of one site's tone during one step, in dBFS."""

    cue: str
    seat: str
    own_dbfs: float
    others_dbfs: float
    """The median of what the others on air heard."""

    @property
    def down_db(self) -> float:
        """How far the own sound lies under what the others hear."""
        return self.others_dbfs - self.own_dbfs


def measure_step(
    step: Step, returns: Mapping[str, Return], numbers: Mapping[str, int]
) -> list[OwnSound]:
    """Each site on air of which a return was kept, with at least one other to compare."""
    sounds = {
        seat: sound
        for seat in step.scene.slots
        if seat in returns
        and len(sound := returns[seat].longest(step.settled_s, step.over_s)) >= SHORTEST_S * RATE
    }
    tones = [tone_hz(numbers[seat]) for seat in sounds]
    heard = {seat: levels_dbfs(sound, tones) for seat, sound in sounds.items()}
    found = []
    for index, seat in enumerate(sounds):
        others = [levels[index] for other, levels in heard.items() if other != seat]
        if others:
            found.append(OwnSound(step.cue, seat, heard[seat][index], median(others)))
    return found


def judge_returns(
    steps: Sequence[Step],
    returns: Mapping[str, Return],
    numbers: Mapping[str, int],
    ignored: frozenset[int] = frozenset(),
) -> list[Row]:
    """One row on all sites while they are on air, and one that all of them were measured."""
    kept = {seat: heard for seat, heard in returns.items() if numbers[seat] not in ignored}
    measured = [one for step in steps for one in measure_step(step, kept, numbers)]
    wanted = {
        (step.cue, seat)
        for step in steps
        for seat in step.scene.slots
        if numbers[seat] not in ignored
    }
    missing = sorted(wanted - {(one.cue, one.seat) for one in measured})
    unheard = [one for one in measured if one.others_dbfs < HEARD_DBFS]
    rows = [
        Row(
            name="returns, heard by the others",
            value=_heard(missing, unheard, len(measured)),
            limit=f"each site on air above {HEARD_DBFS:.0f} dBFS",
            ok=bool(measured) and not missing and not unheard,
        )
    ]
    if measured:
        worst = min(measured, key=lambda one: one.down_db)
        rows.append(
            Row(
                name="returns, own sound",
                value=f"{worst.down_db:.1f} dB under the others' ({worst.seat}, {worst.cue})",
                limit=f"at least {DOWN_DB:.0f} dB under",
                ok=worst.down_db >= DOWN_DB,
                details={
                    "down_db": [
                        {"cue": one.cue, "seat": one.seat, "db": round(one.down_db, 1)}
                        for one in measured
                    ]
                },
            )
        )
    return rows


def _heard(missing: Sequence[tuple[str, str]], unheard: Sequence[OwnSound], count: int) -> str:
    faults = [f"{seat} in {cue}: no sound kept" for cue, seat in missing]
    faults += [f"{one.seat} in {one.cue}: {one.others_dbfs:.0f} dBFS" for one in unheard]
    return "; ".join(faults) if faults else f"{count} times measured, all heard"
