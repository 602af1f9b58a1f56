"""Directs as a person at the control page would: by messages of the product's own protocol."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from server.simulate.signal import SignalClient
from signaling.wire.directing import PreviewCue
from signaling.wire.messages import (
    GetState,
    RecordingStarted,
    SetCaption,
    SetPreview,
    StartRecording,
    StopRecording,
    Take,
    Taken,
)
from signaling.wire.state import (
    CueView,
    EventView,
    ProgrammeView,
    RecordingView,
    RundownView,
    SceneView,
    SeatView,
)

from .plan import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

STEP_S = 5.0
"""A step is at least this long."""
LOOP_STEP_S = 15.0
"""When there is no end."""
CAPTION_AT = 0.55
"""Where in a step its first prepared caption goes on air."""
CHECK_S = 3.0
"""How long two sites talk to each other in the sound check."""
CLOCK_PROBES = 5
STATE_S = 15.0
READY_S = 1.0
"""So long a step in preview may need for its pictures."""
FINISH_S = 120.0


def choose(cues: Sequence[CueView], seconds: float) -> list[CueView]:
    """As many cues as fit: the first and the last, and those of the middle from the front."""
    room = max(1, int(seconds / STEP_S))
    if len(cues) <= room:
        return list(cues)
    return [*cues[: room - 1], cues[-1]]


class Director:
    """One connection with the director's link."""

    def __init__(self, link: str) -> None:
        self._client = SignalClient(link)
        self.origin_monotonic_s = 0.0
        """CLOCK_MONOTONIC at session time 0, to a few milliseconds."""

    async def connect(self) -> None:
        """Raises `SignalError`, TimeoutError."""
        await self._client.connect()
        await self._client.wait_for(lambda state: "rundown" in state, STATE_S)
        origins = []
        for _ in range(CLOCK_PROBES):
            self._client.state.pop("event", None)
            await self._client.request(GetState())
            await self._client.wait_for(lambda state: "event" in state, STATE_S)
            received_s = time.monotonic()
            event = self._client.state["event"]
            if isinstance(event, EventView):
                origins.append(received_s - event.session_time_ms / 1000)
        self.origin_monotonic_s = min(origins)

    async def close(self) -> None:
        """Leave."""
        await self._client.close()

    def now_s(self) -> float:
        """Session time."""
        return time.monotonic() - self.origin_monotonic_s

    @property
    def cues(self) -> list[CueView]:
        """The rundown."""
        rundown = self._client.state.get("rundown")
        return list(rundown.cues) if isinstance(rundown, RundownView) else []

    @property
    def stage(self) -> dict[str, int]:
        """Halls and remote sites in the event's order, numbered as their marks are."""
        seats = [
            view
            for view in self._client.state.values()
            if isinstance(view, SeatView) and view.kind != "desk"
        ]
        ordered = sorted(seats, key=lambda view: view.order)
        return {view.seat: number for number, view in enumerate(ordered)}

    @property
    def recording(self) -> RecordingView:
        """What the recorder says of itself."""
        view = self._client.state.get("recording")
        return view if isinstance(view, RecordingView) else RecordingView(state="idle")

    async def start_recording(self, title: str) -> str:
        """The archive's name of the session."""
        answer = await self._client.request(StartRecording(title=title))
        if not isinstance(answer, RecordingStarted):
            raise TypeError(answer)
        await self._client.wait_for(lambda _: self.recording.state == "recording", STATE_S)
        return answer.session

    async def stop_recording(self) -> None:
        """Finalising goes on by itself."""
        await self._client.request(StopRecording())

    async def finished(self) -> RecordingView:
        """What became of the recording: verified, failed, or what it is after `FINISH_S`."""
        with contextlib.suppress(TimeoutError):
            await self._client.wait_for(
                lambda _: self.recording.state in {"verified", "failed"}, FINISH_S
            )
        return self.recording

    async def go(self, cue: CueView) -> Step:
        """Put a step in preview, then on air; ``until_s`` is not known yet."""
        await self._client.request(PreviewCue(cue=cue.id))
        with contextlib.suppress(TimeoutError):  # then what is on air waits for its pictures
            await self._client.wait_for(lambda _: self._ready(cue), READY_S)
        taken = await self._client.request(Take())
        if not isinstance(taken, Taken):
            raise TypeError(taken)
        return Step(cue.id, cue.title, cue.scene, taken.at_ms / 1000, float("inf"))

    def _ready(self, cue: CueView) -> bool:
        """Whether this step is in preview and picture has what it needs."""
        programme = self._client.state.get("programme")
        return (
            isinstance(programme, ProgrammeView)
            and programme.preview == cue.scene
            and programme.preview_ready
        )

    async def show(self, name: str, scene: SceneView) -> Step:
        """Put a scene on air that is no step of the rundown."""
        await self._client.request(SetPreview(scene=scene))
        taken = await self._client.request(Take())
        if not isinstance(taken, Taken):
            raise TypeError(taken)
        return Step(name, name, scene, taken.at_ms / 1000, float("inf"))

    async def caption(self, cue: CueView) -> None:
        """Put the first caption prepared for this step on air, or none."""
        caption = cue.captions[0] if cue.captions else None
        await self._client.request(SetCaption(caption=caption))


