from mixer.forward.batch import NOTHING
from mixer.forward.drops import Drop
from mixer.forward.interface import STREAM_HOST
from tests.unit.mixer.forward.rig import _TAG, DELTA, KEY, VIDEO, VIDEO_SSRC, VIEWER, Rig, rtp

CONNECTION = (STREAM_HOST, 1)


def test_a_peer_on_tcp_gets_its_packets_by_the_outbox(rig: Rig) -> None:
    rig.fanout.set_address(2, CONNECTION, send_to=True)
    assert rig.video(1, KEY) is not NOTHING
    ((address, datagram),) = rig.fanout.take_streamed()
    assert address == CONNECTION
    assert datagram.endswith(KEY + _TAG)
    assert rig.rtp_to(VIEWER) == []
    assert rig.fanout.take_streamed() == []


def test_control_messages_go_the_same_way(rig: Rig) -> None:
    rig.fanout.send_control(b"\x00stun", CONNECTION)
    assert rig.fanout.take_streamed() == [(CONNECTION, b"\x00stun")]


def test_what_came_by_tcp_is_received(rig: Rig) -> None:
    rig.fanout.set_address(1, CONNECTION, send_to=True)
    rig.fanout.set_tap(VIDEO, tapped=True)
    packet = rtp(96, 1, 0, VIDEO_SSRC, DELTA) + _TAG
    assert len(rig.fanout.receive(packet, CONNECTION, rig.now_ns).tapped) == 1
    assert rig.fanout.receive(b"\x16dtls", CONNECTION, rig.now_ns).control == [
        (b"\x16dtls", CONNECTION)
    ]
    rig.fanout.receive(packet, (STREAM_HOST, 2), rig.now_ns)
    assert rig.drops(Drop.UNKNOWN_ADDRESS) == 1


def test_an_outbox_nobody_fetches_is_bounded(rig: Rig) -> None:
    for _ in range(5000):
        rig.fanout.send_control(b"\x00stun", CONNECTION)
    assert len(rig.fanout.take_streamed()) == 4096
    assert rig.drops(Drop.STREAM_OUTBOX_FULL) == 904
