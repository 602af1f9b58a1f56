"""A real recorder process, and the server's end of its control channel."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from mixer.wire.boot import Boot
from mixer.wire.channel import encode_message, read_message, to_server_decoder
from mixer.wire.control import (
    CONTROL_VERSION,
    Answer,
    Apply,
    Command,
    Condition,
    Done,
    Event,
    Hello,
    Outcome,
    RecordingState,
    Report,
    Request,
    Welcome,
)
from mixer.wire.ids import Codec, Layer, MediaKind, PublicationId, WorkerKind
from mixer.wire.resources import Clock, RecordedTrack, RecordingSession, Resource

if TYPE_CHECKING:
    from pathlib import Path

    from tests.recorder_streams import Stream

PROGRAM = """
import sys
from pathlib import Path
from mixer.wire.boot import Boot
from mixer.wire.ids import WorkerKind
from recorder.worker import main
base = Path(sys.argv[1])
main(Boot(kind=WorkerKind.RECORDER, epoch=int(sys.argv[2]), run_dir=base / "run",
          data_dir=base / "data"))
"""
SESSION = 5
DIRECTORY = "2026-05-01-test"


def boot_of(base: Path, epoch: int = 1) -> Boot:
    (base / "run").mkdir(parents=True, exist_ok=True)
    return Boot(kind=WorkerKind.RECORDER, epoch=epoch, run_dir=base / "run", data_dir=base / "data")


def clock(session_ns: int = 0) -> Clock:
    """A clock that shows `session_ns` now."""
    return Clock(
        event=1,
        origin_monotonic_ns=time.monotonic_ns() - session_ns,
        origin_wall_ns=time.time_ns() - session_ns,
    )


def session(
    started_ns: int = 0, identity: int = SESSION, directory: str = DIRECTORY
) -> RecordingSession:
    return RecordingSession(
        id=identity, directory=directory, started_ns=started_ns, about={"title": "京湘远程交流"}
    )


def track(
    stream: Stream, role: str = "iso", seat: str = "beijing", source: str = ""
) -> RecordedTrack:
    video = stream.codec.codec in (Codec.VP8, Codec.H264)
    return RecordedTrack(
        session=SESSION,
        publication=PublicationId(stream.publication),
        layer=Layer(stream.layer),
        kind=MediaKind.VIDEO if video else MediaKind.AUDIO,
        role=role,
        seat="" if role == "programme" else seat,
        source=source or ("camera" if video else "microphone"),
        title="节目" if role == "programme" else "北京",
    )


class FakeServer:
    """Greets the recorder, brings it to the wanted set as the server does, keeps reports."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._answers: dict[int, asyncio.Future[Outcome]] = {}
        self._next = 0
        self.hellos: list[Hello] = []
        self.events: list[Event] = []
        self.connected = asyncio.Event()

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, str(self._path))

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._writer is not None:
            self._writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while (message := await read_message(reader, to_server_decoder)) is not None:
                match message:
                    case Hello():
                        self.hellos.append(message)
                        writer.write(encode_message(Welcome(version=CONTROL_VERSION)))
                        self._writer = writer
                        self.connected.set()
                    case Answer():
                        self._answers.pop(message.id).set_result(message.outcome)
                    case Report():
                        self.events.append(message.event)
        self.connected.clear()
        writer.close()

    async def request(self, command: Command) -> Outcome:
        async with asyncio.timeout(20):
            await self.connected.wait()
            assert self._writer is not None
            self._next += 1
            answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            self._answers[self._next] = answer
            self._writer.write(encode_message(Request(id=self._next, command=command)))
            return await answer

    async def put(self, *resources: Resource) -> None:
        outcome = await self.request(Apply(put=resources))
        assert outcome == Done(), outcome

    async def remove(self, *keys: str) -> None:
        outcome = await self.request(Apply(remove=keys))
        assert outcome == Done(), outcome

    def states(self) -> list[str]:
        return [event.state for event in self.events if isinstance(event, RecordingState)]

    def conditions(self) -> list[tuple[str, bool]]:
        return [(one.id, one.active) for one in self.events if isinstance(one, Condition)]


class RecorderProcess:
    """Starts, kills, starts again."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._process: asyncio.subprocess.Process | None = None
        self._epoch = 0

    async def start(self) -> None:
        self._epoch += 1
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, str(self._base), str(self._epoch),
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    async def end(self, number: signal.Signals) -> int:
        """Send a signal and wait; returns the exit status."""
        process = self._process
        assert process is not None
        self._process = None
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
        return await process.wait()

    async def stop(self) -> None:
        if self._process is not None:
            await self.end(signal.SIGKILL)


async def until(condition: object, timeout_s: float = 20.0) -> None:
    """Wait until `condition()` is true."""
    assert callable(condition)
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)
