"""Directing without a page: a row for each request of `signaling.wire.directing`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from signaling.wire import directing, messages, rest
from signaling.wire import rest_directing as bodies
from signaling.wire.roles import Right

from .route import Route, ask

if TYPE_CHECKING:
    from aiohttp import web


def _route(
    operation: str,
    summary: str,
    request: type[msgspec.Struct],
    takes: type[msgspec.Struct] | None,
    gives: type,
) -> Route:
    """The body is the request without its tag."""

    def make(body: Any, _request: web.Request) -> Any:  # noqa: ANN401  checked by the right's table
        return request(**({} if body is None else msgspec.structs.asdict(body)))

    method, _, path = operation.partition(" ")
    return Route(
        method=method,
        path=f"/programme/{path}",
        summary=summary,
        handler=ask(make),
        takes=takes,
        gives=gives,
        right=Right.DIRECT,
    )


DIRECTING: tuple[Route, ...] = (
    _route(
        "PUT preview/cue",
        "Put a step of the rundown in preview",
        directing.PreviewCue,
        rest.CueRequest,
        messages.Done,
    ),
    _route(
        "POST auto",
        "Preview goes on air by the transition that is set",
        directing.Auto,
        None,
        messages.Taken,
    ),
    _route(
        "PUT transition",
        "Set what auto does",
        directing.SetTransition,
        bodies.TransitionRequest,
        messages.Done,
    ),
    _route(
        "POST scene",
        "A scene goes on air past preview",
        directing.TakeScene,
        bodies.SceneRequest,
        messages.Taken,
    ),
    _route(
        "PUT call-in",
        "Choose whom the source call_in means",
        directing.SetCallIn,
        bodies.CallInRequest,
        messages.Taken,
    ),
    _route(
        "PUT strap",
        "Change the call-in strap on air",
        directing.SetStrap,
        bodies.StrapRequest,
        messages.Taken,
    ),
    _route(
        "PUT question",
        "Change the question on air",
        directing.SetQuestion,
        bodies.QuestionRequest,
        messages.Taken,
    ),
    _route(
        "PUT graphics",
        "Change what stands in every picture",
        directing.SetGraphics,
        bodies.GraphicsRequest,
        messages.Taken,
    ),
    _route(
        "POST freeze",
        "Hold the picture, or let it go on",
        directing.Freeze,
        bodies.FreezeRequest,
        messages.Taken,
    ),
    _route(
        "POST panic",
        "The standby slate, nobody seen or heard",
        directing.Panic,
        None,
        messages.Taken,
    ),
    _route(
        "POST back", "Back to the last good scene", directing.BackToLastGood, None, messages.Taken
    ),
    _route(
        "PUT clip",
        "Make a file the source clip",
        directing.CueClip,
        bodies.ClipRequest,
        messages.Done,
    ),
    _route("POST clip/play", "The clip begins", directing.PlayClip, None, messages.Done),
    _route("POST clip/stop", "The clip is cued again", directing.StopClip, None, messages.Done),
    _route(
        "PUT clip/loop",
        "Whether the clip begins again at its end",
        directing.LoopClip,
        bodies.LoopRequest,
        messages.Done,
    ),
)
