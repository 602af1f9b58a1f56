import random

import pytest

from mixer.forward.interface import STREAM_HOST
from mixer.media.connection import ConnectionState, Direction
from mixer.wire.control import ControlError
from mixer.wire.ids import PeerId
from tests.unit.mixer.media.browser_rig import ELSEWHERE, HOME, PEER, Browser, Rig
from tests.unit.mixer.transport.sample_sdp import OFFER, without

OTHER = PeerId(2)
CONNECTING, CONNECTED = ConnectionState.CONNECTING, ConnectionState.CONNECTED
DISCONNECTED, CLOSED = ConnectionState.DISCONNECTED, ConnectionState.CLOSED


def connected(direction: Direction = Direction.RECEIVE) -> tuple[Rig, Browser]:
    rig = Rig(direction)
    browser = Browser(rig)
    if direction is Direction.RECEIVE:
        rig.receive_offer(browser)
    else:
        answer = rig.send_offer(browser)
        rig.connections.finish_send(PEER, answer, rig.now_ns)
    assert browser.check()
    browser.shake_hands()
    assert rig.state is CONNECTED
    return rig, browser


def has_keys(rig: Rig) -> bool:
    return rig.fanout._peers[PEER].outbound is not None


@pytest.mark.parametrize("direction", list(Direction))
def test_a_browser_connects(direction: Direction) -> None:
    rig, _ = connected(direction)
    assert rig.states == [(CONNECTING, ""), (CONNECTED, "SRTP_AEAD_AES_128_GCM")]
    assert has_keys(rig)
    assert rig.connections.handshakes == 1


def test_a_handshake_may_begin_before_the_answer_is_handled() -> None:
    rig = Rig(Direction.SEND)
    browser = Browser(rig)
    answer = rig.send_offer(browser)
    assert browser.check()
    browser.hello()
    assert rig.state is ConnectionState.NEW
    rig.connections.finish_send(PEER, answer, rig.now_ns)
    browser.pump()
    assert rig.state is CONNECTED


def test_early_handshake_datagrams_are_bounded() -> None:
    rig = Rig(Direction.SEND)
    browser = Browser(rig)
    rig.send_offer(browser)
    browser.check()
    for _ in range(50):
        browser.hello()
    assert len(rig.connections.get(PEER, Direction.SEND).early_dtls) == 16


def test_another_certificate_than_announced_is_refused() -> None:
    rig = Rig(Direction.RECEIVE)
    browser = Browser(rig)
    rig.receive_offer(browser)
    browser.check()
    intruder = Browser(rig, identity=1)
    intruder.expected = browser.expected
    intruder.shake_hands()
    assert rig.states[-1] == (CLOSED, "dtls_failed")
    assert not has_keys(rig)


def test_dtls_from_an_address_without_a_check_is_dropped() -> None:
    rig = Rig(Direction.RECEIVE)
    browser = Browser(rig)
    rig.receive_offer(browser)
    browser.hello()
    assert rig.connections.drops["dtls_unknown_address"] >= 1
    assert rig.state is CONNECTING


# --- moving and coming back ---------------------------------------------------------------------


def test_media_follows_the_nominated_address() -> None:
    rig, browser = connected()
    browser.address = ELSEWHERE
    browser.check(nominate=False)
    assert rig.fanout._peers[PEER].address == HOME
    browser.check()
    assert rig.fanout._peers[PEER].address == ELSEWHERE


def test_an_ice_restart_keeps_the_keys() -> None:
    rig, browser = connected()
    old = (browser.ufrag, browser.password)
    rig.receive_offer(browser, ufrag="efgh")
    assert (browser.ufrag, browser.password) != old
    browser.address = ELSEWHERE
    assert browser.check()
    assert rig.state is CONNECTED
    assert rig.connections.handshakes == 1
    browser.ufrag, browser.password = old
    assert browser.check()


def test_new_tracks_on_the_same_transport_keep_everything() -> None:
    rig, browser = connected()
    old = browser.ufrag
    rig.receive_offer(browser)
    assert browser.ufrag == old
    assert has_keys(rig)


def test_a_page_that_was_loaded_again_publishes_with_new_keys() -> None:
    rig, _ = connected()
    again = Browser(rig, ELSEWHERE, identity=1)
    rig.receive_offer(again, ufrag="efgh")
    assert rig.state is CONNECTING
    assert not has_keys(rig)
    assert again.check()
    again.shake_hands()
    assert rig.state is CONNECTED
    assert rig.fanout._peers[PEER].address == ELSEWHERE
    assert rig.connections.handshakes == 2


def test_a_page_that_was_loaded_again_subscribes_with_new_keys() -> None:
    rig, _ = connected(Direction.SEND)
    again = Browser(rig, ELSEWHERE, identity=1)
    answer = rig.send_offer(again)
    assert again.check(nominate=False)
    again.hello()
    rig.connections.finish_send(PEER, answer, rig.now_ns)
    again.pump()
    assert rig.state is CONNECTED
    assert rig.connections.handshakes == 2
    assert rig.fanout._peers[PEER].address == ELSEWHERE


def test_more_subscriptions_on_a_living_transport_keep_it() -> None:
    rig, browser = connected(Direction.SEND)
    old = browser.ufrag
    answer = rig.send_offer(browser)
    rig.connections.finish_send(PEER, answer, rig.now_ns)
    assert browser.ufrag == old
    assert has_keys(rig)
    assert rig.connections.handshakes == 1


# --- silence and endings ------------------------------------------------------------------------


def test_silence_disconnects_and_a_check_brings_it_back() -> None:
    rig, browser = connected()
    rig.pass_time(9)
    assert rig.states[-1] == (DISCONNECTED, "no_checks")
    browser.check()
    assert rig.state is CONNECTED
    assert has_keys(rig)


