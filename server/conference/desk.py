"""Directing: preview, take, captions, cues, the life cycle, links."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mixer.wire.ids import WorkerKind
from server.conference import people
from server.conference.record import stop_if_running
from signaling import phase as life_cycle
from signaling.links import may_hand_out
from signaling.programme import core as programme
from signaling.recording import Mark
from signaling.wire.directing import BackToLastGood, Freeze, Panic, SetGraphics, SetQuestion
from signaling.wire.messages import (
    Done,
    GoCue,
    Links,
    ListLinks,
    MovePhase,
    RevokeLink,
    SetCaption,
    SetPreview,
    Take,
    Taken,
)

if TYPE_CHECKING:
    from signaling.programme.core import ProgrammeState

    from .caller import Caller
    from .conference import Conference


def _spread(conference: Conference) -> None:
    cores = conference.cores
    conference.keep.programme(cores.programme.state, cores.rundown.current)
    conference.apply((WorkerKind.SOUND, WorkerKind.PICTURE, WorkerKind.RECORDER))
    conference.show_programme()


def _taken(state: ProgrammeState) -> Taken:
    return Taken(revision=state.revision, at_ms=state.at_ms)


def _mark(conference: Conference, kind: str, title: str) -> None:
    state = conference.cores.programme.state
    mark = Mark(
        id=conference.mint.new(),
        kind=kind,
        at_ms=state.at_ms,
        title=title,
        seats=programme.seats_on_air(state.on_air),
        layout=state.on_air.layout,
    )
    recording = conference.cores.recording
    if recording.mark(mark) and recording.current is not None:
        conference.keep.mark(recording.current.id, mark)


async def set_preview(conference: Conference, caller: Caller, body: SetPreview) -> Done:
    """Nothing on air changes."""
    now_ms = conference.now_ms()
    conference.cores.programme.carry_out(programme.SetPreview(body.scene), now_ms)
    conference.keep.audit(caller, now_ms, "set_preview", body.scene)
    conference.keep.programme(conference.cores.programme.state, conference.cores.rundown.current)
    conference.show_programme()
    return Done()


async def take(conference: Conference, caller: Caller, body: Take) -> Taken:
    """Preview goes on air; a layout mark is set in a running recording."""
    now_ms = conference.now_ms()
    state = conference.cores.programme.carry_out(
        programme.Take(body.transition, body.duration_ms), now_ms
    )
    conference.cores.rundown.left()
    on_air = programme.seats_on_air(state.on_air)
    names = [conference.intent().seat(seat).name for seat in on_air]
    _mark(conference, "layout", " · ".join(names)[:80])
    conference.keep.audit(caller, now_ms, "take", state.on_air)
    _spread(conference)
    return _taken(state)


async def set_caption(conference: Conference, caller: Caller, body: SetCaption) -> Taken:
    """Only the lower third changes."""
    now_ms = conference.now_ms()
    state = conference.cores.programme.carry_out(programme.SetCaption(body.caption), now_ms)
    conference.keep.audit(caller, now_ms, "set_caption", body.caption)
    _spread(conference)
    return _taken(state)


def _change(
    conference: Conference, caller: Caller, command: programme.ProgrammeCommand, what: str
) -> Taken:
    now_ms = conference.now_ms()
    state = conference.cores.programme.carry_out(command, now_ms)
    conference.keep.audit(caller, now_ms, what, command)
    _spread(conference)
    return _taken(state)


async def set_question(conference: Conference, caller: Caller, body: SetQuestion) -> Taken:
    """Only the question changes."""
    return _change(conference, caller, programme.SetQuestion(body.question), "set_question")


async def set_graphics(conference: Conference, caller: Caller, body: SetGraphics) -> Taken:
    """Event title, clock, bug, logo and theme."""
    return _change(conference, caller, programme.SetGraphics(body.graphics), "set_graphics")


async def freeze(conference: Conference, caller: Caller, body: Freeze) -> Taken:
    """The picture stands, or goes on."""
    return _change(conference, caller, programme.Freeze(body.frozen), "freeze")


async def panic(conference: Conference, caller: Caller, _body: Panic) -> Taken:
    """The standby slate; a layout mark is set in a running recording."""
    taken = _change(conference, caller, programme.Panic(), "panic")
    conference.cores.rundown.left()
    _mark(conference, "layout", "")
    conference.show_programme()
    return taken


async def back_to_last_good(conference: Conference, caller: Caller, _body: BackToLastGood) -> Taken:
    """What was on air before; a layout mark is set in a running recording."""
    taken = _change(conference, caller, programme.BackToLastGood(), "back_to_last_good")
    conference.cores.rundown.left()
    _mark(conference, "layout", "")
    conference.show_programme()
    return taken


async def go_cue(conference: Conference, caller: Caller, body: GoCue) -> Taken:
    """A step of the rundown goes on air; a cue mark is set in a running recording."""
    now_ms = conference.now_ms()
    rundown = conference.cores.rundown
    cue, commands = rundown.commands(body.cue)
    state = conference.cores.programme.state
    for command in commands:
        state = conference.cores.programme.carry_out(command, now_ms)
    rundown.went(cue.id)
    _mark(conference, "cue", cue.title)
    conference.keep.audit(caller, now_ms, "go_cue", cue.id)
    _spread(conference)
    return _taken(state)


async def move_phase(conference: Conference, caller: Caller, body: MovePhase) -> Done:
    """The end stops a recording and sends the sites home."""
    phase = life_cycle.move(conference.cores.phase, body.phase)
    conference.cores.phase = phase
    conference.keep.phase(phase)
    conference.keep.audit(caller, conference.now_ms(), "move_phase", phase)
    conference.show_event()
    conference.apply((WorkerKind.PICTURE,))  # LIVE and REHEARSAL are shown by it
    if phase not in life_cycle.OPEN_PHASES:
        stop_if_running(conference)
        people.end_for_all(conference)
    return Done()


async def list_links(conference: Conference, caller: Caller, _body: ListLinks) -> Links:
    """All links that are valid now and that the caller may hand out."""
    links = conference.links
    valid = [
        link for link in links.valid(time.time()) if may_hand_out(caller.role, link.claims.role)
    ]
    return Links(links=[links.view(link) for link in valid])


async def revoke_link(conference: Conference, caller: Caller, body: RevokeLink) -> Done:
    """Withdraw a link; whoever came by it is sent away."""
    link = conference.links.revoke(body.link)
    conference.keep.link(link)
    conference.keep.audit(caller, conference.now_ms(), "revoke_link", body.link)
    conference.outward.dismiss_link(body.link, "revoked")
    for sitting in conference.sitting():
        if sitting.device.link == body.link:
            conference.forget(conference.cores.seats.leave(sitting.device.id))
    return Done()
