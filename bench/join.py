"""How long a site waits when all 19 come at once: from the link to the first decoded key frame.

A real `lianxian serve`, and in this process 19 sites that open their links within one second, each
with a camera and a microphone. Two moments count for each: when it has decoded the programme, and
when the director's desk, which watches all sites as tiles, has decoded its camera.
"""

import asyncio
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import uvloop

from bench.alternate import MINIMUM_ROUNDS
from bench.joining import Desk, JoiningSite
from bench.priority import before_others
from bench.report import Measurement
from bench.workers import BenchError
from mixer.transport.identity import Identity
from server.demo.programs import Program, Server, free_port
from server.simulate.loops import loop_path, sample_forms
from server.simulate.media_loop import MediaLoop, load_loop
from signaling.wire.messages import LinkView

WITHIN_S = 1.0
"""All links are opened within this time, evenly."""
TICK_S = 0.005
PATIENCE_S = 20.0
STAGE = frozenset({"operator", "member"})
SETTLE_S = 2.0


def measure(rounds: int) -> list[Measurement]:
    """Times in ms over ``rounds`` of all sites.

    Raises BenchError when a picture does not come.
    """
    if rounds < MINIMUM_ROUNDS:
        raise ValueError(f"{rounds} rounds make no median; at least {MINIMUM_ROUNDS}")
    with before_others(), tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return uvloop.run(_measure(Path(folder), rounds))


async def _measure(folder: Path, rounds: int) -> list[Measurement]:
    http, udp = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
    program = Program(
        [
            "serve",
            *("--data", str(folder / "data"), "--http-port", str(http)),
            "--udp-port",
            str(udp),
        ],
        folder / "serve.log",
        {"LIANXIAN_LOG_LEVEL": "warning"},
    )
    server = Server(program, f"http://localhost:{http}", folder / "serve.out")
    films = [load_loop(loop_path(form.number)) for form in sample_forms()]
    try:
        await server.start()
        links = await server.links()
        joins = Joins(links, films)
        await joins.open_desk()
        for number in range(rounds):
            await joins.round()
            print(f"round {number + 1}: {joins.told()}", file=sys.stderr, flush=True)
        await joins.desk.close()
    finally:
        await server.stop()
    return joins.figures()


class Joins:
    """Rounds of 19 sites that come and go, before one desk that stays."""

    def __init__(self, links: Sequence[LinkView], films: Sequence[MediaLoop]) -> None:
        self._links = [(link.seat, link.url) for link in links if link.role in STAGE]
        self._films = films
        self._identity = Identity()
        director = next(link.url for link in links if link.role == "director")
        self.desk = Desk(director, self._identity)
        self._sites: list[JoiningSite] = []
        self.camera_ms: list[float] = []
        self.programme_ms: list[float] = []
        self.steps_ms: dict[str, list[float]] = {}
        self._late_ms = 0.0

    async def open_desk(self) -> None:
        """Before anybody comes."""
        await self.desk.open()
        await asyncio.sleep(SETTLE_S)

    async def round(self) -> None:
        """All come, are seen, and go."""
        self.desk.seen_ns.clear()
        self._sites = [
            JoiningSite(seat, link, film, self._identity)
            for (seat, link), film in zip(self._links, self._films, strict=True)
        ]
        sending = asyncio.create_task(self._send(), name="sending")
        try:
            async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
                for site in self._sites:
                    group.create_task(site.join(), name=site.seat)
                    await asyncio.sleep(WITHIN_S / len(self._sites))
            await self._until(self._all_seen, "every picture is seen")
        finally:
            sending.cancel()
        self._take()
        for site in self._sites:
            await site.leave()
        await self._until(lambda: not self.desk.live(), "the sites have left")
        await asyncio.sleep(SETTLE_S)

    def _all_seen(self) -> bool:
        return all(site.programme_ms and site.seat in self.desk.seen_ns for site in self._sites)

    def _lacking(self) -> str:
        blind = [site.seat for site in self._sites if not site.programme_ms]
        unseen = [site.seat for site in self._sites if site.seat not in self.desk.seen_ns]
        return f"without programme: {blind}; cameras not seen: {unseen}; live: {self.desk.live()}"

    async def _until(self, holds: object, what: str) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while not (callable(holds) and holds()):
            self.desk.check()
            if time.monotonic() > deadline_s:
                raise BenchError(f"not within {PATIENCE_S:.0f} s: {what}; {self._lacking()}")
            await asyncio.sleep(TICK_S)

    async def _send(self) -> None:
        """What all cameras and microphones have to send."""
        while True:
            began_s = time.monotonic()
            for site in self._sites:
                site.advance(time.monotonic_ns())
            await asyncio.sleep(TICK_S)
            self._late_ms = max(self._late_ms, (time.monotonic() - began_s - TICK_S) * 1000)

    def _take(self) -> None:
        for site in self._sites:
            seen_ns = self.desk.seen_ns[site.seat]
            self.camera_ms.append((seen_ns - site.began_ns) / 1e6)
            self.programme_ms.append(site.programme_ms)
            for step, at_ms in site.steps_ms.items():
                self.steps_ms.setdefault(step, []).append(at_ms)

    def told(self) -> str:
        """The last round in one line."""
        count = len(self._sites)
        steps = ", ".join(
            f"{step} {median(values[-count:]):.0f}" for step, values in self.steps_ms.items()
        )
        cameras = self.camera_ms[-count:]
        return (
            f"medians in ms: {steps}, camera {median(cameras):.0f} (worst {max(cameras):.0f}); "
            f"load at most {self._late_ms:.0f} ms late"
        )

    def figures(self) -> list[Measurement]:
        """Of all rounds."""
        return [
            Measurement("camera_ms", median(self.camera_ms), "ms"),
            Measurement("camera_p95_ms", _p95(self.camera_ms), "ms"),
            Measurement("programme_ms", median(self.programme_ms), "ms"),
            Measurement("programme_p95_ms", _p95(self.programme_ms), "ms"),
            *(
                Measurement(f"{step}_ms", median(values), "ms")
                for step, values in self.steps_ms.items()
                if step != "programme"
            ),
            Measurement("load_late_ms", self._late_ms, "ms"),
        ]


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]
