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
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from statistics import median

import numpy as np
import structlog
import uvloop

from bench.alternate import MINIMUM_ROUNDS, Alternated, alternate
from bench.clicks import ClickLoop, make_loop
from bench.janus import Janus, running_janus
from bench.namespace import ADDRESS, inside, network_namespace, require_program
from bench.report import Measurement
from bench.sound_load import Run, drive, make_seats, one_profile
from bench.sound_server import ALL_OFF, ALL_ON, running_sound
from mixer.sound.codec import OpusLibrary
from mixer.sound.encode import RETURN_COMPLEXITY
from mixer.sound.opus import LibOpus, library_paths
from mixer.wire.sound import SoundFeatures
from server.simulate.connection import Connection
from server.simulate.description import OfferedTrack, publish_offer

SEATS = 19
BITRATE = 64_000
MEASURED_S = 8.0
PREBUFFERING = 2
"""Packets AudioBridge collects before it mixes someone. With 1 it leaves 200 holes a minute in each
source even here, where nothing is lost; with 2 none to two, which is its smallest that works."""
ROOM = 1
PLUGIN = "janus.plugin.audiobridge"
LIBRARY = "libjanus_audiobridge.so"
JANUS, OFF, ON = "janus", "off", "on"
PATIENCE_S = 1200.0
PERCENTILES = {"median": 50, "p95": 95}


def measure(rounds: int) -> list[Measurement]:
    """Percent of a core and delays of each, and ratios to the peer.

    Raises MissingError without Janus, iproute2 or root; ValueError when a run came to nothing.
    """
    if rounds < MINIMUM_ROUNDS:
        raise ValueError(f"{rounds} rounds make no median; at least {MINIMUM_ROUNDS}")
    require_program("janus", "janus")
    with network_namespace(f"bench-{os.getpid()}") as name:
        command = inside(name, [sys.executable, "-m", "bench.audiobridge", str(rounds)])
        done = subprocess.run(
            command, check=False, stdout=subprocess.PIPE, text=True, timeout=PATIENCE_S
        )
    if done.returncode != 0:
        raise ValueError(f"the load ended with status {done.returncode}")
    return [Measurement(*figure) for figure in json.loads(done.stdout)]


class Contest:
    """The candidates, each run anew every time; all is kept by candidate."""

    def __init__(self) -> None:
        self._library = LibOpus(next(library_paths()))
        self._loops = [make_loop(self._library, seat, SEATS, BITRATE) for seat in range(SEATS)]
        self._turn = 0
        self.runs: dict[str, list[Run]] = {JANUS: [], OFF: [], ON: []}

    def candidates(self) -> dict[str, Callable[[], float]]:
        """Runs by name; each returns percent of a core."""
        return {
            JANUS: self._run(JANUS, run_janus),
            OFF: self._run(OFF, lambda *given: run_ours(ALL_OFF, *given)),
            ON: self._run(ON, lambda *given: run_ours(ALL_ON, *given)),
        }

    def _run(
        self,
        name: str,
        run: Callable[[OpusLibrary, list[ClickLoop], int, Path], Coroutine[None, None, Run]],
    ) -> Callable[[], float]:
        def run_once() -> float:
            # Phases differ from round to round, not between the candidates of one.
            turn = len(self.runs[name])
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                found = uvloop.run(run(self._library, self._loops, turn, Path(folder)))
            self.runs[name].append(found)
            shares = " + ".join(f"{share:.1f}" for share in found.processes_percent)
            print(
                f"{name:6} {found.core_percent:5.1f} % of a core ({shares}), "
                f"{median(found.delays_ms):5.1f} ms ({len(found.delays_ms)} clicks), "
                f"{found.holes_per_minute:.1f} holes a minute",
                file=sys.stderr,
                flush=True,
            )
            return found.core_percent

        return run_once


async def run_ours(
    features: SoundFeatures, library: OpusLibrary, loops: list[ClickLoop], turn: int, folder: Path
) -> Run:
    """Media and sound, once."""
    seats = make_seats(loops, turn)
    async with running_sound(folder, ADDRESS) as server:
        await server.hold(seats, features)
        ways = [await server.join(seat) for seat in seats]
        origin_ns = time.monotonic_ns()
        for seat, (talking, hearing) in zip(seats, ways, strict=True):
            seat.start(talking, hearing, origin_ns)
        return await drive(seats, server.pids, library, MEASURED_S)


async def run_janus(library: OpusLibrary, loops: list[ClickLoop], turn: int, folder: Path) -> Run:
    """AudioBridge, once."""
    seats = make_seats(loops, turn)
    async with running_janus(folder, ADDRESS, LIBRARY) as janus:
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
            return await drive(seats, [janus.pid], library, MEASURED_S)
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


def figures(found: Alternated, runs: dict[str, list[Run]]) -> list[Measurement]:
    """CPU of each and its ratio; median and 95th percentile of all clicks of all rounds; holes."""
    # The first run of each is the warm-up round that `alternate` throws away as well.
    kept = {name: of_one[1:] for name, of_one in runs.items()}
    delays = {
        name: np.array([delay for run in of_one for delay in run.delays_ms])
        for name, of_one in kept.items()
    }
    measured = [Measurement(f"{name}_core", found.median(name), "%") for name in kept]
    measured += [Measurement(f"{name}_to_janus", found.ratio(name, JANUS)) for name in (OFF, ON)]
    for name, of_one in kept.items():
        for label, percentile in PERCENTILES.items():
            value = float(np.percentile(delays[name], percentile))
            measured.append(Measurement(f"{name}_delay_{label}", value, "ms"))
        holes = median(run.holes_per_minute for run in of_one)
        measured.append(Measurement(f"{name}_holes", holes, "/min"))
    for label, percentile in PERCENTILES.items():
        ours, theirs = (float(np.percentile(delays[name], percentile)) for name in (ON, JANUS))
        measured.append(Measurement(f"delay_{label}_to_janus", ours / theirs))
    return measured


def main(rounds: int) -> None:
    """Inside the namespace: print the figures as JSON."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    contest = Contest()
    found = alternate(contest.candidates(), rounds)
    json.dump(figures(found, contest.runs), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
