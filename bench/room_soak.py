"""Minutes of a whole room on the media process: its memory stays flat and nothing is lost.

The rooms of `bench.room`, each for half of the ``--rounds`` (minutes); the first minute of each is
for warming up. Cost and delay are not its matter, so it takes no precedence over other work, and a
load that falls behind goes on from where it is: it may send less, which the figures tell.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import uvloop

from bench.forwarding_server import running_forwarder
from bench.load_drive import Drive
from bench.load_publisher import Publisher
from bench.processes import read_usage
from bench.report import Measurement
from bench.room import (
    BASE_MB,
    LAYERS,
    PEER_MB,
    PROGRAMME,
    PROGRAMME_LAYERS,
    RIDS,
    SHAPES,
    SITES,
)

MINUTE_S = 60.0
ARREARS_S = 0.5
"""What the load is behind is forgotten as often."""
REPAIR_S = 0.3
LEAST_MINUTES = 2
"""Of each shape: one to warm up, one to compare."""


class Minute(NamedTuple):
    """What became of one."""

    resident_mb: float
    forwarded: int
    missing: int


class Soak(NamedTuple):
    """One shape."""

    minutes: list[Minute]
    peers: int

    @property
    def growth_mb(self) -> float:
        """From the end of the first minute to the largest of the later ones."""
        first, *later = (one.resident_mb for one in self.minutes)
        return max(later) - first

    @property
    def of_allowed(self) -> float:
        """Memory over what so many peers may take."""
        return max(one.resident_mb for one in self.minutes) / (BASE_MB + PEER_MB * self.peers)


def measure(rounds: int) -> list[Measurement]:
    """``rounds`` minutes. Raises ValueError for too few."""
    each = rounds // len(SHAPES)
    if each < LEAST_MINUTES:
        raise ValueError(f"at least {LEAST_MINUTES * len(SHAPES)} minutes")
    found: list[Measurement] = []
    for name in SHAPES:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            soak = uvloop.run(_soaked(name, Path(folder), each))
        found += figures(name, soak)
    return found


def figures(name: str, soak: Soak) -> list[Measurement]:
    """Of one shape."""
    minutes = soak.minutes
    forwarded = sum(one.forwarded for one in minutes)
    return [
        Measurement(f"{name}_minutes", len(minutes)),
        Measurement(f"{name}_memory_growth_mb", soak.growth_mb, "MB"),
        Measurement(f"{name}_memory", soak.of_allowed),
        Measurement(f"{name}_memory_mb", max(one.resident_mb for one in minutes), "MB"),
        Measurement(f"{name}_lost", sum(one.missing for one in minutes)),
        Measurement(f"{name}_packets", forwarded / (len(minutes) * MINUTE_S), "1/s"),
    ]


async def _soaked(name: str, folder: Path, minutes: int) -> Soak:
    publishers = [Publisher(index, RIDS) for index in range(SITES)]
    publishers.append(Publisher(PROGRAMME, ("q", "h")))
    takes = SHAPES[name]()
    async with running_forwarder(folder, "127.0.0.1", publishers, takes) as (_, drive):
        drive.takers.ask_pictures()
        for publisher in publishers[:SITES]:
            publisher.rates = list(LAYERS)
        if name == "desk":
            publishers[PROGRAMME].rates = list(PROGRAMME_LAYERS)
        lived = [await _minute(name, drive, number) for number in range(minutes)]
    return Soak(lived, len(publishers) + len(takes))


async def _minute(name: str, drive: Drive, number: int) -> Minute:
    drive.takers.restart()
    begun_s = time.monotonic()
    while time.monotonic() - begun_s < MINUTE_S - REPAIR_S:
        await drive.run(ARREARS_S)
    await drive.run(REPAIR_S)
    got = [one for taker in drive.takers.takers for one in drive.takers.received(taker)]
    # The newest may be on the way for repair.
    missing = sum(max(one.missing - 1, 0) for one in got)
    forwarded = sum(one.packets for one in got)
    minute = Minute(resident_mb(drive.pids), forwarded, missing)
    print(f"{name:5} minute {number + 1}: {minute}", file=sys.stderr, flush=True)
    return minute


def resident_mb(pids: Sequence[int]) -> float:
    """Of all processes of the server now."""
    return sum(read_usage(pid).resident_bytes for pid in pids) / 1e6
