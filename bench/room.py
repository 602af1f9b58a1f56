"""A whole room on the media process: 19 sites that publish three layers and Opus.

- ``desk``: the desk takes the low layer of all 19, each site the programme and its own return. That
  is what an event does.
- ``mesh``: each takes 18 low layers with their sound, and one high layer: the worst there can be.
- ``bare``: the desk's shape through the least that one must do, in C (`bench._bare`).

The programme is one more publisher here, with two layers, and a return is another site's sound: to
forwarding they are the same. Timed are all threads of the media process by the scheduler's account,
per packet that arrived. Delay is from leaving the publisher to the kernel's stamp at a receiver,
beside that of an echo socket on the same processors in the same run.
"""

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import uvloop

from bench.alternate import MINIMUM_ROUNDS
from bench.bare import running_bare
from bench.echo import Echo, running_echo
from bench.forward import server_first
from bench.forwarding_server import Take, running_forwarder
from bench.load_drive import Drive, Span
from bench.load_publisher import Publisher, Rate
from bench.processes import read_usage
from bench.report import Measurement
from bench.workers import BenchError
from mixer.wire.resources import Priority

SITES = 19
PROGRAMME = SITES
"""Index of the programme among the publishers."""
RIDS = ("q", "h", "f")
LAYERS = (Rate(16, 900), Rate(40), Rate(120))
"""115 kbit/s, 350 kbit/s, 1.1 Mbit/s."""
PROGRAMME_LAYERS = (Rate(40, 1000), Rate(240))
SETTLE_S, MEASURED_S = 1.5, 4.0
BASE_MB, PEER_MB = 110.0, 1.0
ADDRESS = "127.0.0.1"
ATTEMPTS = 3


class Figures(NamedTuple):
    """One run of one shape."""

    span: Span
    echo_ns: list[int]
    memory_mb: float
    peers: int
    live: dict[str, int]

    @property
    def delay_above_echo_ms(self) -> float:
        """At the 99th percentile."""
        return (_p99(self.span.delays_ns) - _p99(self.echo_ns)) / 1e6

    @property
    def memory_of_allowed(self) -> float:
        """Resident memory over what so many peers may take."""
        return self.memory_mb / (BASE_MB + PEER_MB * self.peers)


def desk() -> list[list[Take]]:
    """The desk first, then each site."""
    low = [Take(site, 0, audio=False, priority=Priority.REST) for site in range(SITES)]
    sites = [
        [Take(PROGRAMME, 0, audio=False), Take((site + 1) % SITES, video=False)]
        for site in range(SITES)
    ]
    return [low, *sites]


def mesh() -> list[list[Take]]:
    """Each takes all others low, and the next one in full beside."""
    return [
        [
            *(Take(other, 0, priority=Priority.REST) for other in range(SITES) if other != site),
            Take((site + 1) % SITES, len(RIDS) - 1, audio=False),
        ]
        for site in range(SITES)
    ]


SHAPES = {"desk": desk, "mesh": mesh}
BARE = "bare"


def measure(rounds: int) -> list[Measurement]:
    """Cost per packet, loss, delay above an echo, memory, of both shapes.

    Raises BenchError when a load was late in every attempt.
    """
    if rounds < MINIMUM_ROUNDS:
        raise ValueError(f"{rounds} rounds make no median; at least {MINIMUM_ROUNDS}")
    allowed = os.sched_getaffinity(0)
    found: dict[str, list[Figures]] = {name: [] for name in (*SHAPES, BARE)}
    try:
        for _ in range(rounds):
            for name, runs in found.items():
                runs.append(_unspoiled(name))
    finally:
        os.sched_setaffinity(0, allowed)
    return [
        *(figure for name in SHAPES for figure in figures(name, found[name])),
        *bare_figures(found["desk"], found[BARE]),
    ]


