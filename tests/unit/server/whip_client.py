"""An encoder or a player at its HTTP, as the tests play it; media is a fake."""

from collections.abc import Callable
from typing import Any

import aiohttp

from mixer.wire.control import PeerState
from mixer.wire.ids import PeerId, WorkerKind
from mixer.wire.resources import Peer
from server.application import Application
from signaling.wire.roles import Role
from tests.unit.mixer.transport.sample_sdp import OFFER
from tests.unit.server.conftest import FakeWorkers

PLAYER = OFFER.replace("a=sendonly", "a=recvonly")
SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"


def encoder_token(application: Application, seat: str = "beijing", role: str = "encoder") -> str:
    """As `lianxian token SEAT --for whip` makes it."""
    links = application.conference.links
    found = application.conference.event.seat(seat)
    assert found is not None
    return links.token(links.mint(found, 1, Role(role)).claims)


class Client:
    """An encoder or a player at its HTTP."""

    def __init__(self, session: aiohttp.ClientSession, base: str, token: str) -> None:
        self._session, self.base, self.token = session, base, token

    async def ask(
        self, method: str, path: str, body: str = "", kind: str = SDP, **headers: str
    ) -> tuple[aiohttp.ClientResponse, Any]:
        sent = {"Content-Type": kind} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        async with self._session.request(
            method, f"{self.base}{path}", data=body, headers=sent
        ) as response:
            as_json = response.content_type == "application/json"
            return response, await response.json() if as_json else await response.text()

    async def open(self, path: str = "/whip/beijing", sdp: str = OFFER) -> tuple[str, str]:
        """Address and ETag of a new session."""
        response, answer = await self.ask("POST", path, sdp)
        assert (response.status, response.content_type) == (201, SDP), answer
        assert answer.startswith("v=0")
        return response.headers["Location"], response.headers["ETag"]

    async def patch(
        self, path: str, body: str, **headers: str
    ) -> tuple[aiohttp.ClientResponse, Any]:
        return await self.ask("PATCH", path, body, FRAGMENT, **headers)


Clients = Callable[[str], Client]


def devices(application: Application, seat: str = "beijing") -> list[Any]:
    value: Any = application.conference.state.values[f"seat/{seat}"]
    return list(value.devices)


def peers(workers: FakeWorkers) -> list[Peer]:
    return [one for one in workers.of(WorkerKind.MEDIA, Peer) if isinstance(one, Peer)]


def tell(workers: FakeWorkers, peer: int, state: str) -> None:
    assert workers.listener is not None
    workers.listener.worker_event(
        WorkerKind.MEDIA, PeerState(peer=PeerId(peer), state=state, reason="")
    )
