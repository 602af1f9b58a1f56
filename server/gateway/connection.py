"""One page: its inbox, its outbox, what it knows.

Two tasks: `_work` carries out requests in the order they came, `_send` writes answers
and notices, then state. Beside them there is one for each take whose frame is not known
yet: `acknowledging.MAX_WAITING` at once in all, each for two seconds at most; and a timer that
renews the credentials by which media is relayed.

An inbox that is full (`MAX_INBOX`) or a page that asks too often is told
``message.too_fast`` and disconnected. State never queues: it is made when the line has
room. A page that does not read (`MAX_UNSENT` packets) is disconnected.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from typing import TYPE_CHECKING, Protocol

import msgspec
import structlog

from server.conference.requests import carry_out
from server.conference.sound import levels
from signaling.state import View
from signaling.wire.errors import SignalingError
from signaling.wire.messages import (
    WIRE_VERSION,
    AnswerEnvelope,
    ErrorEnvelope,
    GetState,
    Gone,
    NoticeBody,
    NoticeEnvelope,
    RequestEnvelope,
    Taken,
)
from signaling.wire.roles import RIGHTS, Right
from signaling.wire.state import IceServerView, You

from .rate import Rate
from .texts import error_envelope

if TYPE_CHECKING:
    from server.conference.caller import Caller
    from server.conference.conference import Conference

MAX_INBOX = 64
MAX_OUTBOX = 256
MAX_UNSENT = 256
ROOM_FOR_STATE = 8
"""Packets on the way at most while state is still added."""
REQUESTS_PER_S = 20.0
REQUEST_BURST = 60.0
STATE_RETRY_S = 0.1
SLACK_S = 0.02
"""Levels that come unevenly may be told this much early."""

_log = structlog.get_logger(__name__)
Envelope = AnswerEnvelope | ErrorEnvelope | NoticeEnvelope
_EVENTS = {AnswerEnvelope: "answer", ErrorEnvelope: "error", NoticeEnvelope: "notice"}


class Line(Protocol):
    """The transport under a connection."""

    async def emit(self, event: str, message: object) -> None:
        """Queue one message; never blocks."""

    def unsent(self) -> int:
        """Packets queued that the page has not taken yet."""

    async def close(self) -> None:
        """Disconnect."""


class Connection:
    """Made at connect, closed once, by either side."""

    def __init__(self, conference: Conference, caller: Caller, line: Line, locale: str) -> None:
        self.caller = caller
        self._conference = conference
        self._line = line
        self._locale = locale
        self._view = View(conference.state, caller.role, caller.seat.id)
        self._inbox: asyncio.Queue[object] = asyncio.Queue(MAX_INBOX)
        self._outbox: deque[Envelope] = deque()
        self._wake = asyncio.Event()
        self._rate = Rate(REQUESTS_PER_S, REQUEST_BURST)
        self._tasks: list[asyncio.Task[None]] = []
        self._seeing: set[asyncio.Task[None]] = set()
        self._closing = False
        self._told_device = -1
        self._newer_levels = False
        self._levels_due_s = 0.0
        self._renewal: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin with a snapshot."""
        self._look_at_you()
        self._tasks = [
            asyncio.create_task(self._work(), name=f"inbox-{self.caller.seat.id}"),
            asyncio.create_task(self._send(), name=f"outbox-{self.caller.seat.id}"),
        ]

    def stop(self) -> None:
        """The line is gone."""
        self._closing = True
        if self._renewal is not None:
            self._renewal.cancel()
        for task in (*self._tasks, *self._seeing):
            if task is not asyncio.current_task():
                task.cancel()

    def receive(self, message: object) -> None:
        """A request arrived; never blocks."""
        if self._closing:
            return
        if not self._rate.take(time.monotonic()):
            self._refuse_and_close(SignalingError("message.too_fast"))
            return
        try:
            self._inbox.put_nowait(message)
        except asyncio.QueueFull:
            self._refuse_and_close(SignalingError("message.too_fast"))

    def notify(self, notice: NoticeBody) -> None:
        """Send a notice after everything that waits."""
        self._push(NoticeEnvelope(v=WIRE_VERSION, body=notice))

    def dismiss(self, reason: str) -> None:
        """Tell why, then disconnect. The device is no longer this connection's."""
        self.caller.device = 0
        self.notify(Gone(reason=reason))
        self._close_when_sent()

    def replaced(self) -> None:
        """The same device came back by another connection."""
        self.caller.device = 0
        self._close_when_sent()

    def state_changed(self) -> None:
        """There is something to look at."""
        self._wake.set()

    def levels_changed(self) -> None:
        """There are newer levels; told if they are watched and due."""
        now_s = time.monotonic()
        per_s = self.caller.levels_per_s
        if per_s and now_s >= self._levels_due_s:
            self._levels_due_s = max(self._levels_due_s + 1 / per_s, now_s - SLACK_S)
            self._newer_levels = True
            self._wake.set()

    # --- requests --------------------------------------------------------------

    async def _work(self) -> None:
        while not self._closing:
            message = await self._inbox.get()
            with structlog.contextvars.bound_contextvars(
                seat=self.caller.seat.id, role=self.caller.role
            ):
                await self._answer(message)

    async def _answer(self, message: object) -> None:
        request = -1
        try:
            envelope = _envelope(message)
            request = envelope.id
            body = await carry_out(self._conference, self.caller, envelope.body)
        except SignalingError as error:
            self._failed(error, request)
            return
        except Exception:  # noqa: BLE001  one request failed by a bug; the event goes on
            _log.exception("request.bug")
            self._failed(SignalingError("internal"), request)
            return
        if isinstance(body, Taken):
            self._answer_when_seen(request, body)
        else:
            self._push(AnswerEnvelope(v=WIRE_VERSION, id=request, body=body))
        if isinstance(envelope.body, GetState):
            self._view.forget()
        self._look_at_you()

    def _answer_when_seen(self, request: int, taken: Taken) -> None:
        """Later requests do not wait for a frame that this one waits for."""
        task = asyncio.create_task(self._when_seen(request, taken), name=f"seen-{taken.revision}")
        self._seeing.add(task)
        task.add_done_callback(self._seeing.discard)

    async def _when_seen(self, request: int, taken: Taken) -> None:
        body = await self._conference.acknowledging.seen(self._conference, taken)
        self._push(AnswerEnvelope(v=WIRE_VERSION, id=request, body=body))

    def _failed(self, error: SignalingError, request: int) -> None:
        self._conference.counters["error", error.error] += 1
        if error.kind == "protocol":
            self._refuse_and_close(error, request)
            return
        _log.info("request.refused", error=error.error, values=error.values)
        self._push(error_envelope(error, self._locale, request))

    def _refuse_and_close(self, error: SignalingError, request: int = -1) -> None:
        _log.warning(
            "connection.closed",
            seat=self.caller.seat.id,
            error=error.error,
            values=error.values,
        )
        self._push(error_envelope(error, self._locale, request))
        self._close_when_sent()

    # --- sending ------------------------------------------------------------------

    def _look_at_you(self) -> None:
        if self.caller.device != self._told_device:
            self._tell_you()
        self._wake.set()

    def _tell_you(self) -> None:
        """Who this page is, with fresh credentials, and again before those expire."""
        caller = self.caller
        self._told_device = caller.device
        servers = self._ice_servers()
        self._view.become(
            You(
                seat=caller.seat.id,
                role=caller.role,
                device=caller.device,
                device_kind=caller.kind,
                rights=sorted(RIGHTS[caller.role]),
                ice_servers=servers,
            )
        )
        self._wake.set()
        if self._renewal is not None:
            self._renewal.cancel()
        after_s = self._conference.ice.renew_after_s
        if servers and after_s:
            loop = asyncio.get_running_loop()
            self._renewal = loop.call_later(after_s, self._tell_you)

    def _ice_servers(self) -> list[IceServerView]:
        """Fresh ones, for those who have media."""
        if RIGHTS[self.caller.role].isdisjoint({Right.PUBLISH, Right.RECEIVE, Right.TALK_BACK}):
            return []
        return self._conference.ice.told(self.caller.seat.id, time.time())

    def _push(self, envelope: Envelope) -> None:
        if len(self._outbox) >= MAX_OUTBOX:
            self._conference.counters["disconnected", "outbox_full"] += 1
            self._close_when_sent()
            return
        self._outbox.append(envelope)
        self._wake.set()

    def _close_when_sent(self) -> None:
        self._closing = True
        self._wake.set()

    async def _send(self) -> None:
        try:
            await self._send_all()
        except Exception:  # noqa: BLE001  this page is sent away and comes back; the event goes on
            _log.exception("connection.bug", seat=self.caller.seat.id)
            self._closing = True
        with contextlib.suppress(KeyError):  # the page may have gone at the same moment
            await self._line.close()

    async def _send_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._outbox:
                envelope = self._outbox.popleft()
                await self._line.emit(_EVENTS[type(envelope)], envelope)
            if self._line.unsent() > MAX_UNSENT:
                self._conference.counters["disconnected", "slow"] += 1
                _log.warning("connection.slow", seat=self.caller.seat.id)
                self._closing = True
            if self._closing:
                break
            await self._send_levels()
            await self._send_state()

    async def _send_levels(self) -> None:
        """The newest, or none while the line is full."""
        if self._newer_levels:
            self._newer_levels = False
            if self._line.unsent() > ROOM_FOR_STATE:
                self._conference.counters["levels", "left_out_line_full"] += 1
                return
            await self._line.emit("levels", levels(self._conference))

    async def _send_state(self) -> None:
        if self._line.unsent() > ROOM_FOR_STATE:
            self._conference.counters["state", "deferred_line_full"] += 1
            await asyncio.sleep(STATE_RETRY_S)
            self._wake.set()
            return
        message = self._view.next_message(self._conference.now_ms())
        if message is not None:
            await self._line.emit("state", message)


def _envelope(message: object) -> RequestEnvelope:
    """Raises `SignalingError` ``message.version`` or ``message.invalid``."""
    if isinstance(message, dict) and message.get("v") != WIRE_VERSION:
        raise SignalingError("message.version")
    try:
        return msgspec.convert(message, RequestEnvelope)
    except msgspec.ValidationError as error:
        raise SignalingError("message.invalid", detail=str(error)[:200]) from None
