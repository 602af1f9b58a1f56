"""A browser's transport without IO, against `Connections` over a fake socket."""

from __future__ import annotations

from aioice import stun

from mixer.forward.fanout_reference import rewrite_header
from mixer.forward.interface import Address, is_streamed
from mixer.forward.reference import ReferenceFanout
from mixer.media.connection import Connection, ConnectionState, Direction
from mixer.media.connections import Connections
from mixer.media.ports import Candidates
from mixer.transport.dtls import DtlsEndpoint
from mixer.transport.identity import Fingerprint, Identity
from mixer.transport.sdp import parse_sdp
from mixer.wire.ids import MediaKind, PeerId, SubscriptionId
from tests.unit.mixer.forward.rig import FakeSocket
from tests.unit.mixer.transport.sample_sdp import FINGERPRINT, OFFER
from tests.unit.mixer.transport.test_offer import answered

SECOND = 1_000_000_000
PEER = PeerId(1)
HOME: Address = ("192.0.2.1", 1000)
ELSEWHERE: Address = ("192.0.2.1", 2000)
IDENTITIES = (Identity(), Identity())


class Rig:
    """One peer of a media process."""

    def __init__(self, direction: Direction) -> None:
        self.socket = FakeSocket()
        self.fanout = ReferenceFanout(self.socket, rewrite_header)
        self.states: list[tuple[ConnectionState, str]] = []
        self.connections = Connections(
            self.fanout, Candidates((("192.0.2.10", 5000),)), self._on_state
        )
        self.connections.add(PEER, direction)
        self.now_ns = 100 * SECOND

    def _on_state(self, connection: Connection, reason: str) -> None:
        self.states.append((connection.state, reason))

    @property
    def state(self) -> ConnectionState:
        state = self.connections.state_of(PEER)
        assert state is not None
        return state

    def arrive(self, datagram: bytes, address: Address) -> None:
        """By UDP, or by a TCP connection from `HOME`."""
        if is_streamed(address):
            batch = self.fanout.receive(datagram, address, self.now_ns)
        else:
            self.socket.incoming.append((datagram, address))
            batch = self.fanout.drain(self.now_ns, 64)
        seen_at = HOME if is_streamed(address) else None
        for control, source in batch.control:
            self.connections.receive(control, source, self.now_ns, seen_at)

    def taken(self, address: Address) -> list[bytes]:
        """What was sent to an address; forgets it."""
        if is_streamed(address):
            return [datagram for _, datagram in self.fanout.take_streamed()]
        sent = [datagram for datagram, to in self.socket.sent if to == address]
        self.socket.sent = [entry for entry in self.socket.sent if entry[1] != address]
        return sent

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.5)):
            self.now_ns += SECOND // 2
            self.connections.tick(self.now_ns)

    def receive_offer(self, browser: Browser, ufrag: str = "abcd") -> None:
        """The browser offers to publish and reads the answer."""
        offer = OFFER.replace(FINGERPRINT, browser.identity.fingerprint.value)
        sdp = self.connections.negotiate_receive(PEER, offer.replace("abcd", ufrag), self.now_ns)
        browser.read(sdp)

    def send_offer(self, browser: Browser) -> str:
        """The browser reads our offer; returns its answer."""
        wanted = {SubscriptionId(7): MediaKind.VIDEO}
        sdp, _ = self.connections.negotiate_send(PEER, wanted, self.now_ns)
        browser.read(sdp)
        ours = parse_sdp(sdp).transport.fingerprints[0].value
        return answered(sdp).replace(ours, browser.identity.fingerprint.value)


class Browser:
    """The other end: checks connectivity and shakes hands as DTLS client."""

    def __init__(self, rig: Rig, address: Address = HOME, identity: int = 0) -> None:
        self.rig = rig
        self.address = address
        self.identity = IDENTITIES[identity]
        self.ufrag = self.password = ""
        self.expected: tuple[Fingerprint, ...] = ()
        self.dtls: DtlsEndpoint | None = None

    def read(self, sdp: str) -> None:
        transport = parse_sdp(sdp).transport
        self.ufrag, self.password = transport.ufrag, transport.password
        self.expected = tuple(transport.fingerprints)

    def check(self, *, nominate: bool = True) -> bool:
        """Send a connectivity check; tell whether it was answered."""
        request = stun.Message(
            stun.Method.BINDING,
            stun.Class.REQUEST,
            attributes={"USERNAME": f"{self.ufrag}:abcd", "ICE-CONTROLLING": 1},
        )
        if nominate:
            request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(self.password.encode())
        self.rig.arrive(bytes(request), self.address)
        answers = [data for data in self.rig.taken(self.address) if data[0] <= 3]
        self.pump()
        return bool(answers)

    def shake_hands(self) -> None:
        """Run a whole handshake."""
        self.hello()
        self.pump()

    def hello(self) -> None:
        """Begin a handshake without reading answers."""
        self.dtls = DtlsEndpoint(self.identity, self.expected, is_server=False)
        self.dtls.start()
        for datagram in self.dtls.datagrams_to_send():
            self.rig.arrive(datagram, self.address)

    def pump(self) -> None:
        """Exchange what DTLS has to say."""
        if self.dtls is None:
            return
        for _ in range(10):
            for datagram in self.rig.taken(self.address):
                if datagram[0] > 19:
                    self.dtls.receive(datagram)
            flights = self.dtls.datagrams_to_send()
            for datagram in flights:
                self.rig.arrive(datagram, self.address)
            if not flights:
                return
