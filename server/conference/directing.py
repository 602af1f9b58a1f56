"""Directing: preview, takes, captions, the clip, the rundown.

A command goes to the core, then to the store, and only then to the workers: what was on air
is on air again after any restart, whichever process dies when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from signaling.programme import commands
from signaling.wire.directing import Bus
from signaling.wire.messages import Done, Taken
from signaling.wire.state import TransitionView

if TYPE_CHECKING:
    from signaling.programme.commands import ProgrammeCommand
    from signaling.wire import directing, messages

    from .caller import Caller
    from .conference import Conference

STORED_S = 0.25
"""So long a change waits to be stored before it is made: air is worth more than a slow disk."""

_log = structlog.get_logger(__name__)


async def spread(conference: Conference) -> None:
    """Store the programme, then tell workers and pages."""
    conference.keep_programme()
    if not await conference.keep.stored(STORED_S):
        conference.counters["store", "late_for_air"] += 1
        _log.warning("programme.not_stored_yet", revision=conference.cores.programme.state.revision)
    conference.apply()
    conference.show_programme()


async def _aired(
    conference: Conference, caller: Caller, command: ProgrammeCommand, what: str, detail: object
) -> Taken:
    """Carry out what changes the air."""
    now_ms = conference.now_ms()
    state = conference.cores.programme.carry_out(command, now_ms)
    conference.keep.audit(caller, now_ms, what, detail)
    await spread(conference)
    return Taken(revision=state.revision, at_ms=state.at_ms)


async def _prepared(
    conference: Conference, caller: Caller, command: ProgrammeCommand, what: str, detail: object
) -> Done:
    """Carry out what changes nothing on air."""
    await _aired(conference, caller, command, what, detail)
    return Done()


async def _taken(
    conference: Conference, caller: Caller, command: ProgrammeCommand, what: str
) -> Taken:
    """Another scene goes on air, which sets a mark."""
    programme = conference.cores.programme
    now_ms = conference.now_ms()
    cue = programme.state.preview_cue if isinstance(command, commands.Take | commands.Auto) else ""
    cue = command.cue if isinstance(command, commands.TakeScene) else cue
    state = programme.carry_out(command, now_ms)
    conference.marking.set(conference, state, cue)
    conference.keep.audit(caller, now_ms, what, state.on_air)
    await spread(conference)
    return Taken(revision=state.revision, at_ms=state.at_ms)


def _ready(conference: Conference) -> bool:
    """Whether picture has what preview needs."""
    revision = conference.cores.programme.state.preview_revision
    return conference.observed.ready_preview == revision


async def set_preview(conference: Conference, caller: Caller, body: messages.SetPreview) -> Done:
    """Nothing on air changes."""
    cue = body.cue if body.cue in conference.cores.rundown.cues else ""
    command = commands.SetPreview(body.scene, cue)
    return await _prepared(conference, caller, command, "set_preview", body.scene)


async def preview_cue(conference: Conference, caller: Caller, body: directing.PreviewCue) -> Done:
    """A step of the rundown comes next."""
    command = conference.cores.rundown.in_preview(body.cue)
    return await _prepared(conference, caller, command, "preview_cue", body.cue)


async def take(conference: Conference, caller: Caller, body: messages.Take) -> Taken:
    """Preview goes on air."""
    command = commands.Take(body.transition, body.duration_ms, _ready(conference))
    return await _taken(conference, caller, command, "take")


async def auto(conference: Conference, caller: Caller, _body: directing.Auto) -> Taken:
    """Preview goes on air by the transition that is set."""
    return await _taken(conference, caller, commands.Auto(_ready(conference)), "auto")


async def set_transition(
    conference: Conference, caller: Caller, body: directing.SetTransition
) -> Done:
    """What `auto` does."""
    view = TransitionView(transition=body.transition, duration_ms=body.duration_ms, swap=body.swap)
    command = commands.SetTransition(view)
    return await _prepared(conference, caller, command, "set_transition", view)


async def take_scene(conference: Conference, caller: Caller, body: directing.TakeScene) -> Taken:
    """A scene goes on air past preview."""
    command = commands.TakeScene(body.scene, body.transition, body.duration_ms)
    return await _taken(conference, caller, command, "take_scene")


async def go_cue(conference: Conference, caller: Caller, body: messages.GoCue) -> Taken:
    """A step of the rundown goes on air."""
    command = conference.cores.rundown.on_air(body.cue, body.transition, body.duration_ms)
    return await _taken(conference, caller, command, "go_cue")


async def set_layout(
    conference: Conference, caller: Caller, body: directing.SetLayout
) -> Done | Taken:
    """Another layout on either bus."""
    command = commands.SetLayout(body.layout, body.bus)
    if body.bus is Bus.PROGRAMME:
        return await _taken(conference, caller, command, "set_layout")
    return await _prepared(conference, caller, command, "set_layout", body)


async def set_source(
    conference: Conference, caller: Caller, body: directing.SetSource
) -> Done | Taken:
    """Another source in one place of either bus."""
    command = commands.SetSource(body.slot, body.source, body.bus)
    if body.bus is Bus.PROGRAMME:
        return await _taken(conference, caller, command, "set_source")
    return await _prepared(conference, caller, command, "set_source", body)


async def set_call_in(conference: Conference, caller: Caller, body: directing.SetCallIn) -> Taken:
    """Whom ``call_in`` means."""
    command = commands.SetCallIn(body.seat)
    return await _aired(conference, caller, command, "set_call_in", body.seat)


async def set_caption(conference: Conference, caller: Caller, body: messages.SetCaption) -> Taken:
    """Only the lower third changes."""
    command = commands.SetCaption(body.caption)
    return await _aired(conference, caller, command, "set_caption", body.caption)


async def set_strap(conference: Conference, caller: Caller, body: directing.SetStrap) -> Taken:
    """Only the call-in strap changes."""
    command = commands.SetStrap(body.strap)
    return await _aired(conference, caller, command, "set_strap", body.strap)


async def set_question(
    conference: Conference, caller: Caller, body: directing.SetQuestion
) -> Taken:
    """Only the question changes."""
    command = commands.SetQuestion(body.question)
    return await _aired(conference, caller, command, "set_question", body.question)


async def set_graphics(
    conference: Conference, caller: Caller, body: directing.SetGraphics
) -> Taken:
    """Event title, clock, bug, logo and theme."""
    command = commands.SetGraphics(body.graphics)
    return await _aired(conference, caller, command, "set_graphics", body.graphics)


async def freeze(conference: Conference, caller: Caller, body: directing.Freeze) -> Taken:
    """The picture stands, or goes on."""
    return await _aired(conference, caller, commands.Freeze(body.frozen), "freeze", body.frozen)


async def panic(conference: Conference, caller: Caller, _body: directing.Panic) -> Taken:
    """The standby slate."""
    return await _taken(conference, caller, commands.Panic(), "panic")


async def back_to_last_good(
    conference: Conference, caller: Caller, _body: directing.BackToLastGood
) -> Taken:
    """What was on air before."""
    return await _taken(conference, caller, commands.BackToLastGood(), "back_to_last_good")


async def cue_clip(conference: Conference, caller: Caller, body: directing.CueClip) -> Done:
    """Another file."""
    command = commands.CueClip(body.file, body.loop)
    return await _prepared(conference, caller, command, "cue_clip", body)


async def play_clip(conference: Conference, caller: Caller, _body: directing.PlayClip) -> Done:
    """From its start."""
    return await _prepared(conference, caller, commands.PlayClip(), "play_clip", None)


async def stop_clip(conference: Conference, caller: Caller, _body: directing.StopClip) -> Done:
    """Cued again."""
    return await _prepared(conference, caller, commands.StopClip(), "stop_clip", None)


async def loop_clip(conference: Conference, caller: Caller, body: directing.LoopClip) -> Done:
    """On and on, or once."""
    command = commands.LoopClip(body.loop)
    return await _prepared(conference, caller, command, "loop_clip", body.loop)
