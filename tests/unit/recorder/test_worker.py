"""The worker in this process, with a fake media link and Apply by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from mixer.wire.control import (
    Apply,
    Condition,
    ControlError,
    Done,
    Event,
    FinishSession,
    Metrics,
    ReadMetrics,
    RecordingState,
    RequestKeyframe,
)
from mixer.wire.ids import Codec, Layer, PublicationId
from mixer.wire.picture import SourceDelay
from mixer.wire.resources import Mark
from recorder.manifest import read_manifest
from recorder.verify import verify_session
from recorder.worker import RecorderWorker
from tests.fake_media import FakeMedia
from tests.recorder_process import DIRECTORY, SESSION, boot_of, clock, session, track, until
from tests.recorder_streams import Stream, opus, video

if TYPE_CHECKING:
    from mixer.wire.resources import RecordedTrack


class Stage:
    """A worker, media and what the worker reported."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.boot = boot_of(base)
        self.directory = base / "data" / "sessions" / DIRECTORY
        self.media = FakeMedia(self.boot.link_socket)
        self.worker = RecorderWorker(self.boot, flush_ticks=1)
        self.events: list[Event] = []
        self.camera, self.microphone = video(11), opus(12)

    async def start(self) -> None:
        await self.media.start()
        for stream in (self.camera, self.microphone):
            self.begin(stream)
        await self.worker.start(self.events.append)
        await until(lambda: self.media.links)
        await self.worker.apply(Apply(put=(clock(), session())))

    def begin(self, stream: Stream) -> None:
        self.media.stream((stream.publication, stream.layer), stream.codec, stream.life)

    async def record(self, *tracks: RecordedTrack) -> None:
        before = len(self.media.subscriptions)
        await self.worker.apply(Apply(put=tracks))
        await until(lambda: len(self.media.subscriptions) == before + len(tracks))

    async def stored(self, stream: Stream) -> None:
        place = (stream.publication, stream.layer)
        await until(lambda: self.media.acknowledged.get(place) == stream.frames[-1].sequence)

    async def finish(self) -> RecordingState:
        assert await self.worker.command(FinishSession(session=SESSION)) == Done()
        await until(lambda: self.states()[-1].state in ("verified", "failed"))
        return self.states()[-1]

    def states(self) -> list[RecordingState]:
        return [event for event in self.events if isinstance(event, RecordingState)]

    def held(self) -> set[str]:
        return {resource.key for resource in self.worker.observed()}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path)
    await made.start()
    yield made
    await made.worker.stop()
    await made.media.stop()


async def test_it_observes_exactly_what_was_put(stage: Stage) -> None:
    mark = Mark(session=SESSION, id=1, kind="cue", at_ns=0, title="开场")
    await stage.worker.apply(Apply(put=(track(stage.camera), mark)))
    assert stage.held() == {
        "clock",
        f"recording_session/{SESSION}",
        f"recorded_track/{SESSION}/11/0",
        f"mark/{SESSION}/1",
    }
    renamed = msgspec.structs.replace(track(stage.camera), title="改名")
    await stage.worker.apply(Apply(put=(renamed,), remove=(mark.key,)))
    assert renamed in stage.worker.observed()
    assert mark.key not in stage.held()


async def test_a_track_put_again_after_removal_gets_a_file_of_its_own(stage: Stage) -> None:
    await stage.record(track(stage.microphone))
    stage.media.send(stage.microphone.frames)
    await stage.stored(stage.microphone)
    await stage.worker.apply(Apply(remove=(track(stage.microphone).key,)))
    assert track(stage.microphone).key not in stage.held()
    later = opus(22, start_ns=4_000_000_000)
    stage.begin(later)
    await stage.record(track(later))
    stage.media.send(later.frames)
    await stage.stored(later)
    assert (await stage.finish()).state == "verified"
    assert [file.path for file in read_manifest(stage.directory).files] == [
        "iso/beijing-microphone.mkv",
        "iso/beijing-microphone-2.mkv",
    ]


