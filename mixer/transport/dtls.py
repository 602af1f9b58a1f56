"""One DTLS association without IO: datagrams in, datagrams and SRTP sessions out.

Only public functions of pyOpenSSL are used. The shell calls `receive` for each datagram whose
first byte is 20 to 63, sends `datagrams_to_send` after every call, and calls `handle_timeout`
when `timeout_s` is over.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from OpenSSL import SSL

from mixer.transport.identity import KNOWN_DIGESTS, Fingerprint, Identity, fingerprint_of
from mixer.transport.srtp import SrtpSessions, make_sessions, profile_named

MTU_BYTES: Final = 1200
_RECORD_HEADER: Final = 13
_EXPORT_LABEL: Final = b"EXTRACTOR-dtls_srtp"
_READ_BYTES: Final = 65_536


class DtlsState(StrEnum):
    """Life of an association; `CLOSED` and `FAILED` are final."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    CLOSED = "closed"
    FAILED = "failed"


class DtlsEndpoint:
    """Our end of one association. Bytes that do not belong to it are ignored by OpenSSL."""

    def __init__(
        self, identity: Identity, expected: tuple[Fingerprint, ...], *, is_server: bool
    ) -> None:
        """`expected` are the fingerprints of the peer's session description."""
        self._expected = expected
        self.is_server = is_server
        self.state = DtlsState.CONNECTING
        self.reason = ""
        """Why it failed, one sentence; empty otherwise."""
        self.sessions: SrtpSessions | None = None
        """Set once, together with `CONNECTED`."""
        self._ssl = SSL.Connection(identity.context)
        self._ssl.set_ciphertext_mtu(MTU_BYTES)
        if is_server:
            self._ssl.set_accept_state()
        else:
            self._ssl.set_connect_state()

    def start(self) -> None:
        """Let a client say hello; a server waits."""
        if not self.is_server:
            self._handshake()

    def receive(self, datagram: bytes) -> None:
        """Take one datagram of the peer."""
        if self.state in (DtlsState.CLOSED, DtlsState.FAILED):
            return
        self._ssl.bio_write(datagram)
        if self.state is DtlsState.CONNECTING:
            self._handshake()
            return
        try:
            self._ssl.recv(_READ_BYTES)
        except SSL.ZeroReturnError:
            self.state = DtlsState.CLOSED
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self._fail(f"record refused: {_words(error)}")

    def timeout_s(self) -> float | None:
        """Seconds until the last flight is sent again, or None."""
        if self.state is not DtlsState.CONNECTING:
            return None
        timeout: float | None = self._ssl.DTLSv1_get_timeout()
        return timeout

    def handle_timeout(self) -> None:
        """Repeat the last flight."""
        if self.state is not DtlsState.CONNECTING:
            return
        try:
            self._ssl.DTLSv1_handle_timeout()
        except SSL.Error as error:
            self._fail(f"no answer: {_words(error)}")

    def datagrams_to_send(self) -> list[bytes]:
        """Everything written since the last call, cut at records into datagrams."""
        flight = bytearray()
        while True:
            try:
                flight += self._ssl.bio_read(_READ_BYTES)
            except SSL.Error:  # nothing more to read
                return _cut_at_records(bytes(flight))

    def close(self) -> None:
        """Say goodbye (close_notify); `datagrams_to_send` has it."""
        if self.state is DtlsState.CONNECTED:
            try:
                self._ssl.shutdown()
            except SSL.Error as error:
                self.reason = f"shutdown refused: {_words(error)}"
        if self.state is not DtlsState.FAILED:
            self.state = DtlsState.CLOSED

    def _handshake(self) -> None:
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            self._fail(f"handshake refused: {_words(error)}")
            return
        if not self._peer_is_expected():
            self._fail("the certificate does not match the fingerprint")
            return
        profile = profile_named(self._ssl.get_selected_srtp_profile())
        if profile is None:
            self._fail("no common SRTP profile")
            return
        keying = self._ssl.export_keying_material(_EXPORT_LABEL, profile.keying_bytes)
        self.sessions = make_sessions(profile, keying, is_server=self.is_server)
        self.state = DtlsState.CONNECTED

    def _peer_is_expected(self) -> bool:
        """All fingerprints with a known digest must match, and there is at least one."""
        certificate = self._ssl.get_peer_certificate(as_cryptography=True)
        known = [print_ for print_ in self._expected if print_.algorithm in KNOWN_DIGESTS]
        if certificate is None or not known:
            return False
        return all(fingerprint_of(certificate, print_.algorithm) == print_ for print_ in known)

    def _fail(self, reason: str) -> None:
        self.state = DtlsState.FAILED
        self.reason = reason


def _words(error: SSL.Error) -> str:
    """OpenSSL's reasons in one line; an error may carry none."""
    stack = error.args[0] if error.args else ()
    reasons = [str(entry[-1]) for entry in stack if entry] if isinstance(stack, list) else []
    return ", ".join(reasons) or type(error).__name__


def _cut_at_records(flight: bytes) -> list[bytes]:
    """OpenSSL's memory BIO forgets where datagrams end; records must stay whole."""
    datagrams: list[bytes] = []
    start = position = 0
    while position + _RECORD_HEADER <= len(flight):
        size = int.from_bytes(flight[position + 11 : position + 13], "big")
        end = position + _RECORD_HEADER + size
        if end - start > MTU_BYTES and position > start:
            datagrams.append(flight[start:position])
            start = position
        position = end
    if start < len(flight):
        datagrams.append(flight[start:])
    return datagrams
