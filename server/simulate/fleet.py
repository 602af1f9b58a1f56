"""All simulated seats of one process: links fetched, loops loaded, one clock for sending."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

from mixer.transport.identity import Identity
from signaling.wire.messages import Links, ListLinks

from .capture import ReturnCapture
from .loops import loop_path, make_file_loop, sample_forms
from .media_loop import load_loop
from .seat import SimulatedSeat
from .signal import SignalClient, SignalError

_log = structlog.get_logger(__name__)
TICK_S = 0.005
JOIN_GAP_S = 0.02
STAGE_ROLES = frozenset({"operator", "member"})


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """What to simulate. ``seconds`` 0: until SIGTERM or Ctrl-C."""

    admin_link: str
    seconds: float = 0
    capture: Path | None = None
    input: Path | None = None
    stats: Path | None = None
    seats: tuple[str, ...] = ()
    """Only these; empty: all halls and remote sites."""


async def stage_links(admin_link: str) -> dict[str, str]:
    """The links of all halls and remote sites by seat, in the event's order."""
    client = SignalClient(admin_link, "main")
    await client.connect()
    try:
        links = await client.request(ListLinks())
    finally:
        await client.close()
    assert isinstance(links, Links)  # noqa: S101  the answer to ListLinks
    return {link.seat: link.url for link in links.links if link.role in STAGE_ROLES}


class Fleet:
    """Owns the seats."""

    def __init__(self, options: FleetOptions) -> None:
        self._options = options
        self._seats: list[SimulatedSeat] = []
        self._captures: list[ReturnCapture] = []
        self._stop = asyncio.Event()
        self.late_ms = 0.0
        """Worst lateness of the sending clock in the last second."""

    def request_stop(self) -> None:
        """End in order."""
        self._stop.set()

    async def run(self) -> int:
        """Until stopped or the time is over; the exit status."""
        try:
            links = await stage_links(self._options.admin_link)
        except (SignalError, ValueError) as error:
            sys.stderr.write(f"simulate.refused: {error}\n")
            return 2
        self._prepare(links)
        try:
            await self._play()
        finally:
            for capture in self._captures:
                capture.close()
            self._write_counts()
        return 0

    async def _play(self) -> None:
        """A bug in any task ends the whole simulation loudly."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._clock()), group.create_task(self._tell())]
            for seat in self._seats:
                tasks.append(group.create_task(self._run_seat(seat), name=seat.seat))
                await asyncio.sleep(JOIN_GAP_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._options.seconds or None):
                    await self._stop.wait()
            for task in tasks:
                task.cancel()

    def _prepare(self, links: dict[str, str]) -> None:
        identity = Identity()
        forms = sample_forms()
        for form, (seat, link) in zip(forms, links.items(), strict=False):
            if self._options.seats and seat not in self._options.seats:
                continue
            path = loop_path(form.number)
            if form.number == 0 and self._options.input is not None:
                path = path.with_name("input.mkv")
                make_file_loop(form, self._options.input, path)
            capture = None
            if self._options.capture is not None:
                self._options.capture.mkdir(parents=True, exist_ok=True)
                capture = ReturnCapture(self._options.capture / f"{seat}.return")
                self._captures.append(capture)
            self._seats.append(SimulatedSeat(seat, link, load_loop(path), identity, capture))

    async def _run_seat(self, seat: SimulatedSeat) -> None:
        while True:
            try:
                await seat.run()
                return
            except (SignalError, TimeoutError) as error:
                _log.error("simulate.seat_failed", seat=seat.seat, error=str(error))
                await asyncio.sleep(1.0)

    async def _clock(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            now_ns = time.monotonic_ns()
            for seat in self._seats:
                seat.advance(now_ns)
            await asyncio.sleep(TICK_S)
            self.late_ms = max(self.late_ms, (loop.time() - began - TICK_S) * 1000)

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self._write_counts()

    def _write_counts(self) -> None:
        """One line of JSON on standard output and, when asked for, the same in a file."""
        seats = {seat.seat: asdict(seat.counts()) for seat in self._seats}
        totals = {
            name: sum(counts[name] for counts in seats.values())
            for name in ("sent", "received", "lost", "repaired", "repeated", "skipped_late")
        }
        joined = sum(counts["connected"] for counts in seats.values())
        line = json.dumps(
            {"joined": joined, **totals, "late_ms": round(self.late_ms, 1), "seats": seats}
        )
        self.late_ms = 0.0
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        if self._options.stats is not None:
            fresh = self._options.stats.with_suffix(".new")
            fresh.write_text(line)
            fresh.replace(self._options.stats)
