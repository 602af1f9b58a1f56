"""One peer connection of a simulated site: controlling ICE, DTLS client, SRTP, one socket."""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
from typing import TYPE_CHECKING

from aioice import stun

from mixer.rtp.packet import Kind, classify
from mixer.transport.dtls import DtlsEndpoint, DtlsState
from mixer.transport.ice import make_credentials
from mixer.transport.sdp import parse_sdp

if TYPE_CHECKING:
    from collections.abc import Callable

    from pylibsrtp import Session

    from mixer.transport.identity import Identity
    from mixer.transport.srtp import SrtpSessions

CHECK_S = 2.5
FIRST_CHECK_S = 0.05
CONNECT_TIMEOUT_S = 10.0
LOST_AFTER_S = 8.0
"""Without an answer to checks for so long the connection counts as lost."""
MAX_DATAGRAMS = 128
"""Read at most so many in one go, so that sending is not starved."""
_PRIORITY = 126 << 24 | 65535 << 8 | 255
_CANDIDATE = re.compile(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host")


class ConnectionLostError(Exception):
    """ICE or DTLS did not come up, or the server fell silent."""


class Connection:
    """``on_rtp(packet)`` and ``on_rtcp(packet)`` get plain packets, on the loop."""

    def __init__(
        self,
        identity: Identity,
        on_rtp: Callable[[bytes], None],
        on_rtcp: Callable[[bytes], None],
    ) -> None:
        self.credentials = make_credentials()
        self.identity = identity
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # noqa: FBT003  positional only
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 << 20)
        self._remote = ("", 0)
        self._remote_ufrag = ""
        self._remote_password = b""
        self._tie_breaker = secrets.randbits(64)
        self._dtls: DtlsEndpoint | None = None
        self._inbound: Session | None = None
        self._outbound: Session | None = None
        self._answered = asyncio.Event()
        self._connected = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.last_answer_s = 0.0
        self.closed = False
        self.not_decrypted = 0
        """Packets whose SRTP protection did not hold."""
        self.checks_answered = 0
        self.not_sent = 0
        """Packets the full socket buffer refused."""

    async def connect(self, remote_sdp: str) -> None:
        """Check, shake hands, be ready to send.

        Raises `ConnectionLostError`, `mixer.wire.control.ControlError` on a bad description.
        """
        transport = parse_sdp(remote_sdp, 64).transport
        found = _CANDIDATE.search(remote_sdp)
        if found is None:
            raise ConnectionLostError("the description has no host candidate")
        self._remote = (found[1], int(found[2]))
        self._remote_ufrag = transport.ufrag
        self._remote_password = transport.password.encode()
        self._dtls = DtlsEndpoint(self.identity, tuple(transport.fingerprints), is_server=False)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._socket.fileno(), self._readable)
        self._tasks.append(asyncio.create_task(self._check(), name="ice-checks"))
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._answered.wait()
                self._dtls.start()
                self._flush_dtls()
                while not self._connected.is_set():
                    await self._wait_dtls()
        except TimeoutError:
            self.close()
            raise ConnectionLostError(f"no connection in {CONNECT_TIMEOUT_S:.0f} s") from None

    async def _wait_dtls(self) -> None:
        assert self._dtls is not None  # noqa: S101  set by connect
        if self._dtls.state is DtlsState.FAILED:
            self.close()
            raise ConnectionLostError(self._dtls.reason)
        try:
            async with asyncio.timeout(self._dtls.timeout_s() or 0.5):
                await self._connected.wait()
        except TimeoutError:
            self._dtls.handle_timeout()
            self._flush_dtls()

    def send_rtp(self, packet: bytes) -> None:
        """Protect and send; refused by a full buffer: counted."""
        if self._outbound is not None:
            self._send(self._outbound.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send."""
        if self._outbound is not None:
            self._send(self._outbound.protect_rtcp(packet))

    def take_over(self) -> tuple[socket.socket, SrtpSessions]:
        """Read no more: the caller does, and hands what is not media to `received`.

        For a load that reads many sockets at once. Only once connected.
        """
        sessions = self._dtls.sessions if self._dtls is not None else None
        if sessions is None:
            raise ConnectionLostError("not connected")
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.connect(self._remote)
        return self._socket, sessions

    def close(self) -> None:
        """Say goodbye and free the socket. Safe to call twice."""
        if self.closed:
            return
        self.closed = True
        for task in self._tasks:
            task.cancel()
        if self._dtls is not None:
            self._dtls.close()
            self._flush_dtls()
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()

    async def _check(self) -> None:
        """Connectivity checks, quick until the first answer, then for consent."""
        loop = asyncio.get_running_loop()
        self.last_answer_s = loop.time()
        while True:
            request = stun.Message(
                message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST
            )
            request.attributes["USERNAME"] = f"{self._remote_ufrag}:{self.credentials.ufrag}"
            request.attributes["PRIORITY"] = _PRIORITY
            request.attributes["ICE-CONTROLLING"] = self._tie_breaker
            request.attributes["USE-CANDIDATE"] = None
            request.add_message_integrity(self._remote_password)
            self._send(bytes(request))
            await asyncio.sleep(CHECK_S if self._answered.is_set() else FIRST_CHECK_S)

    @property
    def silent_s(self) -> float:
        """Seconds since the server last answered a check."""
        return asyncio.get_running_loop().time() - self.last_answer_s

    def _send(self, datagram: bytes) -> None:
        try:
            self._socket.sendto(datagram, self._remote)
        except OSError:  # full buffer, or the server's port is closed for a moment
            self.not_sent += 1

    def _flush_dtls(self) -> None:
        assert self._dtls is not None  # noqa: S101  set by connect
        for datagram in self._dtls.datagrams_to_send():
            self._send(datagram)

    def _readable(self) -> None:
        for _ in range(MAX_DATAGRAMS):
            try:
                datagram = self._socket.recv(2048)
            except BlockingIOError:
                return
            except ConnectionRefusedError:  # ICMP: the server is restarting
                continue
            self.received(datagram)
            if self.closed:
                return

    def received(self, datagram: bytes) -> None:
        """Take one datagram of the server."""
        kind = classify(datagram)
        if kind is Kind.RTP or kind is Kind.RTCP:
            self._received_media(datagram, kind)
        elif kind is Kind.DTLS and self._dtls is not None:
            self._dtls.receive(datagram)
            self._flush_dtls()
            if self._dtls.state is DtlsState.CONNECTED and self._inbound is None:
                sessions = self._dtls.sessions
                assert sessions is not None  # noqa: S101  set together with CONNECTED
                self._inbound, self._outbound = sessions.inbound, sessions.outbound
                self._connected.set()
        elif kind is Kind.STUN:
            self._received_stun(datagram)

    def _received_media(self, datagram: bytes, kind: Kind) -> None:
        if self._inbound is None:
            return
        try:
            if kind is Kind.RTP:
                self._on_rtp(self._inbound.unprotect(datagram))
            else:
                self._on_rtcp(self._inbound.unprotect_rtcp(datagram))
        except Exception as error:
            if type(error).__module__ != "pylibsrtp":
                raise
            self.not_decrypted += 1

    def _received_stun(self, datagram: bytes) -> None:
        try:
            message = stun.parse_message(datagram)
            is_request = message.message_class is stun.Class.REQUEST
            key = self.credentials.password.encode() if is_request else self._remote_password
        except ValueError:
            return
        if not message.check_message_integrity(key):
            return
        if is_request:
            self._send(bytes(_answer_check(message, self._remote, key)))
        elif message.message_class is stun.Class.RESPONSE:
            self.last_answer_s = asyncio.get_running_loop().time()
            self.checks_answered += 1
            self._answered.set()


def _answer_check(request: stun.Message, address: tuple[str, int], key: bytes) -> stun.Message:
    """Lite servers send no checks, but some that call themselves so do (libnice)."""
    answer = stun.Message(
        message_method=request.message_method,
        message_class=stun.Class.RESPONSE,
        transaction_id=request.transaction_id,
    )
    answer.attributes["XOR-MAPPED-ADDRESS"] = address
    answer.add_message_integrity(key)
    return answer
