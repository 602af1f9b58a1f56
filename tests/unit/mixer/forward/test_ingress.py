import pytest

from mixer.forward.drops import Drop
from mixer.forward.interface import InLine
from mixer.forward.peer import MAX_SSRCS
from mixer.rtp import payload_type as types
from mixer.rtp.rtcp import Nack
from mixer.wire.ids import MediaKind
from tests.unit.mixer.forward.implementations import IMPLEMENTATIONS
from tests.unit.mixer.forward.rig import (
    AUDIO,
    AUDIO_SSRC,
    DELTA,
    KEY,
    MS,
    PUBLISHER,
    RTX_SSRC,
    VIDEO,
    VIDEO_SSRC,
    VIEWER,
    MarkingSrtp,
    Rig,
    rtp,
    with_mid,
)


@pytest.fixture
def rig(implementation: str) -> Rig:
    made = Rig(make=IMPLEMENTATIONS[implementation])
    made.fanout.set_tap(VIDEO, tapped=True)
    made.fanout.set_tap(AUDIO, tapped=True)
    return made


# --- whose packet is it -------------------------------------------------------------------------


def test_binds_by_the_mid_extension(rig: Rig) -> None:
    (packet,) = rig.arrive(with_mid("0", 96, 1, 0, 4242, KEY)).tapped
    assert packet.stream == VIDEO
    assert packet.packet == rtp(types.VP8, 1, 0, 4242, KEY)


def test_binds_by_the_announced_ssrc(rig: Rig) -> None:
    (packet,) = rig.arrive(rtp(111, 1, 0, AUDIO_SSRC, b"opus")).tapped
    assert packet.stream == AUDIO


def test_binds_by_a_payload_type_of_one_line_only(rig: Rig) -> None:
    (packet,) = rig.arrive(rtp(96, 1, 0, 777, KEY)).tapped
    assert packet.stream == VIDEO


def test_drops_what_two_lines_could_mean(rig: Rig) -> None:
    lines = tuple(
        InLine(mid, MediaKind.VIDEO, {96: types.VP8}, {}, (), {}, nack=False) for mid in "01"
    )
    rig.fanout.set_in_lines(1, lines)
    assert rig.arrive(rtp(96, 1, 0, 777, KEY)).tapped == []
    assert rig.drops(Drop.UNBOUND_SSRC) == 1


def test_drops_what_nobody_published(rig: Rig) -> None:
    rig.fanout.remove_in(VIDEO)
    rig.video(1, KEY)
    assert rig.drops(Drop.UNBOUND_SSRC) == 1


