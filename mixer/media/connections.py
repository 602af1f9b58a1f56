"""All peer connections: negotiation, connectivity checks, handshakes, consent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

from mixer.forward.interface import Address, Fanout
from mixer.media.addresses import AddressBook
from mixer.media.connection import (
    TRANSITIONS,
    Connection,
    ConnectionState,
    Direction,
    begins_handshake,
)
from mixer.media.in_lines import in_lines
from mixer.media.ports import Candidates
from mixer.media.udp import unmapped
from mixer.transport.answer import LocalTransport, answer_offer
from mixer.transport.answer_receiver import answer_receiver, ice_fragment, place
from mixer.transport.dtls import DtlsEndpoint, DtlsState
from mixer.transport.ice import Check, Credentials, IceAgent, IceDrop, IceServer
from mixer.transport.identity import Identity
from mixer.transport.offer import MAX_SENT_LINES, SendAgreement, read_answer, write_offer
from mixer.transport.sdp import Description, parse_sdp
from mixer.wire.control import ControlError
from mixer.wire.ids import MediaKind, PeerId, SubscriptionId

_log = structlog.get_logger(__name__)
DISCONNECTED_NS: Final = 8_000_000_000
"""Chromium checks about every 2.6 s, aioice every 4 to 6 s."""
CLOSED_NS: Final = 30_000_000_000
"""Consent expires (RFC 7675 section 5.1)."""
CONNECTING_NS: Final = 30_000_000_000
_MAX_BUGS_LOGGED: Final = 10
_MAX_SOURCES_LOGGED: Final = 1024

StateReport = Callable[[Connection, str], None]


class Connections:
    """Decides by datagrams and time; sends through the fan-out's socket."""

    def __init__(
        self,
        fanout: Fanout,
        candidates: Candidates,
        on_state: StateReport,
    ) -> None:
        """`on_state` hears of every change, with a reason."""
        self._fanout = fanout
        self._candidates = candidates
        self._on_state = on_state
        self._identity = Identity()
        self._ice = IceServer()
        self._by_peer: dict[PeerId, Connection] = {}
        self.addresses = AddressBook(fanout)
        self._logged_sources: set[str] = set()
        self.drops: dict[str, int] = {reason.value: 0 for reason in IceDrop}
        self.drops |= {"dtls_unknown_address": 0, "control_bug": 0}
        self.handshakes = 0
        self._calm_until_ns = 0  # before, no silence can have lasted too long

    # --- life of a connection -------------------------------------------------------------------

    def add(self, peer: PeerId, direction: Direction) -> None:
        """Make a connection without a transport."""
        agent = IceAgent(peer)
        connection = Connection(peer, direction, agent)
        self._by_peer[peer] = connection
        self._ice.add(agent)
        self._fanout.add_peer(peer, connection.cname)

    def remove(self, peer: PeerId) -> None:
        """Say goodbye and forget it."""
        connection = self._by_peer.pop(peer)
        self._fanout.remove_peer(peer)
        self._end_dtls(connection)
        self._ice.remove(connection.agent)
        self.addresses.forget_removed(connection)

    def get(self, peer: PeerId, direction: Direction) -> Connection:
        """Raises `ControlError` ``media.unknown_peer`` or ``media.wrong_direction``."""
        connection = self._by_peer.get(peer)
        if connection is None:
            raise ControlError("media.unknown_peer", f"there is no peer {peer}")
        if connection.direction is not direction:
            raise ControlError("media.wrong_direction", f"peer {peer} is not a {direction} peer")
        return connection

    def state_of(self, peer: PeerId) -> ConnectionState | None:
        """None for an unknown peer."""
        connection = self._by_peer.get(peer)
        return connection.state if connection else None

    @property
    def is_any_connecting(self) -> bool:
        """Whether any connection is being made."""
        return any(one.state is ConnectionState.CONNECTING for one in self._by_peer.values())

    def all(self) -> tuple[Connection, ...]:
        """Every connection."""
        return tuple(self._by_peer.values())

    def counts(self) -> dict[ConnectionState, int]:
        """Connections by state."""
        states = [connection.state for connection in self._by_peer.values()]
        return {state: states.count(state) for state in ConnectionState}

    def close_all(self) -> None:
        """Say goodbye to everybody."""
        for peer in tuple(self._by_peer):
            self.remove(peer)

    def _move(self, connection: Connection, state: ConnectionState, reason: str = "") -> None:
        if state is connection.state or state not in TRANSITIONS[connection.state]:
            return
        connection.state = state
        self._calm_until_ns = 0
        _log.info("peer.state", peer=connection.peer, state=state.value, reason=reason)
        self._on_state(connection, reason)

    # --- negotiation ----------------------------------------------------------------------------

    def negotiate_receive(self, peer: PeerId, sdp: str, now_ns: int) -> str:
        """Answer a browser's offer. Raises `ControlError`."""
        connection = self.get(peer, Direction.RECEIVE)
        offer = parse_sdp(sdp)
        remote = Credentials(offer.transport.ufrag, offer.transport.password)
        is_new = self._is_new_transport(connection, offer)
        if not is_new and connection.remote not in (None, remote):
            self._ice.restart(connection.agent)
        elif is_new and connection.remote is not None:
            self._renew(connection)
        connection.remote = remote
        agreement = answer_offer(
            offer,
            self._local(connection),
            session=connection.session_id,
            version=connection.next_version(),
        )
        connection.mids = tuple(line.mid for line in agreement.lines)
        self._fanout.set_in_lines(peer, in_lines(agreement))
        if is_new:
            self._shake_hands(connection, offer, now_ns)
        return agreement.sdp

    def negotiate_send(
        self,
        peer: PeerId,
        wanted: dict[SubscriptionId, MediaKind],
        now_ns: int,
        *,
        restart: bool = False,
    ) -> tuple[str, dict[str, SubscriptionId]]:
        """Offer all subscriptions of a peer. Raises `ControlError`.

        A connection that is not alive gets new ICE credentials, or any with `restart`.
        """
        connection = self.get(peer, Direction.SEND)
        connection.sent.assign(wanted)
        if connection.version and (restart or connection.state is not ConnectionState.CONNECTED):
            self._ice.restart(connection.agent)
        connection.negotiated_ns = now_ns
        sdp = write_offer(
            connection.sent,
            self._local(connection),
            cname=connection.cname,
            session=connection.session_id,
            version=connection.next_version(),
        )
        return sdp, connection.sent.mids()

    def finish_send(self, peer: PeerId, sdp: str, now_ns: int) -> tuple[SendAgreement, ...]:
        """Read the answer to the last offer. Raises `ControlError`."""
        connection = self.get(peer, Direction.SEND)
        if not connection.version:
            raise ControlError("sdp.invalid", "an answer without an offer")
        answer = parse_sdp(sdp, MAX_SENT_LINES)
        agreements = read_answer(connection.sent, answer)
        is_new = self._is_new_transport(connection, answer)
        connection.remote = Credentials(answer.transport.ufrag, answer.transport.password)
        if is_new:
            self._fanout.clear_keys(peer)
            self._prefer_newest(connection)
            self._shake_hands(connection, answer, now_ns)
        return agreements

    def answer_send(
        self, peer: PeerId, wanted: dict[SubscriptionId, MediaKind], sdp: str, now_ns: int
    ) -> tuple[str, tuple[SendAgreement, ...]]:
        """Answer a player's offer to receive. Raises `ControlError`."""
        connection = self.get(peer, Direction.SEND)
        if connection.version:
            raise ControlError("sdp.invalid", "a player offers once; then only ICE restarts")
        offer = parse_sdp(sdp)
        place(offer, connection.sent, wanted)
        connection.remote = Credentials(offer.transport.ufrag, offer.transport.password)
        answer, agreements = answer_receiver(
            offer,
            connection.sent,
            self._local(connection),
            cname=connection.cname,
            session=connection.session_id,
            version=connection.next_version(),
        )
        connection.mids = tuple(connection.sent.mids())
        self._shake_hands(connection, offer, now_ns)
        return answer, agreements

    def restart_ice(self, peer: PeerId, remote: Credentials) -> str:
        """New credentials on both sides, as a fragment. Raises `ControlError`."""
        connection = self._by_peer.get(peer)
        if connection is None or connection.remote is None:
            raise ControlError("media.unknown_peer", f"there is no connection of peer {peer}")
        self._ice.restart(connection.agent)
        connection.remote = remote
        return ice_fragment(self._local(connection), connection.mids)

    def release(self, peer: PeerId, subscription: SubscriptionId) -> None:
        """A subscription was removed; its m-line is free."""
        connection = self._by_peer.get(peer)
        if connection is not None:
            connection.sent.release(subscription)

    def _local(self, connection: Connection) -> LocalTransport:
        return LocalTransport(
            connection.agent.current,
            self._identity.fingerprint,
            self._candidates.udp,
            self._candidates.tcp,
        )

    def _is_new_transport(self, connection: Connection, described: Description) -> bool:
        """Keys last as long as the peer's certificate and the association do."""
        dtls = connection.dtls
        is_over = dtls is None or dtls.state in (DtlsState.CLOSED, DtlsState.FAILED)
        return is_over or connection.fingerprints != tuple(described.transport.fingerprints)

    def _renew(self, connection: Connection) -> None:
        """The peer came back with other keys: nothing of the old transport counts any more."""
        self._fanout.clear_keys(connection.peer)
        self._end_dtls(connection)
        self.addresses.forget_all(connection)
        self._ice.restart(connection.agent)

    def _prefer_newest(self, connection: Connection) -> None:
        """A page that came back checks from a new port; the old one is nobody's."""
        agent = connection.agent
        if agent.addresses and agent.address != agent.addresses[-1]:
            agent.address = agent.addresses[-1]
            self.addresses.send_to_current(connection)

    def _shake_hands(self, connection: Connection, described: Description, now_ns: int) -> None:
        transport = described.transport
        connection.fingerprints = tuple(transport.fingerprints)
        # Offered actpass or active: we are passive. Answered active: likewise.
        is_server = transport.setup != "passive"
        connection.dtls = DtlsEndpoint(self._identity, connection.fingerprints, is_server=is_server)
        connection.negotiated_ns = now_ns
        self._move(connection, ConnectionState.CONNECTING)
        if connection.agent.address is not None:
            connection.dtls.start()
        early = tuple(connection.early_dtls)
        connection.early_dtls.clear()
        for datagram in early:
            connection.dtls.receive(datagram)
        self._after_dtls(connection)

    # --- datagrams ------------------------------------------------------------------------------

    def receive(
        self, datagram: bytes, address: Address, now_ns: int, seen_at: Address | None = None
    ) -> None:
        """Take one STUN or DTLS datagram; `seen_at` as `IceServer.receive` has it."""
        try:
            if datagram[0] <= 3:
                self._receive_stun(datagram, address, now_ns, seen_at or unmapped(address))
            else:
                self._receive_dtls(datagram, address)
        except Exception:  # noqa: BLE001  a bug costs this datagram, never the process
            self.drops["control_bug"] += 1
            if self.drops["control_bug"] <= _MAX_BUGS_LOGGED:
                _log.exception("media.control_bug")

    def _receive_dtls(self, datagram: bytes, address: Address) -> None:
        connection = self.addresses.owner(address)
        if connection is None:
            self.drops["dtls_unknown_address"] += 1
            return
        dtls = connection.dtls
        if dtls is None or (dtls.state is not DtlsState.CONNECTING and begins_handshake(datagram)):
            connection.early_dtls.append(datagram)
            return
        dtls.receive(datagram)
        self._after_dtls(connection, address)

    def _receive_stun(
        self, datagram: bytes, address: Address, now_ns: int, seen_at: Address
    ) -> None:
        verdict = self._ice.receive(datagram, address, now_ns, seen_at)
        if isinstance(verdict, IceDrop):
            self.drops[verdict.value] += 1
            if verdict is IceDrop.BAD_INTEGRITY:
                self._log_source_once(seen_at)
            return
        self._fanout.send_control(verdict.response, address)
        connection = self._by_peer[PeerId(verdict.agent.peer)]
        if verdict.new_address or verdict.moved:
            self._take_address(connection, address, verdict)
        if connection.state is ConnectionState.DISCONNECTED:
            self._move(connection, ConnectionState.CONNECTED)

    def _take_address(self, connection: Connection, address: Address, check: Check) -> None:
        self.addresses.take(connection, address, check)
        dtls = connection.dtls
        if dtls is not None and dtls.state is DtlsState.CONNECTING:
            if not dtls.is_server:
                dtls.start()
            self._after_dtls(connection)

    def lose_address(self, address: Address) -> None:
        """A TCP connection was closed. Without another path the peer counts as away at once."""
        connection = self.addresses.lose(address)
        if connection is not None and connection.agent.address is None:
            self._move(connection, ConnectionState.DISCONNECTED, "stream_closed")

    def _log_source_once(self, address: Address) -> None:
        if address[0] in self._logged_sources or len(self._logged_sources) >= _MAX_SOURCES_LOGGED:
            return
        self._logged_sources.add(address[0])
        _log.warning("stun.bad_integrity", source=address[0])

    def _after_dtls(self, connection: Connection, came_from: Address | None = None) -> None:
        """Send what DTLS wrote (back to where a flight came from), and take its state over."""
        dtls, address = connection.dtls, came_from or connection.agent.address
        if dtls is None:
            return
        if address is not None:
            for datagram in dtls.datagrams_to_send():
                self._fanout.send_control(datagram, address)
        if dtls.state is DtlsState.CLOSED:
            self._close(connection, "closed_by_peer")
        elif dtls.state is DtlsState.FAILED:
            _log.warning("dtls.failed", peer=connection.peer, reason=dtls.reason)
            self._close(connection, "dtls_failed")
        elif dtls.sessions is not None and connection.state is ConnectionState.CONNECTING:
            self.handshakes += 1
            self._fanout.set_keys(connection.peer, dtls.sessions.inbound, dtls.sessions.outbound)
            self._move(connection, ConnectionState.CONNECTED, dtls.sessions.profile)

    # --- time -----------------------------------------------------------------------------------

    def tick(self, now_ns: int) -> None:
        """Repeat flights, notice silence; call it about every 50 ms."""
        if now_ns < self._calm_until_ns:
            return
        calm_ns = DISCONNECTED_NS
        for connection in tuple(self._by_peer.values()):
            if connection.state is ConnectionState.CONNECTING:
                calm_ns = 0
                self._tick_connecting(connection, now_ns)
            elif connection.state in (ConnectionState.CONNECTED, ConnectionState.DISCONNECTED):
                silence_ns = now_ns - connection.agent.last_check_ns
                if silence_ns > CLOSED_NS:
                    self._end_dtls(connection)
                    self._close(connection, "consent_expired")
                elif silence_ns > DISCONNECTED_NS:
                    self._move(connection, ConnectionState.DISCONNECTED, "no_checks")
                calm_ns = min(calm_ns, DISCONNECTED_NS - silence_ns)
        self._calm_until_ns = now_ns + calm_ns

    def _tick_connecting(self, connection: Connection, now_ns: int) -> None:
        dtls = connection.dtls
        if now_ns - connection.negotiated_ns > CONNECTING_NS:
            self._end_dtls(connection)
            reason = "no_checks" if connection.agent.address is None else "no_handshake"
            self._close(connection, reason)
        elif dtls is not None and connection.agent.address is not None:
            timeout_s = dtls.timeout_s()
            if timeout_s is not None and timeout_s <= 0:
                dtls.handle_timeout()
            self._after_dtls(connection)

    def _end_dtls(self, connection: Connection) -> None:
        dtls, address = connection.dtls, connection.agent.address
        connection.dtls = None
        if dtls is None or address is None:
            return
        dtls.close()
        for datagram in dtls.datagrams_to_send():
            self._fanout.send_control(datagram, address)

    def _close(self, connection: Connection, reason: str) -> None:
        self._fanout.clear_keys(connection.peer)
        self.addresses.close_streams(connection)
        self._move(connection, ConnectionState.CLOSED, reason)
