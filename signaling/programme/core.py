"""Preview, take, captions: commands in, the new programme out. No clock of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from signaling.wire.directing import Bus
from signaling.wire.errors import SignalingError
from signaling.wire.state import SceneView, SlateView

from . import clips
from .commands import (
    Auto,
    BackToLastGood,
    Change,
    CueClip,
    Freeze,
    LoopClip,
    Panic,
    PlayClip,
    ProgrammeCommand,
    SetCallIn,
    SetCaption,
    SetGraphics,
    SetLayout,
    SetPreview,
    SetQuestion,
    SetSource,
    SetStrap,
    SetTransition,
    Spoke,
    StopClip,
    Take,
    TakeScene,
)
from .layouts import LAYOUTS, check_scene, check_words
from .reshape import pinned, same_picture, with_layout, with_source
from .sources import CALL_IN, CLIP, Cast, resolved
from .state import ProgrammeState, audible_sources, sources_of
from .transitions import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

TAKE_LEAD_MS = 40
"""A take stands this far ahead, so that sound and picture both learn of it in time: one frame."""

WAIT_MS = 1000
"""So long what is on air stays for a scene whose sources have no picture yet."""

SETTLE_MS = 1500
"""So long after that picture is not waited for any more: it is away."""

MAX_PENDING = 16
"""Scenes that picture did not tell of yet. Of more the oldest is forgotten: what it would have told
of sound is told by the next one."""

_FILE_NAME = re.compile(r"([\w-][\w.-]{0,79})?")


class Programme:
    """Holds the state and checks each command against the event's seats.

    A take while the one before is still ahead comes after it: session times of takes
    never go back, so sound and picture apply them in one order.
    """

    def __init__(
        self,
        cast: Cast,
        state: ProgrammeState,
        layouts: Mapping[str, tuple[int, int]] = LAYOUTS,
        films: Collection[str] = (),
    ) -> None:
        """``layouts``: name to fewest and most slots; ``films``: files that can be a clip. Both may
        change while they are used.
        """
        self.cast = cast
        self.layouts = layouts
        self.films = films
        self.state = state
        self._pending: dict[int, SceneView] = {}
        self._acts: dict[type, Callable[[Any, int], None]] = {
            SetPreview: self._set_preview,
            Take: self._take,
            Auto: self._auto,
            SetTransition: self._set_transition,
            TakeScene: self._take_scene,
            SetLayout: self._set_layout,
            SetSource: self._set_source,
            SetCallIn: self._set_call_in,
            Spoke: self._spoke,
            Panic: self._panic,
            BackToLastGood: self._back,
            **dict.fromkeys((SetCaption, SetQuestion, SetStrap, SetGraphics, Freeze), self._change),
            **dict.fromkeys((CueClip, PlayClip, StopClip, LoopClip), self._clip),
        }

    @staticmethod
    def beginning(scene: SceneView) -> ProgrammeState:
        """The state before the first command."""
        return ProgrammeState(revision=1, on_air=scene, preview=scene, at_ms=0)

    def carry_out(self, command: ProgrammeCommand, now_ms: int) -> ProgrammeState:
        """Apply one command at session time ``now_ms``; the new state.

        Raises `SignalingError` and changes nothing when the command is not possible.
        """
        before, pending = self.state, dict(self._pending)
        try:
            self._acts[type(command)](command, now_ms)
        except SignalingError:
            self.state, self._pending = before, pending
            raise
        return self.state

    def shown(self, revision: int, at_ms: int) -> bool:
        """Picture told that the scene of a revision is on air since ``at_ms``; whether what is
        heard changed. One that was replaced while it waited may still have come.
        """
        state = self.state
        scene = self._pending.get(revision)
        for old in [one for one in self._pending if one <= revision]:
            del self._pending[old]
        if state.before is None or (scene is None and revision != state.revision):
            return False
        before = None if revision == state.revision else scene
        self._set(before=before, heard_at_ms=max(at_ms, state.heard_at_ms))
        return True

    def settle(self, now_ms: int) -> bool:
        """End a wait that picture did not end in time; whether it did. Called once a second."""
        state = self.state
        if state.before is None or now_ms < state.at_ms + state.wait_ms + SETTLE_MS:
            return False
        self._pending.clear()
        self._set(before=None, heard_at_ms=now_ms)
        return True

    # --- preview ---------------------------------------------------------------

    def _set_preview(self, command: SetPreview, now_ms: int) -> None:
        self._put_preview(command.scene, now_ms, command.cue)

    def _put_preview(self, scene: SceneView, now_ms: int, cue: str) -> None:
        self._check(scene, now_ms)
        self._set(preview=scene, preview_revision=self.state.preview_revision + 1, preview_cue=cue)

    def _set_transition(self, command: SetTransition, _now_ms: int) -> None:
        auto = command.auto
        length_ms = checked("dissolve", auto.duration_ms)
        checked(auto.transition, length_ms)
        self._set(auto=msgspec.structs.replace(auto, duration_ms=length_ms))

    # --- on air ------------------------------------------------------------------

    def _take(self, command: Take, now_ms: int) -> None:
        state = self.state
        scene = state.preview
        self._check(scene, now_ms)
        duration_ms = checked(command.transition, command.duration_ms)
        wait_ms = 0 if command.ready else WAIT_MS
        self._cut_to(scene, now_ms, command.transition, duration_ms, wait_ms)
        if state.preview_cue:
            self._set(cue=state.preview_cue)
        if state.auto.swap and scene != state.on_air:
            self._set(
                preview=state.on_air, preview_revision=state.preview_revision + 1, preview_cue=""
            )

    def _auto(self, command: Auto, now_ms: int) -> None:
        auto = self.state.auto
        duration_ms = 0 if auto.transition == "cut" else auto.duration_ms
        self._take(Take(auto.transition, duration_ms, command.ready), now_ms)

    def _take_scene(self, command: TakeScene, now_ms: int) -> None:
        self._check(command.scene, now_ms)
        duration_ms = checked(command.transition, command.duration_ms)
        self._cut_to(command.scene, now_ms, command.transition, duration_ms, WAIT_MS)
        if command.cue:
            self._set(cue=command.cue)

    def _panic(self, _command: Panic, now_ms: int) -> None:
        scene = self.state.on_air
        standby = SlateView(kind="standby")
        self._cut_to(SceneView(layout=scene.layout, slots=list(scene.slots), slate=standby), now_ms)

    def _back(self, _command: BackToLastGood, now_ms: int) -> None:
        """A frozen scene that was good goes on; else the one before comes back."""
        state = self.state
        if state.frozen and self._good(state.on_air):
            self._set(frozen=False)
            self._air(state.on_air, now_ms)
            return
        if state.last_good is None:
            raise SignalingError("programme.no_last_good")
        self._cut_to(state.last_good, now_ms, wait_ms=WAIT_MS)

    def _change(self, command: Change, now_ms: int) -> None:
        """What changes without another scene; a wait goes on."""
        scene = self.state.on_air
        match command:
            case SetCaption(caption):
                scene = msgspec.structs.replace(scene, caption=caption)
            case SetQuestion(question):
                scene = msgspec.structs.replace(scene, question=question)
            case SetStrap(strap):
                scene = msgspec.structs.replace(scene, strap=strap)
            case SetGraphics(graphics):
                for name in (graphics.logo, graphics.theme):
                    if not _FILE_NAME.fullmatch(name):
                        raise SignalingError("programme.wrong_name", name=name[:80])
                self._set(graphics=graphics)
            case Freeze(frozen):
                self._set(frozen=frozen)
        check_words(scene)
        self._air(scene, now_ms, wait_ms=self.state.wait_ms if self.state.before else 0)

    # --- either bus ----------------------------------------------------------------

    def _set_layout(self, command: SetLayout, now_ms: int) -> None:
        scene = self._on(command.bus)
        counts = self.layouts.get(command.layout)
        sources = resolved(scene, self.cast, self.state.speakers, self.state.call_in)
        self._put(
            command.bus, with_layout(scene, command.layout, counts, sources, self.cast), now_ms
        )

    def _set_source(self, command: SetSource, now_ms: int) -> None:
        scene = self._on(command.bus)
        self._put(command.bus, with_source(scene, command.slot, command.source), now_ms)

    def _on(self, bus: Bus) -> SceneView:
        scene = self.state.preview if bus is Bus.PREVIEW else self.state.on_air
        if scene.slate is not None:
            raise SignalingError("programme.slate_in_place")
        return scene

    def _put(self, bus: Bus, scene: SceneView, now_ms: int) -> None:
        if bus is Bus.PREVIEW:
            self._put_preview(scene, now_ms, self.state.preview_cue)
            return
        self._check(scene, now_ms)
        self._cut_to(scene, now_ms, wait_ms=WAIT_MS)

    # --- who is meant ----------------------------------------------------------------

    def _set_call_in(self, command: SetCallIn, now_ms: int) -> None:
        """On air and preview follow; the last good scene keeps whom it showed, if it must."""
        if command.seat not in self.cast.stage:
            raise SignalingError("programme.unknown_seat", seat=command.seat[:80])
        state = self.state
        before = sources_of(state.on_air, state, self.cast)
        last_good = state.last_good
        if last_good is not None:
            sources = resolved(last_good, self.cast, state.speakers, command.seat)
            if len(set(sources)) < len(sources):
                last_good = pinned(last_good, {CALL_IN: state.call_in})
        self._set(call_in=command.seat, last_good=last_good)
        for scene in (state.on_air, state.preview):
            if CALL_IN in scene.slots:
                self._check(scene, now_ms)
        self._follow(before, now_ms)

    def _spoke(self, command: Spoke, now_ms: int) -> None:
        if command.seat not in self.cast.stage:
            return
        state = self.state
        before = sources_of(state.on_air, state, self.cast)
        others = [seat for seat in state.speakers if seat != command.seat]
        self._set(speakers=(command.seat, *others))
        self._follow(before, now_ms)

    def _follow(self, before: tuple[str, ...], now_ms: int) -> None:
        """What is meant changed: the scene on air shows it, if it shows anything of it."""
        scene = self.state.on_air
        if sources_of(scene, self.state, self.cast) != before:
            was = msgspec.structs.replace(scene, slots=list(before))
            self._air(scene, now_ms, wait_ms=WAIT_MS, was=was)

    # --- clip --------------------------------------------------------------------------

    def _clip(self, command: CueClip | PlayClip | StopClip | LoopClip, now_ms: int) -> None:
        state = self.state
        coming = sources_of(state.on_air, state, self.cast)
        on_air = CLIP in {*audible_sources(state, self.cast), *coming}
        at_ms = now_ms + TAKE_LEAD_MS
        clip = clips.carried_out(self.state.clip, command, at_ms, on_air=on_air, films=self.films)
        self._set(clip=clip)

    # --- parts -------------------------------------------------------------------------

    def _check(self, scene: SceneView, now_ms: int) -> None:
        check_scene(scene, self.cast, self.layouts, call_in=self.state.call_in, now_ms=now_ms)
        if CLIP in scene.slots and scene.slate is None and self.state.clip is None:
            raise SignalingError("clip.not_cued")

    def _good(self, scene: SceneView) -> bool:
        return scene.slate is None and CLIP not in scene.slots

    def _cut_to(
        self,
        scene: SceneView,
        now_ms: int,
        transition: str = "cut",
        duration_ms: int = 0,
        wait_ms: int = 0,
    ) -> None:
        state = self.state
        last_good = state.last_good
        if self._good(state.on_air) and not same_picture(state.on_air, scene):
            last_good = state.on_air
        self._set(frozen=False, last_good=last_good)
        self._air(scene, now_ms, transition, duration_ms, wait_ms)

    def _air(
        self,
        scene: SceneView,
        now_ms: int,
        transition: str = "cut",
        duration_ms: int = 0,
        wait_ms: int = 0,
        was: SceneView | None = None,
    ) -> None:
        """``was``: what is seen until then; None for the scene on air."""
        state = self.state
        at_ms = max(now_ms + TAKE_LEAD_MS, state.at_ms)
        held = self._as_seen(state.before or was or state.on_air)
        seen = sources_of(held, state, self.cast)
        if set(sources_of(scene, state, self.cast)) <= set(seen):
            wait_ms = 0
        before = held if wait_ms else None
        self._set(
            revision=state.revision + 1,
            on_air=scene,
            at_ms=at_ms,
            transition=transition,
            duration_ms=duration_ms,
            wait_ms=wait_ms,
            before=before,
            heard_at_ms=state.heard_at_ms if before else at_ms,
        )
        self._remember(scene)
        self._roll(seen, at_ms)

    def _roll(self, seen: tuple[str, ...], at_ms: int) -> None:
        """A clip that comes on air begins."""
        state = self.state
        sources = sources_of(state.on_air, state, self.cast)
        if CLIP in sources and CLIP not in seen and state.clip is not None:
            self._set(clip=clips.taken(state.clip, at_ms))

    def _as_seen(self, scene: SceneView) -> SceneView:
        """With seats for what may mean others later."""
        sources = sources_of(scene, self.state, self.cast)
        return scene if scene.slate else msgspec.structs.replace(scene, slots=list(sources))

    def _remember(self, scene: SceneView) -> None:
        self._pending[self.state.revision] = self._as_seen(scene)
        while len(self._pending) > MAX_PENDING:
            del self._pending[min(self._pending)]

    def _set(self, **fields: object) -> None:
        self.state = msgspec.structs.replace(self.state, **fields)
