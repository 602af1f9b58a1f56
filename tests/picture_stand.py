"""The picture worker between a fake media process and no server."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from unittest.mock import patch

from mixer.picture import timeline
from mixer.picture.worker import PictureWorker
from mixer.wire.boot import Boot
from mixer.wire.control import ClipState, Event, Metrics, PreviewReady, ReadMetrics, SceneApplied
from mixer.wire.frame import Frame, FrameKind, FrameReader, encode_frame
from mixer.wire.ids import NANOSECONDS, Codec, Layer, MediaKind, PublicationId, WorkerKind
from mixer.wire.link import (
    LinkMessage,
    LinkPublish,
    LinkStream,
    LinkSubscribe,
    LinkTaken,
    LinkUnsubscribe,
    message_frame,
    read_message,
)
from mixer.wire.picture import PictureSource, Scene, Slot
from mixer.wire.resources import Clock, StreamCodec
from tests.picture_streams import Camera, ProgrammeReader

PROGRAMME = PublicationId(900)
PATIENCE_S = 60.0
"""How long something may take that must happen: no measure, only an end for a broken test."""


class FakeMedia:
    """Media's end of the link: keeps what the worker says, plays cameras to it."""

    def __init__(self) -> None:
        self.messages: list[LinkMessage] = []
        self.programme = ProgrammeReader()
        self.low = ProgrammeReader(layer=0)
        self.frames: dict[int, list[Frame]] = {}
        self.wanted: set[int] = set()
        self._writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        frames = FrameReader()
        while chunk := await reader.read(65536):
            for frame in frames.feed(chunk):
                if frame.kind == FrameKind.MESSAGE:
                    self._on_message(read_message(frame.payload))
                elif frame.publication == PROGRAMME:
                    self.programme.feed([frame])
                    self.low.feed([frame])
                else:
                    self.frames.setdefault(frame.publication, []).append(frame)
        writer.close()

    def _on_message(self, message: LinkMessage) -> None:
        self.messages.append(message)
        if isinstance(message, LinkSubscribe):
            self.wanted.add(message.publication)
            self.tell(
                LinkStream(
                    publication=message.publication,
                    layer=message.layer,
                    kind=MediaKind.VIDEO,
                    codec=StreamCodec(codec=Codec.VP8, clock_rate=90_000),
                    life=1,
                )
            )
        elif isinstance(message, LinkPublish) and message.publication == PROGRAMME:
            self.programme.begin_life()
            self.low.begin_life()
        elif isinstance(message, LinkUnsubscribe):
            self.wanted.discard(message.publication)

    def tell(self, message: LinkMessage) -> None:
        assert self._writer is not None
        self._writer.write(message_frame(message))

    def take(self, publication: int, *, taken: bool = True) -> None:
        self.tell(LinkTaken(publication=PublicationId(publication), layer=Layer(0), taken=taken))

    def send(self, frames: list[Frame]) -> None:
        if self._writer is not None and frames and frames[0].publication in self.wanted:
            self._writer.write(b"".join(map(encode_frame, frames)))


class Stand:
    """A worker, its fake media and cameras running in real time."""

    def __init__(self, worker: PictureWorker, media: FakeMedia, clock: Clock) -> None:
        self.worker = worker
        self.media = media
        self.clock = clock
        self.events: list[Event] = []
        self.cameras: list[Camera] = []

    def now_ns(self) -> int:
        return time.monotonic_ns() - self.clock.origin_monotonic_ns

    async def play(self) -> None:
        count = 0
        while True:
            for camera in self.cameras:
                self.media.send(camera.frames(self.now_ns(), keyframe=count % 10 == 0))
            count += 1
            await asyncio.sleep(0.04)

    async def until(self, true: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
        async with asyncio.timeout(timeout_s):
            while not true():
                await asyncio.sleep(0.02)

    def ready(self) -> list[tuple[int, bool]]:
        told = [event for event in self.events if isinstance(event, PreviewReady)]
        return [(event.revision, event.ready) for event in told]

    def clip_states(self) -> list[str]:
        told = [event.state for event in self.events if isinstance(event, ClipState)]
        return [one for index, one in enumerate(told) if index == 0 or told[index - 1] != one]

    async def metrics(self) -> dict[str, float]:
        answer = await self.worker.command(ReadMetrics())
        assert isinstance(answer, Metrics)
        return {
            one.name.removeprefix("lianxian_picture_") + "".join(one.labels.values()): one.value
            for one in answer.samples
        }

    def applied(self) -> list[int]:
        return [event.revision for event in self.events if isinstance(event, SceneApplied)]


@contextlib.asynccontextmanager
async def opened_stand(tmp_path: Path) -> AsyncIterator[Stand]:
    """A worker that runs, without any resource yet."""
    boot = Boot(kind=WorkerKind.PICTURE, epoch=1, run_dir=tmp_path, data_dir=tmp_path)
    media = FakeMedia()
    server = await asyncio.start_unix_server(media.serve, str(boot.link_socket))
    clock = Clock(event=1, origin_monotonic_ns=time.monotonic_ns() - 10**12, origin_wall_ns=0)
    made = Stand(PictureWorker(boot), media, clock)
    await made.worker.start(made.events.append)
    player = asyncio.create_task(made.play())
    # A machine that stalls for a second is no bug: it gets repeats, so a hole is always one.
    with patch.object(timeline, "HOLE_NS", 60 * NANOSECONDS):
        yield made
    player.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await player
    await made.worker.stop()
    server.close()


def source(publication: int, seat: str) -> PictureSource:
    return PictureSource(publication=PublicationId(publication), seat=seat, title=seat)


def scene(revision: int, layout: str, *seats: str, at_ns: int = 0) -> Scene:
    slots = tuple(Slot(seat=seat, title=seat) for seat in seats)
    return Scene(revision=revision, at_ns=at_ns, layout=layout, slots=slots)
