"""Players that offer (WHEP), and ICE restarts by credentials alone (WHIP and WHEP)."""

import pytest

from mixer.media.connection import ConnectionState, Direction
from mixer.transport.ice import Credentials
from mixer.wire.control import ControlError
from mixer.wire.ids import MediaKind, PeerId, SubscriptionId
from tests.unit.mixer.media.browser_rig import ELSEWHERE, PEER, Browser, Rig
from tests.unit.mixer.media.test_connections import connected, has_keys
from tests.unit.mixer.transport.sample_sdp import FINGERPRINT
from tests.unit.mixer.transport.test_answer_receiver import PLAYER

WANTED = {SubscriptionId(7): MediaKind.VIDEO, SubscriptionId(8): MediaKind.AUDIO}
THEIRS = Credentials("efgh", "x" * 24)


def playing() -> tuple[Rig, Browser]:
    rig = Rig(Direction.SEND)
    player = Browser(rig)
    offer = PLAYER.replace(FINGERPRINT, player.identity.fingerprint.value)
    sdp, agreements = rig.connections.answer_send(PEER, WANTED, offer, rig.now_ns)
    assert len(agreements) == 2
    player.read(sdp)
    assert player.check()
    player.shake_hands()
    return rig, player


def test_a_player_connects_by_its_own_offer() -> None:
    rig, _ = playing()
    assert rig.state is ConnectionState.CONNECTED
    assert has_keys(rig)


def test_a_player_offers_once() -> None:
    rig, _ = playing()
    with pytest.raises(ControlError, match="offers once"):
        rig.connections.answer_send(PEER, WANTED, PLAYER, rig.now_ns)
    assert rig.state is ConnectionState.CONNECTED


def test_an_offer_that_takes_nothing_leaves_the_peer_for_another() -> None:
    rig = Rig(Direction.SEND)
    with pytest.raises(ControlError, match=r"sdp\.invalid"):
        rig.connections.answer_send(PEER, {}, PLAYER, rig.now_ns)
    assert rig.connections.answer_send(PEER, WANTED, PLAYER, rig.now_ns)[1]


@pytest.mark.parametrize("publishes", [True, False])
def test_other_credentials_find_another_path_with_the_same_keys(publishes: bool) -> None:
    rig, browser = connected() if publishes else playing()
    fragment = rig.connections.restart_ice(PEER, THEIRS)
    told = dict(
        line[2:].split(":", 1)
        for line in fragment.split("\r\n")
        if line[1:2] == "=" and ":" in line
    )
    assert told["ice-ufrag"] != browser.ufrag
    moved = Browser(rig, ELSEWHERE)
    moved.ufrag, moved.password = told["ice-ufrag"], told["ice-pwd"]
    assert moved.check()
    assert (
        rig.connections.get(PEER, Direction.RECEIVE if publishes else Direction.SEND).agent.address
        == ELSEWHERE
    )
    assert rig.state is ConnectionState.CONNECTED
    assert rig.connections.handshakes == 1
    assert browser.check(), "the credentials before are good until the next restart"


def test_what_never_connected_is_not_restarted() -> None:
    rig = Rig(Direction.SEND)
    for peer in (PEER, PeerId(99)):
        with pytest.raises(ControlError, match=r"media\.unknown_peer"):
            rig.connections.restart_ice(peer, THEIRS)
