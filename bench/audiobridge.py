"""Nineteen talking participants: our media and sound processes beside Janus' AudioBridge.

Whatever runs lives in a network namespace of its own: one server at a time and the load, which is
the same for all. Timed are all processes of a server: media and sound, or Janus. The delay is
that of a click between two seats, from the packet that left with it to the packet that arrived
with it, each with the place of the onset inside; as heard by a player without any buffer.

- ``off``: only what AudioBridge does too (mixing, an encode per participant).
- ``on``: the defaults (drift correction, true peak, loudness, echo watch) and the programme.
"""

import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import structlog
import uvloop

from bench.alternate import MINIMUM_ROUNDS, Alternated, alternate
from bench.clicks import ClickLoop, make_loop
from bench.descriptions import one_profile
from bench.janus import Janus, running_janus
from bench.namespace import ADDRESS, measure_inside, require_program
from bench.report import Measurement
from bench.sound_load import Run, Span, drive, make_seats, uncollected
from bench.sound_server import ALL_OFF, ALL_ON, running_sound
from bench.workers import BenchError
from mixer.sound.codec import OpusLibrary
from mixer.sound.encode import RETURN_COMPLEXITY
from mixer.sound.opus import LibOpus, library_paths
from mixer.wire.sound import SoundFeatures
from server.simulate.connection import Connection
from server.simulate.description import OfferedTrack, publish_offer

SEATS = 19
BITRATE = 64_000
CPU_SPAN = Span(settle_s=3.0, measured_s=8.0)
DELAY_SPAN = Span(settle_s=1.0, measured_s=12.0)
"""From the first second on: what a listener meets, not what a buffer comes to in the end."""
DELAY_RUNS = 2
PREBUFFERING = 2
"""Packets AudioBridge collects before it mixes someone. With 1 it leaves 200 holes a minute in each
source even here, where nothing is lost; with 2 none as long as its threads run in time."""
ROOM = 1
PLUGIN = "janus.plugin.audiobridge"
LIBRARY = "libjanus_audiobridge.so"
JANUS, OFF, ON = "janus", "off", "on"
ATTEMPTS = 3
PATIENCE_S = 1200.0
PERCENTILES = {"median": 50, "p95": 95}


def measure(rounds: int) -> list[Measurement]:
    """Percent of a core and delays of each, and ratios to the peer.

    Raises MissingError without Janus, iproute2 or root; ValueError when a run came to nothing.
    """
    if rounds < MINIMUM_ROUNDS:
        raise ValueError(f"{rounds} rounds make no median; at least {MINIMUM_ROUNDS}")
    require_program("janus", "janus")
    return measure_inside("bench.audiobridge", [str(rounds)], PATIENCE_S)


class Given(NamedTuple):
    """What every run is given."""

    library: OpusLibrary
    loops: list[ClickLoop]
    turn: int
    """Phases of the seats differ from turn to turn, not between the candidates of one."""
    folder: Path
    span: Span


class Contest:
    """The candidates, each run anew every time; all is kept by candidate."""

    def __init__(self) -> None:
        self._library = LibOpus(next(library_paths()))
        self._loops = [make_loop(self._library, seat, SEATS, BITRATE) for seat in range(SEATS)]
        self._runs: dict[str, Callable[[Given], Coroutine[None, None, Run]]] = {
            JANUS: run_janus,
            OFF: lambda given: run_ours(ALL_OFF, given),
            ON: lambda given: run_ours(ALL_ON, given),
        }
        self._turns = dict.fromkeys(self._runs, 0)
        self.heard: dict[str, list[Run]] = {name: [] for name in self._runs}
        """Runs whose clicks count."""

    def cpu(self) -> dict[str, Callable[[], float]]:
        """Short runs by name; each returns percent of a core."""

        def run(name: str) -> Callable[[], float]:
            return lambda: self.run(name, CPU_SPAN).core_percent

        return {name: run(name) for name in self._runs}

    def listen(self) -> None:
        """`DELAY_RUNS` runs of each, in turn."""
        for _ in range(DELAY_RUNS):
            for name, runs in self.heard.items():
                runs.append(self.run(name, DELAY_SPAN))

    def run(self, name: str, span: Span) -> Run:
        """One run. Raises BenchError when it is spoiled again and again."""
        turn, self._turns[name] = self._turns[name], self._turns[name] + 1

        def begin(folder: Path) -> Coroutine[None, None, Run]:
            return self._runs[name](Given(self._library, self._loops, turn, folder, span))

        found = _unspoiled(name, begin)
        shares = " + ".join(f"{share:.1f}" for share in found.processes_percent)
        print(
            f"{name:6} {found.core_percent:5.1f} % of a core ({shares}), "
            f"{median(found.delays_ms):5.1f} ms ({len(found.delays_ms)} clicks), "
            f"{found.holes_per_minute:.1f} holes a minute",
            file=sys.stderr,
            flush=True,
        )
        return found