def test_drops_an_unknown_payload_type(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.arrive(rtp(45, 2, 0, VIDEO_SSRC, KEY))
    rig.arrive(with_mid("0", 45, 2, 0, 555, KEY))
    assert rig.drops(Drop.UNKNOWN_PAYLOAD_TYPE) == 2


# --- lives --------------------------------------------------------------------------------------


def test_a_new_ssrc_begins_a_new_life_and_the_old_one_stays_away(rig: Rig) -> None:
    first = rig.video(1, KEY).tapped[0].life
    rig.now_ns += 200 * MS
    second = rig.arrive(with_mid("0", 96, 9, 0, 555, KEY)).tapped[0].life
    assert second > first
    assert rig.video(2).tapped == []
    assert rig.drops(Drop.UNBOUND_SSRC) == 1


def test_ssrcs_that_change_too_fast_are_dropped(rig: Rig) -> None:
    rig.video(1, KEY)
    for number in range(50):
        rig.arrive(with_mid("0", 96, 1, 0, 1000 + number, KEY))
    assert rig.drops(Drop.UNBOUND_SSRC) == 50


# --- retransmission -----------------------------------------------------------------------------


def repaired(sequence: int, payload: bytes, rtx_sequence: int = 1) -> bytes:
    original = sequence.to_bytes(2, "big")
    return rtp(97, rtx_sequence, sequence * 3600, RTX_SSRC, original + payload)


def test_retransmissions_are_undone(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.video(3)
    (packet,) = rig.arrive(repaired(2, DELTA)).tapped
    assert packet.packet == rtp(types.VP8, 2, 7200, VIDEO_SSRC, DELTA)
    sent = rig.rtp_to(VIEWER)
    assert [packet.sequence - sent[0].sequence for packet in sent] == [0, 2, 1]


def test_a_packet_that_comes_twice_counts_once(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.video(2)
    assert rig.arrive(repaired(2, DELTA)).tapped == []
    assert rig.drops(Drop.DUPLICATE) == 1


def test_probes_on_the_retransmission_stream_are_dropped(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.arrive(rtp(97, 1, 0, RTX_SSRC, bytes(99) + b"\x64", first=0xA0))
    assert rig.drops(Drop.PADDING_ONLY) == 1


def test_a_retransmission_before_any_media_is_dropped(rig: Rig) -> None:
    rig.arrive(repaired(2, DELTA))
    assert rig.drops(Drop.UNBOUND_SSRC) == 1


# --- padding ------------------------------------------------------------------------------------


def test_padding_only_packets_leave_no_hole(rig: Rig) -> None:
    first = rig.video(1, KEY).tapped[0].sequence
    rig.arrive(rtp(96, 2, 3600, VIDEO_SSRC, bytes(9) + b"\x0a", first=0xA0))
    (packet,) = rig.video(3).tapped
    assert packet.sequence == first + 1
    assert packet.packet[2:4] == (2).to_bytes(2, "big")
    sent = rig.rtp_to(VIEWER)
    assert sent[1].sequence == sent[0].sequence + 1


def test_padding_behind_a_payload_is_cut_off(rig: Rig) -> None:
    (packet,) = rig.arrive(rtp(96, 1, 0, VIDEO_SSRC, KEY + b"\0\0\3", first=0xA0)).tapped
    assert packet.packet == rtp(types.VP8, 1, 0, VIDEO_SSRC, KEY)


# --- what is no packet --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "packet",
    [
        rtp(96, 1, 0, VIDEO_SSRC, b"\0", first=0xA0),
        rtp(96, 1, 0, VIDEO_SSRC, b"\xff", first=0xA0),
        rtp(96, 1, 0, VIDEO_SSRC, b"", first=0x8F),
        rtp(96, 1, 0, VIDEO_SSRC, b"\xbe\xde\xff\xff", first=0x90),
        rtp(96, 1, 0, VIDEO_SSRC, b"\xbe", first=0x90),
    ],
)
def test_malformed_packets_are_dropped(rig: Rig, packet: bytes) -> None:
    rig.arrive(packet)
    assert rig.drops(Drop.MALFORMED_RTP) == 1


def test_forged_packets_are_dropped(rig: Rig) -> None:
    rig.arrive_raw(rtp(96, 1, 0, VIDEO_SSRC, KEY))
    rig.arrive_raw(rtp(96 + 104, 1, 0, VIDEO_SSRC, KEY))
    assert rig.drops(Drop.SRTP_REFUSED) == 1
    assert rig.drops(Drop.SRTCP_REFUSED) == 1


def test_more_senders_than_a_peer_needs_are_dropped_before_they_are_unprotected(rig: Rig) -> None:
    for ssrc in range(1000, 1000 + MAX_SSRCS - 2):
        rig.arrive(rtp(96, 1, 0, ssrc, KEY))
    rig.rtcp(Nack(7, 8, (1,)), address=PUBLISHER)
    rig.video(1, KEY)
    assert rig.drops(Drop.SSRC_SURPLUS) == 0
    rig.arrive(rtp(96, 1, 0, 5, KEY))
    rig.rtcp(Nack(6, 8, (1,)), address=PUBLISHER)
    assert rig.drops(Drop.SSRC_SURPLUS) == 2
    rig.video(2, KEY)
    rig.arrive_raw(rtp(96, 1, 0, 1001, KEY))
    assert rig.drops(Drop.SRTP_REFUSED) == 1
    assert rig.drops(Drop.SSRC_SURPLUS) == 2


def test_forged_senders_take_no_place_and_new_keys_make_room(rig: Rig) -> None:
    for ssrc in range(1000, 1000 + 2 * MAX_SSRCS):
        rig.arrive_raw(rtp(96, 1, 0, ssrc, KEY))
    assert rig.drops(Drop.SRTP_REFUSED) == 2 * MAX_SSRCS
    for ssrc in range(1000, 1000 + MAX_SSRCS):
        rig.arrive(rtp(96, 1, 0, ssrc, KEY))
    rig.fanout.set_keys(1, MarkingSrtp(), MarkingSrtp())
    rig.video(1, KEY)
    assert rig.drops(Drop.SSRC_SURPLUS) == 0


def test_packets_before_the_handshake_are_dropped(rig: Rig) -> None:
    rig.fanout.clear_keys(1)
    rig.video(1, KEY)
    rig.rtcp(address=PUBLISHER)
    assert rig.drops(Drop.NO_KEYS) == 1


def test_strangers_are_dropped(rig: Rig) -> None:
    rig.arrive(rtp(96, 1, 0, VIDEO_SSRC, KEY), ("198.51.100.1", 1))
    rig.arrive_raw(b"")
    rig.arrive_raw(b"\xff\xff")
    rig.arrive_raw(b"\x80\x60")
    assert rig.drops(Drop.UNKNOWN_ADDRESS) == 1
    assert rig.drops(Drop.UNKNOWN_KIND) == 3


def test_stun_and_dtls_go_up(rig: Rig) -> None:
    assert rig.arrive_raw(b"\0\1stun").control == [(b"\0\1stun", PUBLISHER)]
    assert rig.arrive_raw(b"\x16dtls").control == [(b"\x16dtls", PUBLISHER)]


def test_a_drain_is_bounded_and_says_so(rig: Rig) -> None:
    for _ in range(5):
        rig.socket.incoming.append((b"\0\1", PUBLISHER))
    assert not rig.fanout.drain(rig.now_ns, 3).exhausted
    assert rig.fanout.drain(rig.now_ns, 3).exhausted
