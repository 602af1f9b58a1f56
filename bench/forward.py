"""One publisher, 18 subscribers: our media process beside Janus' VideoRoom, all-in.

Whatever runs lives in a network namespace of its own, one server at a time, under the same
compiled load: VP8 at 25 frames a second in ticks of 5 ms with a key frame every 2 s, Opus beside
it, AEAD_AES_128_GCM, feedback every 100 ms, a receiver report every second, consent checks, NACK
and repair live on both sides.
The receivers are drained by another process on another processor than the server's. Timed are all
threads of the server's process by the scheduler's account, per packet that arrived at a receiver.

- ``ours``: the media process as `lianxian serve` starts it.
- ``janus``: VideoRoom with `event_loops = 1`, its best at this size.
- ``shipped``: VideoRoom as Debian ships it, a thread per connection (not at 2400, which is more
  than one processor carries).
- ``bare``: no server but the least that one must do, in C: read, decrypt, encrypt for each, send
  (`bench._bare`). Nothing is repaired there, and its ratio to Janus tells how far down one can go.
"""

import json
import logging
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeVar

import structlog
import uvloop

from bench.alternate import MINIMUM_ROUNDS, alternate
from bench.bare import running_bare
from bench.forwarding_server import Take, running_forwarder
from bench.load_drive import Drive, Span
from bench.load_publisher import Publisher, Rate
from bench.namespace import ADDRESS, measure_inside, require_program
from bench.report import Measurement
from bench.shares import Shares, shares_of
from bench.videoroom import running_videoroom
from bench.workers import BenchError

SUBSCRIBERS = 18
RATES = (200, 800, 2400)
MIDDLE = 800
OURS, JANUS, SHIPPED, BARE = "ours", "janus", "shipped", "bare"
NOT_AT = {SHIPPED: 2400}
SETTLE_S, MEASURED_S = 3.0, 3.0
"""A line that is asked for three times as much is proved to carry it within two seconds."""
ATTEMPTS = 3
NICENESS = -15
PATIENCE_S = 1800.0
LIVE_SHOWN = (
    "checks",
    "feedback_to_server",
    "feedback_from_server",
    "nacks_to_server",
    "nacks_from_server",
    "repaired_by_publisher",
    "repairs_from_server",
)


class Turn(NamedTuple):
    """One candidate at all rates, once."""

    spans: dict[int, Span]
    live: dict[str, int]


def measure(rounds: int) -> list[Measurement]:
    """Microseconds per forwarded packet and ratios to Janus' best at each rate.

    Raises MissingError without Janus, iproute2 or root; ValueError when a run came to nothing.
    """
    if rounds < MINIMUM_ROUNDS:
        raise ValueError(f"{rounds} rounds make no median; at least {MINIMUM_ROUNDS}")
    require_program("janus", "janus")
    return measure_inside("bench.forward", [str(rounds)], PATIENCE_S)


@asynccontextmanager
async def running(name: str, folder: Path) -> AsyncIterator[Drive]:
    """One candidate, connected."""
    publisher = Publisher(0)
    takes = [[Take(0)] for _ in range(SUBSCRIBERS)]
    if name == OURS:
        async with running_forwarder(folder, ADDRESS, [publisher], takes) as (_, drive):
            yield drive
    elif name == BARE:
        async with running_bare(ADDRESS, [publisher], takes) as drive:
            yield drive
    else:
        loops = 1 if name == JANUS else 0
        async with running_videoroom(folder, ADDRESS, loops, SUBSCRIBERS) as drive:
            yield drive


async def take_turn(name: str, folder: Path) -> Turn:
    """All rates of one candidate. Raises BenchError for a spoiled one."""
    spans = {}
    async with running(name, folder) as drive:
        server_first(drive.pids)
        drive.takers.ask_pictures()
        for rate in RATES:
            if NOT_AT.get(name) == rate:
                continue
            drive.publishers[0].rates[0] = Rate(rate)
            spans[rate] = await drive.measure(SETTLE_S, MEASURED_S)
        return Turn(spans, drive.live())


def server_first(pids: tuple[int, ...]) -> None:
    """The server on the first processor, the load on the last, if there are two.

    Both go before whatever else the machine does.
    """
    processors = sorted(os.sched_getaffinity(0) | ALL_PROCESSORS)
    if len(processors) < 2:
        return
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), processors[:1])
            os.setpriority(os.PRIO_PROCESS, int(thread.name), NICENESS)
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    os.sched_setaffinity(0, processors[-1:])


