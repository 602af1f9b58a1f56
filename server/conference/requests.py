"""The one table of what can be asked: request, the right it needs, who carries it out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from signaling.wire import messages
from signaling.wire.messages import AnswerBody, Done, RequestBody
from signaling.wire.roles import Right

from . import desk, media, people, record
from .caller import Caller
from .conference import Conference

Handler = Callable[[Conference, Caller, Any], Awaitable[AnswerBody]]


async def _nothing(_conference: Conference, _caller: Caller, _body: messages.GetState) -> Done:
    """The gateway sends the snapshot."""
    return Done()


REQUESTS: dict[type, tuple[Right, Handler]] = {
    messages.Join: (Right.SEE_EVENT, people.join),
    messages.Leave: (Right.SEE_EVENT, people.leave),
    messages.Mute: (Right.PUBLISH, people.mute),
    messages.GetState: (Right.SEE_EVENT, _nothing),
    messages.Publish: (Right.PUBLISH, media.publish),
    messages.Subscribe: (Right.RECEIVE, media.subscribe),
    messages.SubscribeAnswer: (Right.RECEIVE, media.subscribe_answer),
    messages.SetPreview: (Right.DIRECT, desk.set_preview),
    messages.Take: (Right.DIRECT, desk.take),
    messages.SetCaption: (Right.DIRECT, desk.set_caption),
    messages.GoCue: (Right.DIRECT, desk.go_cue),
    messages.MovePhase: (Right.MOVE_PHASE, desk.move_phase),
    messages.StartRecording: (Right.RECORD, record.start_recording),
    messages.StopRecording: (Right.RECORD, record.stop_recording),
    messages.ListLinks: (Right.SEE_LINKS, desk.list_links),
    messages.RevokeLink: (Right.REVOKE_LINKS, desk.revoke_link),
}


async def carry_out(conference: Conference, caller: Caller, body: RequestBody) -> AnswerBody:
    """Carry out one request. Raises `SignalingError`; anything else is a bug."""
    right, handler = REQUESTS[type(body)]
    caller.need(right)
    await conference.mint.refill()
    name = str(type(body).__struct_config__.tag)
    conference.counters["request", name] += 1
    return await handler(conference, caller, body)
