"""The two programs the demo starts: `lianxian serve` and `lianxian simulate`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from typing import TYPE_CHECKING

import aiohttp
import msgspec

from signaling.wire.rest import LinkList

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from signaling.wire.messages import LinkView

READY_S = 60.0
POLL_S = 0.2
STOP_S = 60.0
"""The supervisor gives each child 10 s."""
REQUEST_S = 10.0
LINE_BYTES = 1 << 20
_ROUTINE = re.compile(r"\[(?:info|debug) *\]")
_TOKEN = re.compile(r"https?://\S+#t=([\w.-]+)")


class DemoError(Exception):
    """The demo cannot go on; the text says why, and where to read more."""


def free_port(kind: socket.SocketKind) -> int:
    """A port nobody has at the moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """A subcommand of ours as a process of its own; its log is a file."""

    def __init__(self, arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self.name = arguments[0]
        self.log = log
        self._arguments = arguments
        self._environment = dict(os.environ) | dict(environment)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, output: Path | None = None) -> None:
        """Standard output goes to a file, or is read by `lines`."""
        # A session of its own: Ctrl-C at the terminal is for the demo, which stops it in order.
        with contextlib.ExitStack() as files:
            errors = files.enter_context(self.log.open("ab"))
            target: int = asyncio.subprocess.PIPE
            if output is not None:
                target = files.enter_context(output.open("ab")).fileno()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "server.cli",
                *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=target,
                stderr=errors,
                env=self._environment,
                limit=LINE_BYTES,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Raises DemoError before `start`."""
        return self._running().pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._process.returncode if self._process is not None else None

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise DemoError(f"{self.name} was not started")
        return self._process

    async def line(self) -> bytes:
        """The next line it prints; empty at its end."""
        stream = self._running().stdout
        return await stream.readline() if stream is not None else b""

    def check(self) -> None:
        """Raises `DemoError` when it has ended."""
        if self.exit_status is not None:
            raise DemoError(
                f"{self.name} ended by itself with status {self.exit_status}; "
                f"see {self.log}\n{self.last_words()}"
            )

    def last_words(self, lines: int = 8) -> str:
        """The last lines of its log that tell more than that all is well."""
        with contextlib.suppress(OSError):
            written = self.log.read_text("utf-8", "replace").splitlines()
            telling = [line for line in written if not _ROUTINE.search(line)]
            return "\n".join(telling[-lines:])
        return ""

    async def stop(self) -> int | None:
        """In order if it can, within `STOP_S`, else at once; its exit status."""
        process = self._process
        if process is None:
            return None
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_S):
                    await self._drain(process)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        return process.returncode

    async def _drain(self, process: asyncio.subprocess.Process) -> None:
        # A full pipe would keep it from ending.
        while process.stdout is not None and await process.stdout.read(LINE_BYTES):
            pass
        await process.wait()


class Server:
    """`lianxian serve` seen from outside: readiness, links, figures."""

    def __init__(self, program: Program, base_url: str, output: Path) -> None:
        self.program = program
        self.base_url = base_url
        self._output = output
        self._client: aiohttp.ClientSession | None = None
        self._token = ""

    async def start(self) -> None:
        """Until it is ready and an administrator's link is known. Raises `DemoError`."""
        await self.program.start(self._output)
        self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=REQUEST_S))
        try:
            async with asyncio.timeout(READY_S):
                while not await self._ready():
                    self.program.check()
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise DemoError(
                f"the server is not ready after {READY_S:.0f} s; see {self.program.log}\n"
                f"{self.program.last_words()}"
            ) from None
        self._token = await self._administrator()

    async def _ready(self) -> bool:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with self._http().get(f"{self.base_url}/readyz") as answer:
                return answer.status == 200
        return False

    def _http(self) -> aiohttp.ClientSession:
        if self._client is None:
            raise DemoError("the server was not started")
        return self._client

    async def _administrator(self) -> str:
        """The token of the first printed link that may see all the others."""
        for token in dict.fromkeys(_TOKEN.findall(self._output.read_text("utf-8"))):
            headers = {"Authorization": f"Bearer {token}"}
            async with self._http().get(f"{self.base_url}/metrics", headers=headers) as answer:
                if answer.status == 200:
                    return str(token)
        raise DemoError(f"no administrator's link was printed; see {self._output}")

    @property
    def admin_link(self) -> str:
        """For `lianxian simulate`."""
        return f"{self.base_url}/join#t={self._token}"

    async def _get(self, path: str) -> bytes:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._http().get(f"{self.base_url}{path}", headers=headers) as answer:
            content = await answer.read()
            if answer.status != 200:
                raise DemoError(f"{path} answers {answer.status}: {content[:200]!r}")
            return content

    async def links(self) -> list[LinkView]:
        """All links that are valid now. Raises `DemoError`."""
        return msgspec.json.decode(await self._get("/api/v1/links"), type=LinkList).links

    async def metrics(self) -> str:
        """Prometheus' text. Raises `DemoError`, aiohttp.ClientError, TimeoutError."""
        return (await self._get("/metrics")).decode()

    async def stop(self) -> int | None:
        """The supervisor's exit status."""
        if self._client is not None:
            await self._client.close()
        return await self.program.stop()
