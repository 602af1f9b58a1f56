"""The life cycle of an event, and its links."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mixer.wire.ids import WorkerKind
from server.conference import people
from server.conference.record import stop_if_running
from signaling import phase as life_cycle
from signaling.links import may_hand_out
from signaling.wire.messages import Done, Links, ListLinks, MovePhase, RevokeLink

if TYPE_CHECKING:
    from .caller import Caller
    from .conference import Conference


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
