"""ICE-lite (RFC 8445 section 2.5): we answer checks and never send any.

`IceServer` knows all connections of the port by their username fragment. Candidates of peers
are not needed: an authenticated check tells where the peer is.
"""

from __future__ import annotations

import secrets
import string
import struct
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from aioice import stun

from mixer.transport.stun_answer import success

Address = tuple[str, int]

_ALPHABET: Final = string.ascii_letters + string.digits
_COOKIE: Final = stun.COOKIE.to_bytes(4, "big")
_ROLE_CONFLICT: Final = (487, "Role Conflict")
MAX_ADDRESSES: Final = 8
MAX_CREDENTIALS: Final = 2
ROAM_NS: Final = 3_000_000_000
"""Browsers check the pair in use at least this often; the others seldom."""


class IceDrop(StrEnum):
    """Why a datagram that looked like STUN was thrown away."""

    MALFORMED = "stun_malformed"
    NOT_A_REQUEST = "stun_not_a_request"
    NO_USERNAME = "stun_no_username"
    UNKNOWN_USERNAME = "stun_unknown_username"
    BAD_INTEGRITY = "stun_bad_integrity"


class Credentials(NamedTuple):
    """Username fragment and password of one ICE generation (RFC 8839 section 5.4)."""

    ufrag: str
    password: str


def make_credentials() -> Credentials:
    """Fresh random credentials."""
    return Credentials(_random_text(8), _random_text(24))


def _random_text(size: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(size))


@dataclass(slots=True, eq=False)
class IceAgent:
    """Our end of one connection: its credentials and where its peer was seen."""

    peer: int
    credentials: list[Credentials] = field(default_factory=lambda: [make_credentials()])
    """Newest first; after a restart the old ones are accepted too."""
    addresses: list[Address] = field(default_factory=list)
    """Authenticated addresses, newest last, at most `MAX_ADDRESSES`."""
    address: Address | None = None
    """Where to send: the first one seen, then the nominated one."""
    checked_ns: dict[Address, int] = field(default_factory=dict)
    """Monotonic time of the last good check from each address."""
    last_check_ns: int = -1
    """Monotonic time of the last good check, -1 before the first."""

    @property
    def current(self) -> Credentials:
        """What the next session description shows."""
        return self.credentials[0]

    def leave(self, address: Address) -> None:
        """Accept an address no more; go on with the one heard from last."""
        if address in self.addresses:
            self.addresses.remove(address)
        self.checked_ns.pop(address, None)
        if self.address == address:
            self.address = max(
                self.addresses, key=lambda one: self.checked_ns.get(one, 0), default=None
            )

    def note_check(self, address: Address, now_ns: int, *, nominated: bool) -> bool:
        """A good check came; tell whether the peer is sent to from another place now.

        The nominated pair wins. A peer that checks from elsewhere while the pair in use is silent
        has roamed, nominated or not: its network changed, or a translator forgot it.
        """
        self.last_check_ns = self.checked_ns[address] = now_ns
        if self.address == address:
            return False
        silent = self.address is None or now_ns - self.checked_ns.get(self.address, 0) > ROAM_NS
        if nominated or silent:
            self.address = address
            return True
        return False


@dataclass(slots=True, frozen=True)
class Check:
    """A good check: send `response` back, and note what changed."""

    agent: IceAgent
    response: bytes
    new_address: bool
    moved: bool
    """`agent.address` is another than before."""
    evicted: Address | None = None
    """The agent's oldest address, no longer accepted."""


class IceServer:
    """All agents of one port. Not authenticated datagrams change nothing."""

    def __init__(self) -> None:
        self._agents: dict[str, tuple[IceAgent, str]] = {}

    def __len__(self) -> int:
        return len(self._agents)

    def add(self, agent: IceAgent) -> None:
        """Answer checks for all credentials of `agent` from now on."""
        for ufrag, password in agent.credentials:
            self._agents[ufrag] = (agent, password)

    def remove(self, agent: IceAgent) -> None:
        """Answer no more."""
        for ufrag, _ in agent.credentials:
            self._agents.pop(ufrag, None)

    def restart(self, agent: IceAgent) -> Credentials:
        """Give `agent` new credentials; those before the last ones end now."""
        agent.credentials.insert(0, make_credentials())
        for ufrag, _ in agent.credentials[MAX_CREDENTIALS:]:
            self._agents.pop(ufrag, None)
        del agent.credentials[MAX_CREDENTIALS:]
        self.add(agent)
        return agent.current

    def receive(
        self, datagram: bytes, address: Address, now_ns: int, seen_at: Address | None = None
    ) -> Check | IceDrop:
        """Judge one datagram whose first byte is 0 to 3.

        `seen_at` is where it came from in the network's terms, where `address` is not that.
        """
        request = _parse(datagram)
        if request is None:
            return IceDrop.MALFORMED
        if (
            request.message_method != stun.Method.BINDING
            or request.message_class != stun.Class.REQUEST
        ):
            return IceDrop.NOT_A_REQUEST
        username = request.attributes.get("USERNAME")
        if not isinstance(username, str):
            return IceDrop.NO_USERNAME
        known = self._agents.get(username.partition(":")[0])
        if known is None:
            return IceDrop.UNKNOWN_USERNAME
        agent, password = known
        if not request.check_message_integrity(password.encode()):
            return IceDrop.BAD_INTEGRITY
        mapped = seen_at or address
        return _answer(agent, password, request, (address, mapped), now_ns)


def _parse(datagram: bytes) -> stun.Message | None:
    if datagram[4:8] != _COOKIE:
        return None
    try:
        return stun.parse_message(datagram)
    except (ValueError, IndexError, struct.error):
        return None


def _answer(
    agent: IceAgent,
    password: str,
    request: stun.Message,
    source: tuple[Address, Address],
    now_ns: int,
) -> Check:
    address, mapped = source
    if "ICE-CONTROLLED" in request.attributes:
        # A lite agent is always controlled (RFC 8445 section 6.1.1).
        response = stun.Message(
            request.message_method,
            stun.Class.ERROR,
            request.transaction_id,
            {"ERROR-CODE": _ROLE_CONFLICT},
        )
        response.add_message_integrity(password.encode())
        return Check(agent, bytes(response), new_address=False, moved=False)
    answer = success(request.transaction_id, mapped, password.encode())
    new_address = address not in agent.addresses
    evicted: Address | None = None
    if new_address:
        agent.addresses.append(address)
        if len(agent.addresses) > MAX_ADDRESSES:
            evicted = next(seen for seen in agent.addresses if seen != agent.address)
            agent.leave(evicted)
    nominated = "USE-CANDIDATE" in request.attributes
    moved = agent.note_check(address, now_ns, nominated=nominated)
    return Check(agent, answer, new_address, moved, evicted)
