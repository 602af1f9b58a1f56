"""The one table of what can be asked: request, the right it needs, who carries it out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from signaling.wire import directing, messages
from signaling.wire import sound as wire_sound
from signaling.wire import tiles as wire_tiles
from signaling.wire.messages import AnswerBody, Done, RequestBody
from signaling.wire.roles import Right

from . import desk, media, people, record, sound, tiles
from . import directing as direct
from .caller import Caller
from .conference import Conference

Handler = Callable[[Conference, Caller, Any], Awaitable[AnswerBody]]


async def _nothing(_conference: Conference, _caller: Caller, _body: messages.GetState) -> Done:
    """The gateway sends the snapshot."""
    return Done()


Needed = Right | tuple[Right, ...]
"""A right, or several of which one is enough."""

REQUESTS: dict[type, tuple[Needed, Handler]] = {
    messages.Join: (Right.SEE_EVENT, people.join),
    messages.Leave: (Right.SEE_EVENT, people.leave),
    messages.Mute: (Right.PUBLISH, people.mute),
    messages.GetState: (Right.SEE_EVENT, _nothing),
    messages.Publish: ((Right.PUBLISH, Right.TALK_BACK), media.publish),
    messages.Subscribe: (Right.RECEIVE, media.subscribe),
    messages.PreferLayer: (Right.RECEIVE, media.prefer_layer),
    messages.SubscribeAnswer: (Right.RECEIVE, media.subscribe_answer),
    wire_tiles.WatchSites: (Right.SEE_SITES, tiles.watch_sites),
    messages.SetPreview: (Right.DIRECT, direct.set_preview),
    messages.Take: (Right.DIRECT, direct.take),
    messages.SetCaption: (Right.DIRECT, direct.set_caption),
    messages.GoCue: (Right.DIRECT, direct.go_cue),
    directing.Auto: (Right.DIRECT, direct.auto),
    directing.SetTransition: (Right.DIRECT, direct.set_transition),
    directing.TakeScene: (Right.DIRECT, direct.take_scene),
    directing.PreviewCue: (Right.DIRECT, direct.preview_cue),
    directing.SetLayout: (Right.DIRECT, direct.set_layout),
    directing.SetSource: (Right.DIRECT, direct.set_source),
    directing.SetCallIn: (Right.DIRECT, direct.set_call_in),
    directing.SetStrap: (Right.DIRECT, direct.set_strap),
    directing.SetQuestion: (Right.DIRECT, direct.set_question),
    directing.SetGraphics: (Right.DIRECT, direct.set_graphics),
    directing.Freeze: (Right.DIRECT, direct.freeze),
    directing.Panic: (Right.DIRECT, direct.panic),
    directing.BackToLastGood: (Right.DIRECT, direct.back_to_last_good),
    directing.CueClip: (Right.DIRECT, direct.cue_clip),
    directing.PlayClip: (Right.DIRECT, direct.play_clip),
    directing.StopClip: (Right.DIRECT, direct.stop_clip),
    directing.LoopClip: (Right.DIRECT, direct.loop_clip),
    messages.MovePhase: (Right.MOVE_PHASE, desk.move_phase),
    messages.StartRecording: (Right.RECORD, record.start_recording),
    messages.StopRecording: (Right.RECORD, record.stop_recording),
    messages.ListLinks: (Right.SEE_LINKS, desk.list_links),
    messages.RevokeLink: (Right.REVOKE_LINKS, desk.revoke_link),
    wire_sound.SetSeatSound: (Right.MIX, sound.set_seat_sound),
    wire_sound.Talk: (Right.TALK_BACK, sound.talk),
    wire_sound.ListenIn: (Right.MIX, sound.listen_in),
    wire_sound.SetTone: (Right.MIX, sound.set_tone),
    wire_sound.CutSound: (Right.MIX, sound.cut_sound),
    wire_sound.SetLoudness: (Right.MIX, sound.set_loudness),
    wire_sound.SetEchoDuck: (Right.MIX, sound.set_echo_duck),
    wire_sound.WatchLevels: (Right.SEE_LEVELS, sound.watch_levels),
}


def rights(needed: Needed) -> tuple[Right, ...]:
    """Of which one is enough."""
    return needed if isinstance(needed, tuple) else (needed,)


async def carry_out(conference: Conference, caller: Caller, body: RequestBody) -> AnswerBody:
    """Carry out one request. Raises `SignalingError`; anything else is a bug."""
    needed, handler = REQUESTS[type(body)]
    caller.need(*rights(needed))
    await conference.mint.refill()
    name = str(type(body).__struct_config__.tag)
    conference.counters["request", name] += 1
    return await handler(conference, caller, body)