async def test_media_that_restarts_goes_on_in_the_same_file(stage: Stage) -> None:
    await stage.record(track(stage.camera))
    stage.media.send(stage.camera.frames)
    await stage.stored(stage.camera)
    again = video(11, start_ns=3_000_000_000)
    again.life = 8
    stage.begin(again)
    asked = len(stage.media.keyframes)
    await until(lambda: len(stage.media.keyframes) > asked)
    stage.media.send(again.frames)
    await stage.stored(again)
    assert (await stage.finish()).state == "verified"
    (file,) = read_manifest(stage.directory).files
    assert file.frames == 100
    assert [(gap.reason, gap.from_ms, gap.to_ms) for gap in file.gaps] == [("stream", 2000, 3000)]


async def test_a_codec_change_begins_another_file(stage: Stage) -> None:
    await stage.record(track(stage.camera))
    stage.media.send(stage.camera.frames)
    await stage.stored(stage.camera)
    again = video(11, Codec.H264, start_ns=3_000_000_000)
    again.life = 8
    stage.begin(again)
    stage.media.send(again.frames)
    await stage.stored(again)
    assert (await stage.finish()).state == "verified"
    assert [file.codec for file in read_manifest(stage.directory).files] == ["vp8", "h264"]


async def test_a_session_that_is_finished_is_held_until_it_is_removed(stage: Stage) -> None:
    mark = Mark(session=SESSION, id=1, kind="layout", at_ns=0, title="两个会场")
    await stage.record(track(stage.microphone))
    await stage.worker.apply(Apply(put=(mark,)))
    stage.media.send(stage.microphone.frames)
    await stage.stored(stage.microphone)
    state = await stage.finish()
    assert (state.state, state.files, state.duration_ms) == ("verified", 1, 2000)
    held = stage.held()
    assert held >= {f"recording_session/{SESSION}", mark.key, track(stage.microphone).key}
    await stage.worker.apply(Apply(put=(track(stage.camera),)))
    assert track(stage.camera).key in stage.held()
    await stage.worker.apply(Apply(remove=tuple(held - {"clock"})))
    assert stage.held() == {"clock"}
    assert [one.title for one in read_manifest(stage.directory).chapters] == ["两个会场"]
    assert verify_session(stage.directory).ok


async def test_another_life_still_knows_a_finished_session(stage: Stage) -> None:
    await stage.record(track(stage.microphone))
    stage.media.send(stage.microphone.frames)
    await stage.stored(stage.microphone)
    await stage.finish()
    await stage.worker.stop()
    other = RecorderWorker(stage.boot)
    events: list[Event] = []
    await other.start(events.append)
    assert f"recording_session/{SESSION}" in {one.key for one in other.observed()}
    other.retell()
    assert [one.state for one in events if isinstance(one, RecordingState)] == ["verified"]
    await other.stop()
    stage.worker = RecorderWorker(stage.boot)
    await stage.worker.start(stage.events.append)


async def test_what_it_cannot_do_it_refuses_by_name(stage: Stage) -> None:
    async def refused(command: Apply | FinishSession | RequestKeyframe) -> str:
        worker = stage.worker
        work: Awaitable[object] = (
            worker.apply(command) if isinstance(command, Apply) else worker.command(command)
        )
        with pytest.raises(ControlError) as caught:
            await work
        return caught.value.error

    unknown = Mark(session=99, id=1, kind="cue", at_ns=0, title="")
    assert await refused(Apply(put=(unknown,))) == "recorder.unknown_session"
    assert await refused(FinishSession(session=99)) == "recorder.unknown_session"
    delay = SourceDelay(seat="a", delay_ns=0)
    assert await refused(Apply(put=(delay,))) == "recorder.resource"
    outside = session(identity=6, directory="../../etc")
    assert await refused(Apply(put=(outside,))) == "recorder.directory"
    await asyncio.wrap_future(stage.worker.writer.call(lambda: None))
    taken = session(identity=7)
    assert await refused(Apply(put=(taken,))) == "recorder.directory_taken"
    keyframe = RequestKeyframe(publication=PublicationId(1), layer=0)
    assert await refused(keyframe) == "recorder.command"
    await stage.worker.apply(Apply(remove=("recording_session/99", "mark/99/1", "nonsense")))


