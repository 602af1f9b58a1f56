"""Starting and stopping a recording, and seeing that it is finished."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from mixer.wire.control import ControlError, FinishSession
from mixer.wire.ids import WorkerKind
from signaling.programme.state import seats_on_air
from signaling.recording import Mark, Recording, RecordingPhase
from signaling.wire.errors import SignalingError
from signaling.wire.messages import Done, RecordingStarted, StartRecording, StopRecording

if TYPE_CHECKING:
    from pathlib import Path

    from .caller import Caller
    from .conference import Conference

FLOOR_BYTES = 500_000_000
"""Less free space than this: no recording is started (half an hour of nineteen sites)."""
MAX_TITLE = 120

_log = structlog.get_logger(__name__)


def free_bytes(folder: Path) -> int:
    """Free space where recordings go."""
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free


def _directory(conference: Conference, number: int) -> str:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return f"{stamp}-{conference.event.slug}-{number}"


async def start_recording(
    conference: Conference, caller: Caller, body: StartRecording
) -> RecordingStarted:
    """Raises `SignalingError` ``recording.running`` or ``recording.no_space``."""
    free = await asyncio.to_thread(free_bytes, conference.sessions_dir)
    if free < FLOOR_BYTES:
        raise SignalingError("recording.no_space", needed=f"{FLOOR_BYTES // 1_000_000} MB")
    number = conference.mint.new()
    now_ms = conference.now_ms()
    recording = Recording(
        id=number,
        directory=_directory(conference, number),
        title=body.title[:MAX_TITLE] or conference.event.title,
        started_ms=now_ms,
    )
    conference.cores.recording.start(recording)
    conference.finish_asked = False
    conference.keep.recording(recording)
    _first_mark(conference, now_ms)
    conference.keep.audit(caller, now_ms, "start_recording", recording.directory)
    conference.apply((WorkerKind.RECORDER,))
    conference.show_recording()
    return RecordingStarted(session=recording.directory)


def _first_mark(conference: Conference, now_ms: int) -> None:
    """A recording begins with the step that is on air."""
    intent = conference.cores.recording
    rundown = conference.cores.rundown
    state = conference.cores.programme.state
    planned = rundown.as_planned(state.cue, state.on_air)
    cue = rundown.cues[state.cue] if planned else None
    mark = Mark(
        id=conference.mint.new(),
        kind="cue" if cue else "layout",
        at_ms=now_ms,
        title=cue.title if cue else conference.event.title,
        seats=seats_on_air(state, conference.event.cast),
        layout=state.on_air.layout,
    )
    if intent.mark(mark) and intent.current is not None:
        conference.keep.mark(intent.current.id, mark)


async def stop_recording(conference: Conference, caller: Caller, _body: StopRecording) -> Done:
    """Raises `SignalingError` ``recording.not_running``."""
    recording = _stop(conference)
    conference.keep.audit(caller, conference.now_ms(), "stop_recording", recording.directory)
    await finish(conference)
    return Done()


def stop_if_running(conference: Conference) -> None:
    """As the end of the event does; `finish` follows within a second."""
    if conference.cores.recording.running:
        _stop(conference)


def _stop(conference: Conference) -> Recording:
    conference.marking.end(conference)
    recording = conference.cores.recording.stop()
    conference.finish_asked = False
    conference.keep.recording(recording)
    conference.apply((WorkerKind.RECORDER,))
    conference.show_recording()
    return recording


async def finish(conference: Conference) -> None:
    """Ask the recorder to finish what is to be stopped, once per life of it. Called
    after a stop and every second, so that a recorder that was away is asked too.
    """
    recording = conference.cores.recording.current
    if recording is None or recording.phase is not RecordingPhase.STOPPING:
        return
    if conference.finish_asked or not conference.workers.connected(WorkerKind.RECORDER):
        return
    conference.finish_asked = True
    try:
        await conference.workers.request(WorkerKind.RECORDER, FinishSession(session=recording.id))
    except ControlError as error:
        conference.finish_asked = False
        _log.warning("recording.finish_later", error=error.error, text=error.text)
