"""The demo from start to verdict."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import msgspec

from server.cli.simulate import LINK_VARIABLE
from server.settings import ROOT, load_settings
from server.simulate.signal import SignalError

from .director import Director, check_sound, choose, pairs_to_check, walk
from .figures import Counts, Figures, counts, since
from .held import Held, Simulated, figure_texts, held_rows, report
from .judge import Conference, judge_recording
from .programs import DemoError, Program, Server, free_port
from .table import check_lines, count_lines, load_lines, verdict_lines
from .usage import Usage, loads, read_all, read_processes
from .verdict import decide

if TYPE_CHECKING:
    from server.settings import Settings
    from signaling.wire.state import RecordingView

    from .plan import Step

JOIN_S = 60.0
CHECK_ATTEMPTS = 2
"""A machine that was too slow for a moment left holes in what the sites heard."""
EXIT_FAILED = 1


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """``seconds`` 0: until Ctrl-C. Ports of None: any that is free."""

    seconds: float = 60.0
    json: Path | None = None
    input: Path | None = None
    data: Path | None = None
    event: str | None = None
    http_port: int | None = None
    udp_port: int | None = None


def data_folder(given: Path | None) -> Path:
    """A fresh folder unless one is given."""
    if given is not None:
        return given
    return ROOT / "build" / "demo" / time.strftime("%Y%m%d-%H%M%S")


class Demo:
    """Starts the programs, directs, stops them in order, judges."""

    def __init__(self, options: DemoOptions) -> None:
        self._options = options
        self.data = data_folder(options.data).resolve()
        # Links stand in what the server prints, so the folder is for this user alone.
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        http_port = options.http_port or free_port(socket.SOCK_STREAM)
        udp_port = options.udp_port or free_port(socket.SOCK_DGRAM)
        self._settings: Settings = load_settings(
            data_dir=self.data, event=options.event, http_port=http_port, udp_port=udp_port
        )
        self._stop = asyncio.Event()
        self._held = Held()
        serve = ["serve", "--data", str(self.data)]
        serve += ["--http-port", str(http_port), "--udp-port", str(udp_port)]
        if options.event:
            serve += ["--event", options.event]
        self._server = Server(
            Program(serve, self.data / "serve.log", {}),
            self._settings.base_url,
            self.data / "serve.out",
        )
        self._fleet: Program | None = None
        self._director: Director | None = None

    async def run(self) -> int:
        """The exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._interrupted)
        try:
            async with contextlib.AsyncExitStack() as stack:
                stack.push_async_callback(self._server.stop)
                await self._server.start()
                await self._hold(stack)
        except (DemoError, SignalError) as error:
            print(f"demo.failed: {error}", file=sys.stderr)
            return EXIT_FAILED
        except (TimeoutError, aiohttp.ClientError) as error:
            print(f"demo.failed: no answer ({error!r}); see {self.data}/*.log", file=sys.stderr)
            return EXIT_FAILED
        return await self._judge()

    def _interrupted(self) -> None:
        if self._stop.is_set():
            raise KeyboardInterrupt
        print("\nstopping; once more to give up", flush=True)
        self._stop.set()

    async def _hold(self, stack: contextlib.AsyncExitStack) -> None:
        held = self._held
        links = await self._server.links()
        fleet = self._start_fleet()
        stack.push_async_callback(fleet.stop)
        await fleet.start()
        reader = asyncio.create_task(self._read_fleet(fleet))
        stack.push_async_callback(_cancel, reader)
        director = Director(next(link.url for link in links if link.role == "director"))
        self._director = director
        await director.connect()
        stack.push_async_callback(director.close)
        held.stage = director.stage
        held.origin_monotonic_s = director.origin_monotonic_s
        self._tell_links({link.name: link.url for link in links if link.seat in held.stage})
        await self._joined(fleet)
        telling = asyncio.create_task(self._tell_progress(fleet))
        stack.push_async_callback(_cancel, telling)
        await self._check_sound(director)
        if self._stop.is_set():
            raise DemoError("stopped before the recording began")
        await self._record(director)

    def _start_fleet(self) -> Program:
        arguments = ["simulate", "--capture", str(self.data / "returns")]
        if self._options.input is not None:
            arguments += ["--input", str(self._options.input)]
        environment = {LINK_VARIABLE: self._server.admin_link}
        self._fleet = Program(arguments, self.data / "simulate.log", environment)
        return self._fleet

    async def _read_fleet(self, fleet: Program) -> None:
        while line := await fleet.line():
            with contextlib.suppress(msgspec.MsgspecError):
                self._held.simulated = msgspec.json.decode(line, type=Simulated)

    def _tell_links(self, rooms: dict[str, str]) -> None:
        start = self._server.admin_link.replace("/join#", "/#")
        control = self._server.admin_link.replace("/join#", "/control#")
        archive = self._server.admin_link.replace("/join#", "/archive#")
        print(f"start page  {start}\ncontrol     {control}\narchive     {archive}")
        print("Each seat may be taken over by a browser:")
        for name, link in rooms.items():
            print(f"  {name}\n    {link}")
        print(f"recordings, logs: {self.data}", flush=True)

    async def _joined(self, fleet: Program) -> None:
        """Wait until every simulated seat is connected. Raises `DemoError`."""
        wanted = len(self._held.stage)
        deadline_s = time.monotonic() + JOIN_S
        while self._held.simulated.joined < wanted and not self._stop.is_set():
            fleet.check()
            if time.monotonic() > deadline_s:
                raise DemoError(
                    f"only {self._held.simulated.joined} of {wanted} seats are connected after "
                    f"{JOIN_S:.0f} s; see {fleet.log}\n{fleet.last_words()}"
                )
            await asyncio.sleep(0.1)
        self._held.joined = self._held.simulated.joined
        print(f"{self._held.joined} of {wanted} seats joined", flush=True)

    async def _check_sound(self, director: Director) -> None:
        """Before the recording, as in any event; short, and only for those who need it."""
        seconds = self._options.seconds
        cues = choose(director.cues, seconds) if seconds else director.cues
        pairs = pairs_to_check(self._held.stage, cues)
        if pairs:
            print(f"sound check: {len(pairs)} pairs of sites", flush=True)
        for _ in range(CHECK_ATTEMPTS):
            before = (await self._read_counts()).ticks_skipped
            self._held.checks += await check_sound(director, pairs, self._stop)
            if (await self._read_counts()).ticks_skipped == before or self._stop.is_set():
                break
            print("sound was interrupted; once more", flush=True)

    async def _record(self, director: Director) -> None:
        held = self._held
        before, used = await self._read_counts(), self._read_usage()
        held.session = await director.start_recording("")
        begun_s = director.now_s()
        held.steps = await walk(director, self._options.seconds, self._stop, self._began)
        held.recorded_s = director.now_s() - begun_s
        held.counted = since(before, await self._read_counts())
        held.loads = loads(used, self._read_usage())
        await director.stop_recording()
        held.recording = await director.finished()
        held.restarts = {
            name: entry.restarts
            for name, entry in read_processes(self._settings.run_path).items()
            if entry.restarts
        }

    @staticmethod
    def _began(step: Step) -> None:
        print(
            f"on air: {step.title} ({', '.join(step.scene.slots[:4])}"
            f"{' …' if len(step.scene.slots) > 4 else ''})",
            flush=True,
        )

    async def _read_counts(self) -> Counts:
        return counts(Figures(await self._server.metrics()))

    def _read_usage(self) -> dict[str, Usage]:
        pids = {name: entry.pid for name, entry in read_processes(self._settings.run_path).items()}
        if self._fleet is not None:
            pids["simulate"] = self._fleet.pid
        return read_all(pids)

    async def _tell_progress(self, fleet: Program) -> None:
        """A line a second while the conference goes on."""
        before = self._held.simulated
        while True:
            await asyncio.sleep(1.0)
            fleet.check()
            now = self._held.simulated
            with contextlib.suppress(DemoError, aiohttp.ClientError, TimeoutError):
                figures = await self._read_counts()
                recording = self._director.recording if self._director else None
                print(
                    f"  joined {now.joined}   packets/s in {now.sent - before.sent} "
                    f"out {now.received - before.received}   "
                    f"stale {figures.stale:.0f}   holes {figures.holes:.0f}   "
                    f"ticks late {figures.ticks_late:.0f}   "
                    f"{_recording_text(recording)}",
                    flush=True,
                )
            before = now

    async def _judge(self) -> int:
        held = self._held
        print("judging the recording ...", flush=True)
        conference = Conference(
            directory=self.data / "sessions" / held.session,
            captures=self.data / "returns",
            numbers=held.stage,
            checks=tuple(held.checks),
            steps=tuple(held.steps),
            recorded_s=held.recorded_s,
            origin_monotonic_s=held.origin_monotonic_s,
            taken_over=held.simulated.taken_over,
            late_share=1 - held.on_time,
        )
        rows = [*held_rows(held), *await asyncio.to_thread(judge_recording, conference)]
        verdict = decide(rows, held.on_time)
        print()
        for line in (
            *count_lines(figure_texts(held)),
            "",
            *load_lines(held.loads),
            "",
            *check_lines(rows),
            "",
            *verdict_lines(verdict),
        ):
            print(line)
        if self._options.json is not None:
            content = report(held, rows, verdict, str(conference.directory))
            await asyncio.to_thread(self._options.json.write_bytes, content)
        return verdict.exit_status


def _recording_text(recording: RecordingView | None) -> str:
    if recording is None or recording.state == "idle":
        return "not recording"
    return f"{recording.state} {recording.duration_ms / 1000:.0f} s"


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def run_demo(options: DemoOptions) -> int:
    """`lianxian demo`. Blocks; returns the exit status."""

    async def main() -> int:
        return await Demo(options).run()

    return asyncio.run(main())