def _unspoiled(name: str, run: Callable[[Path], Coroutine[None, None, Run]]) -> Run:
    """A run in which everybody heard enough; the machine's own stalls cost a run, not the bench.

    Raises BenchError when the last of `ATTEMPTS` is spoiled too.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder, uncollected():
                return uvloop.run(run(Path(folder)))
        except BenchError as error:
            print(f"{name:6} spoiled: {error}", file=sys.stderr, flush=True)
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


async def run_ours(features: SoundFeatures, given: Given) -> Run:
    """Media and sound, once."""
    seats = make_seats(given.loops, given.turn)
    async with running_sound(given.folder, ADDRESS) as server:
        await server.hold(seats, features)
        ways = [await server.join(seat) for seat in seats]
        origin_ns = time.monotonic_ns()
        for seat, (talking, hearing) in zip(seats, ways, strict=True):
            seat.start(talking, hearing, origin_ns)
        return await drive(seats, server.pids, given.library, given.span)


async def run_janus(given: Given) -> Run:
    """AudioBridge, once."""
    seats = make_seats(given.loops, given.turn)
    async with running_janus(given.folder, ADDRESS, LIBRARY) as janus:
        await janus.message(await janus.attach(PLUGIN), room_request())
        connections: list[Connection] = []
        identity = one_profile()
        try:
            for seat in seats:
                connection = Connection(identity, seat.on_rtp, seat.on_rtcp)
                connections.append(connection)
                track = OfferedTrack("0", "audio", "opus", seat.ssrc)
                offer = publish_offer(
                    [track], connection.credentials, identity.fingerprint, f"bench-{seat.number}"
                )
                await connection.connect(await join_bridge(janus, offer))
            origin_ns = time.monotonic_ns()
            for seat, connection in zip(seats, connections, strict=True):
                seat.start(connection, connection, origin_ns)
            return await drive(seats, [janus.pid], given.library, given.span)
        finally:
            for connection in connections:
                connection.close()


def room_request() -> dict[str, object]:
    """The room: 48 kHz mono, buffering as little as works, nothing recorded or announced."""
    return {
        "request": "create",
        "room": ROOM,
        "sampling_rate": 48_000,
        "default_prebuffering": PREBUFFERING,
        "default_bitrate": BITRATE,
        "audiolevel_ext": False,
        "record": False,
    }


async def join_bridge(janus: Janus, offer: str) -> str:
    """Sit a participant down by his offer, made to send both ways; the SDP answer."""
    both_ways = offer.replace("a=sendonly", "a=sendrecv").replace("setup:actpass", "setup:active")
    handle = await janus.attach(PLUGIN)
    await janus.message(
        handle,
        {
            "request": "join",
            "room": ROOM,
            "quality": RETURN_COMPLEXITY,
            "bitrate": BITRATE,
            "prebuffer": PREBUFFERING,
        },
    )
    _, answer = await janus.message(handle, {"request": "configure", "muted": False}, both_ways)
    await janus.end_of_candidates(handle)
    return answer


def figures(cpu: Alternated, heard: dict[str, list[Run]]) -> list[Measurement]:
    """CPU of each and its ratio; percentiles of all clicks that were heard; holes meanwhile."""
    delays = {
        name: np.array([delay for run in runs for delay in run.delays_ms])
        for name, runs in heard.items()
    }
    measured = [Measurement(f"{name}_core", cpu.median(name), "%") for name in heard]
    measured += [Measurement(f"{name}_to_janus", cpu.ratio(name, JANUS)) for name in (OFF, ON)]
    for name, runs in heard.items():
        for label, percentile in PERCENTILES.items():
            value = float(np.percentile(delays[name], percentile))
            measured.append(Measurement(f"{name}_delay_{label}", value, "ms"))
        holes = median(run.holes_per_minute for run in runs)
        measured.append(Measurement(f"{name}_holes", holes, "/min"))
    for label, percentile in PERCENTILES.items():
        ours, theirs = (float(np.percentile(delays[name], percentile)) for name in (ON, JANUS))
        measured.append(Measurement(f"delay_{label}_to_janus", ours / theirs))
    return measured


def main(rounds: int) -> None:
    """Inside the namespace: print the figures as JSON."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    contest = Contest()
    cpu = alternate(contest.cpu(), rounds)
    contest.listen()
    json.dump(figures(cpu, contest.heard), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
