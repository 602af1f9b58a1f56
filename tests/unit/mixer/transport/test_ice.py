import random

import pytest
from aioice import stun

from mixer.transport.ice import MAX_ADDRESSES, ROAM_NS, Check, IceAgent, IceDrop, IceServer

HERE = ("192.0.2.1", 4000)
THERE = ("192.0.2.2", 4001)


def check(agent: IceAgent, *, nominate: bool = False, password: str = "", ufrag: str = "") -> bytes:
    credentials = agent.current
    request = stun.Message(
        stun.Method.BINDING,
        stun.Class.REQUEST,
        attributes={
            "USERNAME": f"{ufrag or credentials.ufrag}:remote",
            "PRIORITY": 1,
            "ICE-CONTROLLING": 7,
        },
    )
    if nominate:
        request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity((password or credentials.password).encode())
    return bytes(request)


@pytest.fixture
def agent() -> IceAgent:
    return IceAgent(1)


@pytest.fixture
def server(agent: IceAgent) -> IceServer:
    made = IceServer()
    made.add(agent)
    return made


def test_answers_with_the_address_it_saw(server: IceServer, agent: IceAgent) -> None:
    verdict = server.receive(check(agent), HERE, 5)
    assert isinstance(verdict, Check)
    response = stun.parse_message(verdict.response)
    assert response.message_class == stun.Class.RESPONSE
    assert response.attributes["XOR-MAPPED-ADDRESS"] == HERE
    assert response.check_message_integrity(agent.current.password.encode())
    assert agent.last_check_ns == 5


def test_sends_to_the_first_pair_then_follows_nomination(
    server: IceServer, agent: IceAgent
) -> None:
    assert isinstance(server.receive(check(agent), HERE, 1), Check)
    assert agent.address == HERE
    server.receive(check(agent), THERE, 2)
    assert agent.address == HERE
    verdict = server.receive(check(agent, nominate=True), THERE, 3)
    assert isinstance(verdict, Check)
    assert verdict.moved
    assert agent.address == THERE


def test_bad_integrity_changes_nothing(server: IceServer, agent: IceAgent) -> None:
    verdict = server.receive(check(agent, password="wrong"), HERE, 1)
    assert verdict is IceDrop.BAD_INTEGRITY
    assert agent.addresses == []
    assert agent.last_check_ns == -1


def test_drops_are_named(server: IceServer, agent: IceAgent) -> None:
    bare = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE)
    assert server.receive(check(agent, ufrag="nobody"), HERE, 1) is IceDrop.UNKNOWN_USERNAME
    assert server.receive(bytes(bare), HERE, 1) is IceDrop.NO_USERNAME
    assert server.receive(bytes(response), HERE, 1) is IceDrop.NOT_A_REQUEST
    assert server.receive(b"\0\1", HERE, 1) is IceDrop.MALFORMED
    damaged = bytearray(check(agent))
    damaged[4] ^= 1  # not STUN of RFC 5389: another magic cookie
    assert server.receive(bytes(damaged), HERE, 1) is IceDrop.MALFORMED


def test_refuses_the_controlled_role(server: IceServer, agent: IceAgent) -> None:
    request = stun.Message(
        stun.Method.BINDING,
        stun.Class.REQUEST,
        attributes={"USERNAME": f"{agent.current.ufrag}:r", "ICE-CONTROLLED": 1},
    )
    request.add_message_integrity(agent.current.password.encode())
    verdict = server.receive(bytes(request), HERE, 1)
    assert isinstance(verdict, Check)
    assert stun.parse_message(verdict.response).error_code == 487
    assert agent.address is None


def test_a_restart_accepts_old_and_new_credentials(server: IceServer, agent: IceAgent) -> None:
    old = check(agent)
    server.restart(agent)
    assert isinstance(server.receive(old, HERE, 1), Check)
    assert isinstance(server.receive(check(agent), HERE, 1), Check)
    server.restart(agent)
    assert server.receive(old, HERE, 1) is IceDrop.UNKNOWN_USERNAME
    assert len(server) == 2


def test_a_removed_agent_is_not_answered(server: IceServer, agent: IceAgent) -> None:
    server.remove(agent)
    assert server.receive(check(agent), HERE, 1) is IceDrop.UNKNOWN_USERNAME
    assert len(server) == 0


def test_addresses_are_bounded_and_the_one_in_use_stays(server: IceServer, agent: IceAgent) -> None:
    server.receive(check(agent, nominate=True), HERE, 1)
    for port in range(5000, 5000 + 3 * MAX_ADDRESSES):
        server.receive(check(agent), ("192.0.2.9", port), 1)
    assert len(agent.addresses) == MAX_ADDRESSES
    assert HERE in agent.addresses


def test_any_bytes_are_dropped_by_name(server: IceServer, agent: IceAgent) -> None:
    source = random.Random(7)
    good = check(agent)
    for _ in range(3000):
        damaged = bytearray(good)
        for _ in range(source.randint(1, 8)):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        del damaged[source.randint(0, len(damaged)) :]
        verdict = server.receive(bytes(damaged), HERE, 1)
        assert isinstance(verdict, IceDrop) or bytes(damaged) == good


def test_tells_the_address_as_the_network_has_it(server: IceServer, agent: IceAgent) -> None:
    verdict = server.receive(check(agent), ("tcp", 3), 5, HERE)
    assert isinstance(verdict, Check)
    response = stun.parse_message(verdict.response)
    assert response.attributes["XOR-MAPPED-ADDRESS"] == HERE
    assert agent.address == ("tcp", 3)


def test_a_peer_that_is_silent_where_it_was_has_roamed(server: IceServer, agent: IceAgent) -> None:
    server.receive(check(agent, nominate=True), HERE, 1)
    server.receive(check(agent), THERE, ROAM_NS)
    assert agent.address == HERE
    server.receive(check(agent), HERE, ROAM_NS)
    server.receive(check(agent), THERE, ROAM_NS + 2)
    assert agent.address == HERE
    verdict = server.receive(check(agent), THERE, 2 * ROAM_NS + 3)
    assert isinstance(verdict, Check)
    assert verdict.moved
    assert agent.address == THERE


def test_a_lost_address_leaves_the_one_heard_from_last(agent: IceAgent, server: IceServer) -> None:
    others = [("192.0.2.9", port) for port in (1, 2, 3)]
    server.receive(check(agent, nominate=True), HERE, 9)
    for now_ns, address in enumerate(others, 10):
        server.receive(check(agent), address, now_ns)
    server.receive(check(agent), others[1], 20)
    agent.leave(HERE)
    left = agent.address
    assert left == others[1]
    assert HERE not in agent.addresses
    for address in others:
        agent.leave(address)
    assert not agent.addresses
    assert not agent.checked_ns