ALL_PROCESSORS = frozenset(os.sched_getaffinity(0))


class Contest:
    """The candidates in turn; all is kept."""

    def __init__(self) -> None:
        self.turns: dict[str, list[Turn]] = {name: [] for name in (OURS, JANUS, SHIPPED, BARE)}
        self.shares: dict[str, Shares] = {}

    def candidates(self) -> dict[str, Callable[[], float]]:
        """By name; each returns microseconds per packet at the middle rate."""
        return {name: partial(self.take, name) for name in self.turns}

    def take(self, name: str) -> float:
        """One turn. Raises BenchError when it is spoiled again and again."""
        turn = _unspoiled(name, partial(_run_turn, name))
        self.turns[name].append(turn)
        told = ", ".join(
            f"{rate}: {span.us_per_packet:.2f} us"
            + (f" ({span.missing} lost)" * (span.missing > 0 and name != BARE))
            for rate, span in turn.spans.items()
        )
        print(f"{name:8} {told}", file=sys.stderr, flush=True)
        return turn.spans[MIDDLE].us_per_packet

    def look_inside(self) -> None:
        """Where ours and Janus' best spend their time, outside of what is timed."""
        for name in (OURS, JANUS):
            found = _unspoiled(name, partial(_run_look, name))
            if found is not None:
                self.shares[name] = found


def _run_turn(name: str, folder: Path) -> Turn:
    return uvloop.run(take_turn(name, folder))


def _run_look(name: str, folder: Path) -> Shares | None:
    return uvloop.run(look(name, folder))


async def look(name: str, folder: Path) -> Shares | None:
    """Sample one candidate at the middle rate; None without `perf`."""
    async with running(name, folder) as drive:
        server_first(drive.pids)
        drive.takers.ask_pictures()
        drive.publishers[0].rates[0] = Rate(MIDDLE)
        await drive.run(SETTLE_S)
        return await shares_of(drive.pids, folder, drive.run)


Found = TypeVar("Found")


def _unspoiled(name: str, run: Callable[[Path], Found]) -> Found:
    """A run in which nothing was missing; a stall of the machine costs a run, not the bench."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                return run(Path(folder))
        except BenchError as error:
            print(f"{name:8} spoiled: {error}", file=sys.stderr, flush=True)
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def figures(turns: dict[str, list[Turn]], shares: dict[str, Shares]) -> list[Measurement]:
    """Medians over the rounds; the first turn of each warmed up and is not among them."""
    measured: list[Measurement] = []
    for name in (OURS, BARE):
        for rate in RATES:
            ratio = median(
                one.spans[rate].us_per_packet / theirs.spans[rate].us_per_packet
                for one, theirs in zip(turns[name][1:], turns[JANUS][1:], strict=True)
            )
            measured.append(Measurement(f"{name}_to_janus_{rate}", ratio))
    for name, found in turns.items():
        for rate in found[0].spans:
            spans = [turn.spans[rate] for turn in found[1:]]
            value = median(span.us_per_packet for span in spans)
            measured.append(Measurement(f"{name}_{rate}", value, "us"))
            kernel = median(span.cpu.system_share for span in spans) * 100
            measured.append(Measurement(f"{name}_{rate}_kernel", kernel, "%"))
        if name != BARE:  # which repairs nothing
            lost = sum(span.missing for turn in found[1:] for span in turn.spans.values())
            measured.append(Measurement(f"{name}_lost", lost))
    for name, share in shares.items():
        measured += [
            Measurement(f"{name}_{part}_share", value * 100, "%")
            for part, value in share._asdict().items()
        ]
    for name in (OURS, JANUS):
        for what in LIVE_SHOWN:
            measured.append(
                Measurement(f"{name}_{what}", sum(turn.live[what] for turn in turns[name][1:]))
            )
        measured.append(Measurement(f"{name}_repaired", repaired_share(turns[name][1:]) * 100, "%"))
    return measured


def repaired_share(turns: Sequence[Turn]) -> float:
    """Of the packets that receivers asked for again, those that came again."""
    asked = sum(turn.live["nacks_to_server"] for turn in turns)
    return sum(turn.live["repairs_from_server"] for turn in turns) / max(asked, 1)


def main(rounds: int) -> None:
    """Inside the namespace: print the figures as JSON."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    contest = Contest()
    alternate(contest.candidates(), rounds)
    contest.look_inside()
    json.dump(figures(contest.turns, contest.shares), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
