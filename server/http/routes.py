"""The table of the HTTP interface: path, right, bodies, handler. OpenAPI is made from it."""

from __future__ import annotations

from aiohttp import web

from server.conference.caller import Caller
from server.conference.requests import carry_out
from signaling.wire import messages, rest
from signaling.wire.roles import Right

from . import archive, describe
from .context import Context
from .directing_routes import DIRECTING
from .route import Route, ask


async def _recording_started(
    context: Context, caller: Caller, _request: web.Request, body: rest.RecordingRequest
) -> object:
    return await carry_out(context.conference, caller, messages.StartRecording(title=body.title))


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/me",
        summary="What the token in hand stands for",
        handler=describe.whoami,
        gives=rest.Whoami,
        right=None,
    ),
    Route(
        method="GET",
        path="/event",
        summary="The event and its seats",
        handler=describe.event,
        gives=rest.EventDescription,
    ),
    Route(
        method="GET",
        path="/state",
        summary="Everything a page of this role sees now",
        handler=describe.state,
        gives=rest.CurrentState,
    ),
    Route(
        method="GET",
        path="/looks",
        summary="Layouts with their places, themes and logos",
        handler=describe.looks,
        gives=rest.Looks,
        right=Right.DIRECT,
    ),
    Route(
        method="POST",
        path="/event/phase",
        summary="Move the event to another phase",
        handler=ask(lambda body, _: messages.MovePhase(phase=body.phase)),
        takes=rest.PhaseRequest,
        gives=messages.Done,
        right=Right.MOVE_PHASE,
    ),
    Route(
        method="GET",
        path="/links",
        summary="All links that are valid now",
        handler=describe.links,
        gives=rest.LinkList,
        right=Right.SEE_LINKS,
    ),
    Route(
        method="DELETE",
        path="/links/{link}",
        summary="Withdraw a link",
        handler=ask(lambda _, request: messages.RevokeLink(link=request.match_info["link"])),
        gives=messages.Done,
        right=Right.REVOKE_LINKS,
    ),
    Route(
        method="PUT",
        path="/programme/preview",
        summary="Put a scene in preview",
        handler=ask(lambda body, _: messages.SetPreview(scene=body.scene)),
        takes=rest.PreviewRequest,
        gives=messages.Done,
        right=Right.DIRECT,
    ),
    Route(
        method="POST",
        path="/programme/take",
        summary="Preview goes on air",
        handler=ask(
            lambda body, _: messages.Take(transition=body.transition, duration_ms=body.duration_ms)
        ),
        takes=rest.TakeRequest,
        gives=messages.Taken,
        right=Right.DIRECT,
    ),
    Route(
        method="PUT",
        path="/programme/caption",
        summary="Change the lower third on air",
        handler=ask(lambda body, _: messages.SetCaption(caption=body.caption)),
        takes=rest.CaptionRequest,
        gives=messages.Taken,
        right=Right.DIRECT,
    ),
    Route(
        method="POST",
        path="/programme/cue",
        summary="Put a step of the rundown on air",
        handler=ask(lambda body, _: messages.GoCue(cue=body.cue)),
        takes=rest.CueRequest,
        gives=messages.Taken,
        right=Right.DIRECT,
    ),
    *DIRECTING,
    Route(
        method="POST",
        path="/recording",
        summary="Start recording",
        handler=_recording_started,
        takes=rest.RecordingRequest,
        gives=messages.RecordingStarted,
        right=Right.RECORD,
    ),
    Route(
        method="DELETE",
        path="/recording",
        summary="Stop, finalise and verify the recording",
        handler=ask(lambda _body, _request: messages.StopRecording()),
        gives=messages.Done,
        right=Right.RECORD,
    ),
    Route(
        method="GET",
        path="/sessions",
        summary="All recordings, newest first",
        handler=archive.sessions,
        gives=rest.SessionList,
        right=Right.SEE_ARCHIVE,
    ),
    Route(
        method="GET",
        path="/sessions/{name}",
        summary="One recording with its files and chapters",
        handler=archive.session,
        gives=rest.SessionDetail,
        right=Right.SEE_ARCHIVE,
    ),
    Route(
        method="POST",
        path="/sessions/{name}/file-token",
        summary="An address of one file for a player or a download",
        handler=archive.file_address,
        takes=rest.FileRequest,
        gives=rest.FileAddress,
        right=Right.DOWNLOAD_ARCHIVE,
    ),
    Route(
        method="GET",
        path="/audit",
        summary="The last actions, newest first",
        handler=describe.audit,
        gives=rest.AuditList,
        right=Right.SEE_AUDIT,
    ),
)
