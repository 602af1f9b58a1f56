"""A disk that fails or fills up ends no process, and the programme outlives ISO."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from mixer.wire.control import Apply, Condition, Event, FinishSession, RecordingState
from mixer.wire.ids import Codec
from recorder import watch
from recorder.manifest import read_manifest
from recorder.worker import RecorderWorker
from recorder.writer import Writer, Written
from tests.fake_media import FakeMedia
from tests.recorder_process import DIRECTORY, SESSION, boot_of, clock, session, track, until
from tests.recorder_streams import opus, video


class Disk:
    """A disk that can be made to refuse."""

    def __init__(self) -> None:
        self.error = 0
        self.free = 50_000_000_000

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        if self.error:
            os.pwrite(fd, data[: len(data) // 2], offset)
            raise OSError(self.error, os.strerror(self.error))
        return os.pwrite(fd, data, offset)


class Stage:
    def __init__(self, base: Path, disk: Disk) -> None:
        boot = boot_of(base)
        self.directory = base / "data" / "sessions" / DIRECTORY
        self.media = FakeMedia(boot.link_socket)
        self.events: list[Event] = []
        make: Callable[[Callable[[list[Written]], None]], Writer] = partial(
            Writer, pwrite=disk.pwrite
        )
        self.worker = RecorderWorker(boot, make_writer=make, flush_ticks=2)
        self.programme = video(1, Codec.H264, count=150, layer=1)
        self.microphone = opus(12, count=300)

    async def start(self) -> None:
        await self.media.start()
        for stream in (self.programme, self.microphone):
            self.media.stream((stream.publication, stream.layer), stream.codec, stream.life)
        await self.worker.start(self.events.append)
        await self.worker.apply(
            Apply(
                put=(
                    clock(),
                    session(),
                    track(self.programme, "programme"),
                    track(self.microphone),
                )
            )
        )
        await until(lambda: len(self.media.subscriptions) == 2)

    def play(self, first: float, last: float) -> None:
        for stream in (self.programme, self.microphone):
            count = len(stream.frames)
            self.media.send(stream.frames[round(first * count) : round(last * count)])

    def active(self) -> set[str]:
        state: dict[str, bool] = {}
        for event in self.events:
            if isinstance(event, Condition):
                state[event.id] = event.active
        return {identity for identity, active in state.items() if active}

    async def finish(self) -> str:
        await self.worker.command(FinishSession(session=SESSION))

        def last() -> RecordingState:
            return [one for one in self.events if isinstance(one, RecordingState)][-1]

        await until(lambda: last().state in ("verified", "failed"))
        return f"{last().state}: {last().text}"


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(watch, "free_bytes", lambda _path: made.free)
    return made


@pytest.fixture
async def stage(tmp_path: Path, disk: Disk) -> AsyncIterator[Stage]:
    made = Stage(tmp_path, disk)
    await made.start()
    yield made
    await made.worker.stop()
    await made.media.stop()


async def test_a_full_disk_is_told_and_recording_goes_on_when_there_is_room(
    stage: Stage, disk: Disk
) -> None:
    written = stage.worker.writer
    stage.play(0.0, 0.2)
    await until(lambda: written.written_bytes > 0)
    disk.error = errno.ENOSPC
    stage.play(0.2, 0.5)
    await until(lambda: {"recorder.write_failed", "disk.full"} <= stage.active())
    disk.error = 0
    stage.play(0.5, 0.7)
    await until(lambda: not stage.active())
    stage.play(0.7, 1.0)
    before = written.written_bytes
    await until(lambda: written.written_bytes > before)
    assert await stage.finish() == "verified: 2 files verified"
    files = {file.role: file for file in read_manifest(stage.directory).files}
    for role in ("programme", "iso"):
        assert {gap.reason for gap in files[role].gaps} == {"storage"}
        assert files[role].frames > 0


async def test_an_io_error_is_told_and_no_process_ends(stage: Stage, disk: Disk) -> None:
    disk.error = errno.EIO
    stage.play(0.0, 0.4)
    await until(lambda: "recorder.write_failed" in stage.active())
    assert "disk.full" not in stage.active()
    disk.error = 0
    stage.play(0.4, 1.0)
    await until(lambda: not stage.active())
    assert await stage.finish() == "verified: 2 files verified"


async def test_iso_stops_before_the_programme(stage: Stage, disk: Disk) -> None:
    disk.free = 300_000_000
    await until(lambda: {"disk.low", "disk.full"} <= stage.active())
    stage.play(0.0, 0.5)
    place = (stage.programme.publication, stage.programme.layer)
    await until(lambda: place in stage.media.acknowledged)
    disk.free = 1_500_000_000
    await until(lambda: stage.active() == {"disk.low"})
    stage.play(0.5, 1.0)
    await until(lambda: stage.media.acknowledged[place] == stage.programme.frames[-1].sequence)
    disk.free = 50_000_000_000
    await until(lambda: not stage.active())
    assert await stage.finish() == "verified: 2 files verified"
    files = {file.role: file for file in read_manifest(stage.directory).files}
    assert files["programme"].frames == 150
    assert files["iso"].frames == 150


async def test_a_disk_that_hangs_holds_up_nothing_but_the_writer(
    tmp_path: Path, disk: Disk
) -> None:
    gate = threading.Event()

    def slow(fd: int, data: bytes, offset: int) -> int:
        gate.wait(10)
        return os.pwrite(fd, data, offset)

    stage = Stage(tmp_path, disk)
    stage.worker._make_writer = partial(Writer, pwrite=slow, max_queue_bytes=64_000)
    await stage.start()
    stage.play(0.0, 0.4)
    await until(lambda: stage.worker.writer.queued_bytes > 0)
    stage.play(0.4, 0.8)
    await until(lambda: "recorder.overrun" in stage.active())
    gate.set()
    stage.play(0.8, 1.0)
    await until(lambda: not stage.active())
    assert await stage.finish() == "verified: 2 files verified"
    await stage.worker.stop()
    await stage.media.stop()
    gaps = [gap.reason for file in read_manifest(stage.directory).files for gap in file.gaps]
    assert gaps
    assert set(gaps) == {"storage"}
