"""Killing the recorder loses nothing: media keeps what is not acknowledged and sends it again."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import av
import pytest

from mixer.wire.control import FinishSession
from mixer.wire.ids import Codec
from recorder.coding import AvcShaper
from recorder.matroska_read import recover_file
from recorder.verify import verify_session
from tests.fake_media import FakeMedia
from tests.recorder_process import (
    DIRECTORY,
    SESSION,
    FakeServer,
    RecorderProcess,
    boot_of,
    clock,
    session,
    track,
    until,
)
from tests.recorder_streams import Stream, aac, beeps, opus, video

pytestmark = pytest.mark.system
SECONDS = 6
START_NS = 1_000_000_000


class Stage:
    """Media, server and recorder with four tracks."""

    def __init__(self, base: Path) -> None:
        boot = boot_of(base)
        self.directory = base / "data" / "sessions" / DIRECTORY
        self.media = FakeMedia(boot.link_socket)
        self.server = FakeServer(boot.control_socket)
        self.recorder = RecorderProcess(base)
        self.streams = [
            video(11, Codec.VP8, count=25 * SECONDS, start_ns=START_NS),
            opus(12, count=50 * SECONDS, start_ns=START_NS),
            video(1, Codec.H264, count=25 * SECONDS, start_ns=START_NS, layer=1),
            aac(3, beeps(SECONDS), start_ns=START_NS),
        ]

    async def start(self) -> None:
        await self.media.start()
        await self.server.start()
        for stream in self.streams:
            self.media.stream((stream.publication, stream.layer), stream.codec, stream.life)
        await self.recorder.start()
        await self.server.put(
            clock(START_NS),
            session(START_NS // 2),
            track(self.streams[0]),
            track(self.streams[1]),
            track(self.streams[2], "programme"),
            track(self.streams[3], "programme"),
        )
        await until(lambda: len(self.media.subscriptions) >= len(self.streams))

    async def play(self, first: float, last: float, pace_s: float) -> None:
        """Send the part of all streams between two fractions, in small steps."""
        steps = 20
        for step in range(steps):
            begin = first + (last - first) * step / steps
            end = first + (last - first) * (step + 1) / steps
            for stream in self.streams:
                count = len(stream.frames)
                self.media.send(stream.frames[round(begin * count) : round(end * count)])
            await asyncio.sleep(pace_s / steps)

    async def finish(self) -> None:
        await until(self._all_acknowledged)
        await self.server.request(FinishSession(session=SESSION))
        await until(lambda: {"verified", "failed"} & set(self.server.states()))
        assert self.server.states()[-1] == "verified", self.server.events[-1]

    def _all_acknowledged(self) -> bool:
        return all(
            self.media.acknowledged.get((one.publication, one.layer)) == one.frames[-1].sequence
            for one in self.streams
        )

    async def stop(self) -> None:
        await self.recorder.stop()
        await self.server.stop()
        await self.media.stop()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path)
    await made.start()
    yield made
    await made.stop()


def payloads(path: Path, kind: str) -> list[bytes]:
    with av.open(str(path)) as container:
        stream = container.streams.get({kind: 0})[0]
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


def sent(stream: Stream, path: Path) -> list[bytes]:
    """What a file of this stream must hold, in order."""
    if stream.codec.codec is not Codec.H264:
        return [unit.payload for unit in stream.units]
    with av.open(str(path)) as container:
        shaper = AvcShaper(bytes(container.streams.video[0].codec_context.extradata or b""))
    return [shaper.shape(unit.payload) for unit in stream.units]


def assert_whole(stage: Stage) -> None:
    vp8, opus_stream, h264, aac_stream = stage.streams
    camera = stage.directory / "iso/beijing-camera.mkv"
    programme = stage.directory / "programme.mp4"
    assert payloads(camera, "video") == sent(vp8, camera)
    microphone = stage.directory / "iso/beijing-microphone.mkv"
    assert payloads(microphone, "audio") == sent(opus_stream, microphone)
    assert payloads(programme, "video") == sent(h264, programme)
    assert payloads(programme, "audio") == sent(aac_stream, programme)
    assert sorted(path.name for path in (stage.directory / "iso").iterdir()) == [
        "beijing-camera.mkv",
        "beijing-microphone.mkv",
    ]
    assert verify_session(stage.directory).ok


async def test_every_packet_is_there_once_after_kill_9(stage: Stage) -> None:
    await stage.play(0.0, 0.45, 1.6)
    await stage.recorder.end(signal.SIGKILL)
    await stage.play(0.45, 0.6, 0.2)  # the call goes on meanwhile
    await stage.recorder.start()
    await until(lambda: stage.media.links == 2)
    assert {one.key for one in stage.server.hellos[-1].observed} >= {f"recording_session/{SESSION}"}
    assert len(stage.server.hellos[-1].observed) == 6
    await stage.play(0.6, 1.0, 0.6)
    await stage.finish()
    assert_whole(stage)


async def test_killed_again_and_again_at_random_moments(stage: Stage) -> None:
    moments = random.Random(20260501)
    position = 0.0
    for kill in range(4):
        after = min(0.9, position + moments.uniform(0.1, 0.25))
        await stage.play(position, after, moments.uniform(0.3, 1.4))
        position = after
        await stage.recorder.end(signal.SIGKILL)
        await stage.recorder.start()
        if kill % 2:
            await until(lambda: stage.media.links >= 2)
    await stage.play(position, 1.0, 0.3)
    await stage.finish()
    assert_whole(stage)


async def test_an_ordered_stop_leaves_whole_files_and_a_session_to_go_on_with(
    stage: Stage,
) -> None:
    await stage.play(0.0, 0.5, 0.4)
    assert await stage.recorder.end(signal.SIGTERM) == 0
    scan = recover_file(stage.directory / "iso/beijing-microphone.mkv")
    assert scan is not None
    assert scan.units == 150
    assert scan.file_bytes == scan.end
    await stage.recorder.start()
    await stage.play(0.5, 1.0, 0.4)
    await stage.finish()
    assert_whole(stage)


async def test_killed_while_finalising_it_finishes_in_the_next_life(stage: Stage) -> None:
    await stage.play(0.0, 1.0, 0.2)
    await until(stage._all_acknowledged)
    await stage.server.request(FinishSession(session=SESSION))
    await stage.recorder.end(signal.SIGKILL)
    await stage.recorder.start()
    await until(lambda: "verified" in stage.server.states())
    assert_whole(stage)


async def test_a_session_the_server_gave_up_meanwhile_is_finished(stage: Stage) -> None:
    await stage.play(0.0, 1.0, 0.2)
    await until(stage._all_acknowledged)
    await stage.recorder.end(signal.SIGKILL)
    stage.server.connected.clear()
    await stage.recorder.start()
    await stage.server.connected.wait()
    observed = stage.server.hellos[-1].observed
    await stage.server.remove(*[one.key for one in reversed(observed) if one.key != "clock"])
    await until(lambda: "verified" in stage.server.states())
    assert_whole(stage)