def pairs_to_check(stage: Mapping[str, int], cues: Sequence[CueView]) -> list[tuple[str, str]]:
    """Sites that no cue brings into a conversation of two, in pairs with tones far apart.

    Among many talkers coding leaves too much noise to prove that nobody hears himself.
    """
    talk = {seat for cue in cues if len(cue.scene.slots) == 2 for seat in cue.scene.slots}
    waiting = [seat for seat in stage if seat not in talk]
    half = (len(waiting) + 1) // 2
    pairs = list(zip(waiting[:half], waiting[half:], strict=False))
    if len(waiting) % 2:
        others = [seat for seat in stage if seat != waiting[half - 1]]
        pairs += [(waiting[half - 1], seat) for seat in others[:1]]
    return pairs


async def check_sound(
    director: Director, pairs: Sequence[tuple[str, str]], stop: asyncio.Event
) -> list[Step]:
    """Each pair alone on air for a moment."""
    steps: list[Step] = []
    for pair in pairs:
        if stop.is_set():
            break
        name = f"check {' + '.join(pair)}"
        step = await director.show(name, SceneView(layout="grid", slots=list(pair)))
        steps = [*_ended(steps, step.at_s), step]
        await _wait(stop, director.origin_monotonic_s + step.at_s + CHECK_S - time.monotonic())
    return _ended(steps, director.now_s())


async def walk(
    director: Director,
    seconds: float,
    stop: asyncio.Event,
    began: Callable[[Step], None],
) -> list[Step]:
    """Walk the rundown for so long (0: round and round until ``stop``); what was on air.

    ``began`` is told each step as it goes on air.
    """
    cues = choose(director.cues, seconds) if seconds else director.cues
    step_s = max(STEP_S, seconds / len(cues)) if seconds else LOOP_STEP_S
    steps: list[Step] = []
    while not stop.is_set():
        for cue in cues:
            step = await director.go(cue)
            steps = [*_ended(steps, step.at_s), step]
            began(step)
            await _wait(stop, step_s * CAPTION_AT)
            if not stop.is_set():
                await director.caption(cue)
            await _wait(stop, director.origin_monotonic_s + step.at_s + step_s - time.monotonic())
            if stop.is_set():
                break
        if seconds:
            break
    return _ended(steps, director.now_s())


def _ended(steps: list[Step], at_s: float) -> list[Step]:
    return [*steps[:-1], steps[-1]._replace(until_s=at_s)] if steps else []


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await stop.wait()
    except TimeoutError:
        return