def test_silence_is_noticed_in_time_after_a_calm() -> None:
    rig, browser = connected()
    for _ in range(5):
        rig.pass_time(2.5)
        assert browser.check()
    rig.pass_time(8)
    assert rig.state is CONNECTED
    rig.pass_time(0.5)  # a tick of the rig
    assert rig.state is DISCONNECTED


def test_consent_expires() -> None:
    rig, _ = connected()
    rig.pass_time(31)
    assert rig.states[-1] == (CLOSED, "consent_expired")
    assert not has_keys(rig)


def test_an_offer_to_a_silent_connection_has_new_credentials() -> None:
    rig, browser = connected(Direction.SEND)
    old = browser.ufrag
    rig.pass_time(9)
    rig.send_offer(browser)
    assert browser.ufrag != old


def test_a_browser_that_never_comes_is_given_up() -> None:
    rig = Rig(Direction.RECEIVE)
    rig.receive_offer(Browser(rig))
    rig.pass_time(31)
    assert rig.states[-1] == (CLOSED, "no_checks")


def test_a_browser_that_closes_is_noticed_and_may_come_back() -> None:
    rig, browser = connected()
    assert browser.dtls is not None
    browser.dtls.close()
    browser.pump()
    assert rig.states[-1] == (CLOSED, "closed_by_peer")
    rig.receive_offer(browser)
    browser.check()
    browser.shake_hands()
    assert rig.state is CONNECTED


def test_closing_tells_the_browser() -> None:
    rig, browser = connected()
    rig.connections.close_all()
    assert browser.dtls is not None
    for datagram in rig.taken(HOME):
        browser.dtls.receive(datagram)
    assert browser.dtls.state.value == "closed"
    assert not browser.check()


def test_an_address_taken_over_is_left_alone_by_its_first_owner() -> None:
    rig, _ = connected()
    rig.connections.add(OTHER, Direction.RECEIVE)
    other = Browser(rig, HOME, identity=1)
    sdp = rig.connections.negotiate_receive(OTHER, OFFER, rig.now_ns)
    other.read(sdp)
    assert other.check()
    rig.connections.remove(PEER)
    assert rig.fanout._peers[OTHER].address == HOME


# --- refusals -----------------------------------------------------------------------------------


def refused(rig: Rig, sdp: str) -> str:
    with pytest.raises(ControlError) as caught:
        rig.connections.negotiate_receive(PEER, sdp, rig.now_ns)
    return caught.value.error


def test_refusals_have_stable_ids() -> None:
    rig = Rig(Direction.RECEIVE)
    assert refused(rig, "nonsense") == "sdp.invalid"
    assert refused(rig, without("a=fingerprint")) == "sdp.no_fingerprint"
    with pytest.raises(ControlError) as caught:
        rig.connections.negotiate_send(PEER, {}, 0)
    assert caught.value.error == "media.wrong_direction"
    with pytest.raises(ControlError) as caught:
        rig.connections.negotiate_receive(PeerId(99), OFFER, 0)
    assert caught.value.error == "media.unknown_peer"


def test_a_refused_description_leaves_a_connection_as_it_was() -> None:
    rig, browser = connected()
    assert refused(rig, without("a=fingerprint")) == "sdp.no_fingerprint"
    assert rig.state is CONNECTED
    assert browser.check()


def test_an_answer_without_an_offer_is_refused() -> None:
    rig = Rig(Direction.SEND)
    with pytest.raises(ControlError) as caught:
        rig.connections.finish_send(PEER, OFFER, 0)
    assert caught.value.error == "sdp.invalid"


def test_bad_integrity_is_counted_and_logged_once(capsys: pytest.CaptureFixture[str]) -> None:
    rig = Rig(Direction.RECEIVE)
    browser = Browser(rig)
    rig.receive_offer(browser)
    browser.password = "wrong"
    assert not any(browser.check() for _ in range(5))
    assert rig.connections.drops["stun_bad_integrity"] == 5
    assert capsys.readouterr().out.count("stun.bad_integrity") == 1


def test_junk_from_a_known_address_ends_nothing() -> None:
    rig, browser = connected()
    source = random.Random(20_263)
    for _ in range(2000):
        first = source.choice((0, 1, 20, 21, 22, 23, 25, 40, 63))
        size = source.randrange(120)
        rig.arrive(
            bytes((first, 0xFE, 0xFD, 0, source.choice((0, 1)))) + source.randbytes(size), HOME
        )
    assert rig.connections.drops["control_bug"] == 0
    assert rig.state is CONNECTED
    assert browser.check()


def test_a_peer_whose_network_changed_is_followed() -> None:
    rig, browser = connected(Direction.SEND)
    browser.address = ELSEWHERE
    assert browser.check(nominate=False)
    assert rig.fanout._peers[PEER].address == HOME
    rig.pass_time(4)
    assert browser.check(nominate=False)
    assert rig.fanout._peers[PEER].address == ELSEWHERE
    assert rig.connections.handshakes == 1


def test_a_peer_without_its_tcp_connection_is_away_until_it_checks_again() -> None:
    rig = Rig(Direction.SEND)
    browser = Browser(rig, (STREAM_HOST, 1))
    rig.connections.finish_send(PEER, rig.send_offer(browser), rig.now_ns)
    assert browser.check()
    browser.shake_hands()
    assert rig.state is CONNECTED
    rig.connections.lose_address((STREAM_HOST, 1))
    assert rig.state is DISCONNECTED
    assert rig.fanout._peers[PEER].address is None
    browser.address = HOME
    assert browser.check()
    assert rig.state is CONNECTED
    assert rig.fanout._peers[PEER].address == HOME