async def test_too_little_space_refuses_a_new_session(tmp_path: Path) -> None:
    worker = RecorderWorker(boot_of(tmp_path), floor_bytes=1 << 60)
    await worker.start(lambda _event: None)
    with pytest.raises(ControlError) as caught:
        await worker.apply(Apply(put=(session(),)))
    assert caught.value.error == "recorder.disk_floor"
    await worker.stop()


async def test_metrics_are_named_and_count(stage: Stage) -> None:
    await stage.record(track(stage.microphone))
    stage.media.send(stage.microphone.frames)
    await stage.stored(stage.microphone)
    outcome = await stage.worker.command(ReadMetrics())
    assert isinstance(outcome, Metrics)
    values = {sample.name: sample.value for sample in outcome.samples}
    assert all(name.startswith("lianxian_recorder_") for name in values)
    assert values["lianxian_recorder_packets_total"] == 100
    assert values["lianxian_recorder_tracks"] == 1
    assert values["lianxian_recorder_written_bytes_total"] > 1000


async def test_two_sessions_record_the_same_publication(stage: Stage) -> None:
    second = session(identity=6, directory="second")
    mine = track(stage.microphone)
    other = msgspec.structs.replace(mine, session=6)
    await stage.record(mine)
    await stage.worker.apply(Apply(put=(second, other)))
    stage.media.send(stage.microphone.frames)
    await stage.stored(stage.microphone)
    await stage.worker.apply(Apply(remove=tuple(stage.held() - {"clock"})))
    await until(lambda: not stage.worker.sessions)
    for name in (DIRECTORY, "second"):
        (file,) = read_manifest(stage.base / "data/sessions" / name).files
        assert file.frames == 100


async def test_files_left_without_a_state_are_finished_at_the_start(stage: Stage) -> None:
    await stage.record(track(stage.microphone))
    stage.media.send(stage.microphone.frames)
    await stage.stored(stage.microphone)
    await stage.worker.stop()
    (stage.directory / "session.json").write_bytes(b"torn")
    stage.worker = RecorderWorker(stage.boot)
    await stage.worker.start(stage.events.append)
    await until((stage.directory / "manifest.json").exists)
    await until(lambda: not stage.worker.sessions)
    assert verify_session(stage.directory).ok


async def test_a_layer_of_its_own_is_recorded_as_that_layer(stage: Stage) -> None:
    main = video(30, Codec.H264, layer=1)
    stage.begin(main)
    await stage.record(track(main, "programme"))
    assert (stage.media.subscriptions[-1].layer, stage.media.subscriptions[-1].acknowledged) == (
        Layer(1),
        True,
    )
    stage.media.send(main.frames)
    await stage.stored(main)


async def test_a_bug_on_one_track_spares_the_others(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.record(track(stage.camera), track(stage.microphone))
    camera = stage.worker.sessions[SESSION].tracks[track(stage.camera).key]

    def broken(_frame: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(camera.core, "frame", broken)
    stage.media.send(stage.camera.frames)
    stage.media.send(stage.microphone.frames)
    await stage.stored(stage.microphone)
    failed = [one for one in stage.events if isinstance(one, Condition)]
    assert [(one.id, one.subject) for one in failed] == [
        ("recorder.track_failed", track(stage.camera).key)
    ]
    assert (await stage.finish()).state == "verified"


async def test_the_duration_stands_still_while_a_session_is_finalised(stage: Stage) -> None:
    await stage.record(track(stage.microphone))
    stage.media.send(stage.microphone.frames)
    await stage.stored(stage.microphone)
    await stage.finish()
    told = {state.duration_ms for state in stage.states() if state.state == "finalising"}
    assert len(told) == 1