def _unspoiled(name: str) -> Figures:
    """A stall of the machine costs a run, not the bench."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                found = uvloop.run(take_turn(name, Path(folder)))
        except BenchError as error:
            print(f"{name:5} spoiled: {error}", file=sys.stderr, flush=True)
            if attempt == ATTEMPTS:
                raise
            continue
        print(
            f"{name:5} {found.span.us_per_packet:.2f} us, {found.span.missing} lost of "
            f"{found.span.forwarded}, {found.delay_above_echo_ms:.2f} ms above the echo, "
            f"{found.memory_mb:.0f} MB",
            file=sys.stderr,
            flush=True,
        )
        return found
    raise AssertionError("unreachable")


async def take_turn(name: str, folder: Path) -> Figures:
    """One shape, once. Raises BenchError for a spoiled one."""
    publishers = [Publisher(index, RIDS) for index in range(SITES)]
    publishers.append(Publisher(PROGRAMME, ("q", "h")))
    takes = desk() if name == BARE else SHAPES[name]()
    with running_echo() as (echo, echo_pid):
        async with _running(name, folder, publishers, takes) as drive:
            server_first(drive.pids)
            _beside(echo_pid, drive.pids[0])
            drive.takers.ask_pictures()
            for publisher in publishers[:SITES]:
                publisher.rates = list(LAYERS)
            if name != "mesh":
                publishers[PROGRAMME].rates = list(PROGRAMME_LAYERS)
            watched = WatchedDrive(drive, echo)
            span = await watched.measure(SETTLE_S, MEASURED_S)
            memory_mb = sum(read_usage(pid).resident_bytes for pid in drive.pids) / 1e6
            peers = len(publishers) + len(takes)
            return Figures(span, echo.delays_ns, memory_mb, peers, drive.live())


@asynccontextmanager
async def _running(
    name: str, folder: Path, publishers: list[Publisher], takes: list[list[Take]]
) -> AsyncIterator[Drive]:
    if name == BARE:
        async with running_bare(ADDRESS, publishers, takes) as drive:
            yield drive
    else:
        async with running_forwarder(folder, ADDRESS, publishers, takes) as (_, drive):
            yield drive


def _beside(pid: int, server: int) -> None:
    """The echo waits for the processor as the server does."""
    os.sched_setaffinity(pid, os.sched_getaffinity(server))


class WatchedDrive(Drive):
    """A drive that sends a probe with each tick."""

    def __init__(self, drive: Drive, echo: Echo) -> None:
        super().__init__(drive.publishers, drive.takers, drive.pids)
        self._echo = echo

    def _step(self) -> None:
        super()._step()
        self._echo.tick()


def figures(name: str, runs: Sequence[Figures]) -> list[Measurement]:
    """Medians over the runs of one shape; of loss the sum, of memory the most."""
    return [
        Measurement(f"{name}_us", median(run.span.us_per_packet for run in runs), "us"),
        Measurement(f"{name}_lost", sum(run.span.missing for run in runs)),
        Measurement(f"{name}_delay_p99_ms", median(run.delay_above_echo_ms for run in runs), "ms"),
        Measurement(f"{name}_echo_p99_ms", median(_p99(run.echo_ns) / 1e6 for run in runs), "ms"),
        Measurement(f"{name}_memory", max(run.memory_of_allowed for run in runs)),
        Measurement(f"{name}_memory_mb", max(run.memory_mb for run in runs), "MB"),
        Measurement(
            f"{name}_packets",
            median(run.span.forwarded / run.span.elapsed_s for run in runs),
            "1/s",
        ),
        Measurement(f"{name}_core", median(_core(run.span) for run in runs), "%"),
        Measurement(f"{name}_nacks_to_server", sum(run.live["nacks_to_server"] for run in runs)),
    ]


def bare_figures(desks: Sequence[Figures], bare: Sequence[Figures]) -> list[Measurement]:
    """What the desk's shape costs at least, and ours beside it in each round."""
    pairs = zip(desks, bare, strict=True)
    ratio = median(one.span.us_per_packet / least.span.us_per_packet for one, least in pairs)
    return [
        Measurement("bare_us", median(run.span.us_per_packet for run in bare), "us"),
        Measurement("bare_core", median(_core(run.span) for run in bare), "%"),
        Measurement("desk_to_bare", ratio),
    ]


def _core(span: Span) -> float:
    return span.cpu.total_ns / 1e9 / span.elapsed_s * 100


def _p99(values: Sequence[int]) -> float:
    """Raises BenchError without a value."""
    if not values:
        raise BenchError("nothing was timed")
    return sorted(values)[int(len(values) * 0.99)]
