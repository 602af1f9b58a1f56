"""A tight loop of seeded cases: counts what is accepted and refused, notices hangs and growth."""

from __future__ import annotations

import gc
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HANG_S = 10.0
"""No case takes a millisecond; a loaded machine may stop for a while."""
WARM_SHARE = 0.2
_PAGE = os.sysconf("SC_PAGE_SIZE")

Case = Callable[[bytes], str]
"""Takes one input; how it was judged: a stable id, "" when accepted. Raises on a bug."""


@dataclass(slots=True)
class Outcome:
    """What a drive found."""

    cases: int = 0
    seconds: float = 0.0
    judged: Counter[str] = field(default_factory=Counter)
    grown_bytes: int = 0
    """Resident memory after the last case less that when it had warmed up."""


class HangError(Exception):
    """A case did not end."""


def drive(case: Case, make: Callable[[random.Random], bytes], cases: int, seed: int) -> Outcome:
    """Feed `cases` inputs; an exception tells the input that raised it."""
    source = random.Random(seed)
    outcome = Outcome(cases)
    warm = max(int(cases * WARM_SHARE), 1)
    resident = 0
    begun_s = time.perf_counter()
    with _alarmed():
        for number in range(cases):
            text = make(source)
            if number % 256 == 0:
                signal.setitimer(signal.ITIMER_REAL, HANG_S)
            try:
                outcome.judged[case(text)] += 1
            except Exception as error:
                error.add_note(f"case {number} of seed {seed}: {text.hex()}")
                raise
            if number == warm:
                gc.collect()
                resident = resident_bytes()
    gc.collect()
    outcome.grown_bytes = resident_bytes() - resident
    outcome.seconds = time.perf_counter() - begun_s
    return outcome


@contextmanager
def _alarmed() -> Iterator[None]:
    def ring(_number: int, _frame: object) -> None:
        raise HangError(f"no end within {HANG_S:.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def resident_bytes() -> int:
    """Of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE
