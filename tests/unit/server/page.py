"""A page as the tests play it: a real Socket.IO client."""

import asyncio
import itertools
from typing import Any

import socketio

from server.application import Application

WAIT_S = 5.0


def token_of(application: Application, seat: str) -> str:
    """The token of the link of a seat."""
    url = next(link.url for link in application.links() if link.seat == seat)
    return url.partition("#t=")[2]


class Page:
    """Keeps every message; waits for those a test is about."""

    def __init__(self, application: Application) -> None:
        self.url = f"http://127.0.0.1:{application.port}"
        self.client = socketio.AsyncClient(reconnection=False)
        self.state: dict[str, Any] = {}
        self.revision = -1
        self.messages: list[Any] = []
        self.notices: list[Any] = []
        self.errors: list[Any] = []
        self.refused: Any = None
        self.gone = asyncio.Event()
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._ids = itertools.count(1)
        self._news = asyncio.Event()
        for event in ("state", "answer", "error", "notice", "connect_error", "disconnect"):
            self.client.on(event, getattr(self, f"_on_{event}"))

    async def open(self, token: str, device: str = "main", **auth: str) -> "Page":
        """Connect; ``refused`` says why not."""
        try:
            await self.client.connect(
                self.url,
                auth={"token": token, "device": device, **auth},
                transports=["websocket"],
                wait_timeout=WAIT_S,
            )
        except socketio.exceptions.ConnectionError:
            return self
        return self

    async def ask(self, kind: str, /, **fields: Any) -> Any:
        """One request; the body of its answer, or the error envelope."""
        number = next(self._ids)
        future = asyncio.get_running_loop().create_future()
        self._answers[number] = future
        await self.client.emit("request", {"v": 1, "id": number, "body": {"type": kind} | fields})
        async with asyncio.timeout(WAIT_S):
            return await future

    async def until(self, seen: Any) -> None:
        """Wait until ``seen(page)`` holds."""
        async with asyncio.timeout(WAIT_S):
            while not seen(self):
                self._news.clear()
                await self._news.wait()

    async def close(self) -> None:
        """As a tab that is closed."""
        await self.client.disconnect()

    async def _on_state(self, message: Any) -> None:
        self.messages.append(message)
        if message["type"] == "snapshot":
            self.state = dict(message["state"])
        else:
            assert message["previous"] == self.revision
            self.state.update(message["put"])
            for key in message["remove"]:
                del self.state[key]
        self.revision = message["revision"]
        self._news.set()

    async def _on_answer(self, envelope: Any) -> None:
        self._answers.pop(envelope["id"]).set_result(envelope["body"])
        self._news.set()

    async def _on_error(self, envelope: Any) -> None:
        self.errors.append(envelope)
        if envelope["id"] in self._answers:
            self._answers.pop(envelope["id"]).set_result(envelope)
        self._news.set()

    async def _on_notice(self, envelope: Any) -> None:
        self.notices.append(envelope["body"])
        self._news.set()

    async def _on_connect_error(self, error: Any) -> None:
        self.refused = error
        self._news.set()

    async def _on_disconnect(self, *_reason: Any) -> None:
        self.gone.set()
        self._news.set()
