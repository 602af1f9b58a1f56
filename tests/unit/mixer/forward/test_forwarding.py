from mixer.forward.drops import Drop
from mixer.forward.interface import InjectedPacket
from mixer.rtp import payload_type as types
from mixer.rtp.rtcp import Goodbye
from mixer.wire.ids import MediaKind
from tests.unit.mixer.forward.rig import (
    AUDIO,
    AUDIO_SSRC,
    DELTA,
    KEY,
    MS,
    OUT_SSRC,
    PUBLISHER,
    SECOND,
    VIDEO,
    VIDEO_SSRC,
    VIEWER,
    MarkingSrtp,
    Rig,
    rtp,
    video_line,
)


def test_rewrites_what_the_receiver_must_not_see(rig: Rig) -> None:
    rig.video(65535, KEY)
    rig.video(0)
    first, second = rig.rtp_to(VIEWER)
    assert first.ssrc == second.ssrc == OUT_SSRC
    assert first.payload_type == 120
    assert first.sequence < 32768
    assert second.sequence == first.sequence + 1
    assert (first.payload, second.payload) == (KEY, DELTA)


def test_video_begins_with_a_key_frame(rig: Rig) -> None:
    rig.video(1)
    rig.video(2)
    assert rig.rtp_to(VIEWER) == []
    assert rig.drops(Drop.AWAITING_KEYFRAME) == 2
    rig.video(3, KEY)
    rig.video(4)
    assert [packet.payload for packet in rig.rtp_to(VIEWER)] == [KEY, DELTA]


def test_a_packet_older_than_the_beginning_is_not_sent(rig: Rig) -> None:
    rig.video(10, KEY)
    rig.video(9)
    assert len(rig.rtp_to(VIEWER)) == 1
    assert rig.drops(Drop.BEFORE_SWITCH) == 1


def test_reordered_packets_keep_their_numbers(rig: Rig) -> None:
    rig.video(10, KEY)
    rig.video(12)
    rig.video(11)
    numbers = [packet.sequence for packet in rig.rtp_to(VIEWER)]
    assert [number - numbers[0] for number in numbers] == [0, 2, 1]


def test_a_codec_the_receiver_declined_is_dropped_by_name(rig: Rig) -> None:
    line = video_line()
    rig.fanout.add_out(7, 2, type(line)(line.kind, line.ssrc, line.rtx_ssrc, {}, {}))
    rig.video(1, KEY)
    assert rig.rtp_to(VIEWER) == []
    assert rig.drops(Drop.CODEC_NOT_ACCEPTED) == 1


def test_a_full_send_buffer_drops_by_name(rig: Rig) -> None:
    rig.socket.error = BlockingIOError()
    rig.video(1, KEY)
    rig.socket.error = OSError(105, "No buffer space available")
    rig.video(2)
    assert rig.drops(Drop.SEND_BUFFER_FULL) == 1
    assert rig.drops(Drop.SEND_FAILED) == 1


def test_a_peer_without_keys_or_address_gets_nothing(rig: Rig) -> None:
    rig.fanout.clear_keys(2)
    rig.video(1, KEY)
    assert rig.rtp_to(VIEWER) == []
    rig.fanout.set_keys(2, MarkingSrtp(), MarkingSrtp())
    rig.fanout.forget_address(2, VIEWER)
    rig.video(2, KEY)
    assert rig.socket.sent == []


def test_after_a_new_handshake_a_stream_begins_anew(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.rtp_to(VIEWER)
    rig.fanout.set_keys(2, MarkingSrtp(), MarkingSrtp())
    rig.video(2)
    assert rig.rtp_to(VIEWER) == []
    rig.video(3, KEY)
    (packet,) = rig.rtp_to(VIEWER)
    assert packet.sequence < 32768


# --- tapping ------------------------------------------------------------------------------------


def test_tapped_packets_are_clear_and_canonical(rig: Rig) -> None:
    rig.fanout.set_clock(99 * SECOND, 0)
    rig.fanout.set_tap(VIDEO, tapped=True)
    (packet,) = rig.video(7, KEY).tapped
    assert packet.stream == VIDEO
    assert packet.payload_type == types.VP8
    assert packet.is_keyframe
    assert packet.sequence & 0xFFFF == 7
    assert packet.arrival_ns == packet.session_ns == SECOND
    assert packet.packet == rtp(types.VP8, 7, 7 * 3600, VIDEO_SSRC, KEY)


def test_untapped_streams_cost_nothing(rig: Rig) -> None:
    assert rig.video(7, KEY).tapped == []


def test_only_the_first_packet_of_a_key_frame_is_marked(rig: Rig) -> None:
    rig.fanout.set_tap(VIDEO, tapped=True)
    marks = [rig.video(number, KEY, 3600).tapped[0].is_keyframe for number in (1, 2)]
    assert marks == [True, False]


def test_sequence_numbers_grow_over_the_wrap(rig: Rig) -> None:
    rig.fanout.set_tap(VIDEO, tapped=True)
    numbers = [rig.video(number).tapped[0].sequence for number in (65534, 65535, 0, 1)]
    assert [number - numbers[0] for number in numbers] == [0, 1, 2, 3]


# --- workers' streams ---------------------------------------------------------------------------


def test_a_worker_feeds_a_viewer(rig: Rig) -> None:
    life = rig.fanout.add_local(160, MediaKind.VIDEO, 90_000)
    rig.fanout.set_route(7, 160)
    rig.fanout.set_tap(160, tapped=True)
    packet = rtp(types.H264, 1, 0, 9, b"\x67key")
    batch = rig.fanout.inject([InjectedPacket(160, True, 70000, 5, packet)], rig.now_ns)
    (sent,) = rig.rtp_to(VIEWER)
    assert (sent.payload_type, sent.payload) == (122, b"\x67key")
    (tapped,) = batch.tapped
    assert (tapped.life, tapped.sequence, tapped.arrival_ns, tapped.session_ns) == (
        life,
        70000,
        0,
        5,
    )


def test_a_worker_may_not_feed_a_browsers_stream(rig: Rig) -> None:
    packets = [InjectedPacket(stream, True, 1, 1, rtp(96, 1, 1, 1, KEY)) for stream in (VIDEO, 999)]
    rig.fanout.inject(packets, rig.now_ns)
    assert rig.rtp_to(VIEWER) == []
    assert rig.drops(Drop.UNKNOWN_STREAM) == 2


def test_a_number_a_worker_uses_twice_is_sent_once(rig: Rig) -> None:
    rig.fanout.add_local(160, MediaKind.VIDEO, 90_000)
    rig.fanout.set_route(7, 160)
    for payload in (b"\x67first", b"\x67second"):
        packet = InjectedPacket(160, True, 70000, 5, rtp(types.H264, 1, 0, 9, payload))
        rig.fanout.inject([packet], rig.now_ns)
    assert [packet.payload for packet in rig.rtp_to(VIEWER)] == [b"\x67first"]
    assert rig.drops(Drop.DUPLICATE) == 1


def test_a_worker_that_comes_back_goes_on_in_the_viewers_numbers(rig: Rig) -> None:
    def inject(sequence: int, session_ns: int, payload: bytes) -> None:
        packet = rtp(types.H264, sequence, sequence * 3600, 9, payload)
        rig.fanout.inject([InjectedPacket(160, False, sequence, session_ns, packet)], rig.now_ns)

    rig.fanout.add_local(160, MediaKind.VIDEO, 90_000)
    rig.fanout.set_route(7, 160)
    inject(70000, 40 * MS, b"\x67key")
    inject(70001, 80 * MS, b"\x41delta")
    rig.fanout.remove_in(160)
    rig.fanout.add_local(160, MediaKind.VIDEO, 90_000)
    inject(5, 3 * SECOND, b"\x41delta")
    inject(6, 3 * SECOND + 40 * MS, b"\x67key")
    sent = rig.rtp_to(VIEWER)
    assert [packet.sequence - sent[0].sequence for packet in sent] == [0, 1, 2]
    assert sent[2].timestamp - sent[0].timestamp == 90_000 * 3


# --- routes -------------------------------------------------------------------------------------


def two_layers(rig: Rig) -> None:
    for layer in (0, 1):
        rig.fanout.add_local(160 + layer, MediaKind.VIDEO, 90_000)
    rig.fanout.set_route(7, 160)


def inject(rig: Rig, layer: int, number: int, payload: bytes) -> None:
    packet = rtp(types.H264, number, number * 3600, 9 + layer, payload)
    injected = InjectedPacket(160 + layer, False, number, number * 40 * MS, packet)
    rig.fanout.inject([injected], rig.now_ns)


def test_a_switch_happens_at_the_key_frame_of_the_target(rig: Rig) -> None:
    two_layers(rig)
    inject(rig, 0, 70000, b"\x67low")
    rig.fanout.set_route(7, 161)
    inject(rig, 0, 70001, b"\x41low")
    inject(rig, 1, 90001, b"\x41main")
    inject(rig, 1, 90002, b"\x67main")
    inject(rig, 0, 70003, b"\x67low")
    inject(rig, 1, 90003, b"\x41main")
    sent = rig.rtp_to(VIEWER)
    assert [packet.payload[1:] for packet in sent] == [b"low", b"low", b"main", b"main"]
    assert [packet.sequence - sent[0].sequence for packet in sent] == [0, 1, 2, 3]
    stamps = [packet.timestamp for packet in sent]
    assert stamps == sorted(stamps)


def test_a_switch_may_be_taken_back(rig: Rig) -> None:
    two_layers(rig)
    inject(rig, 0, 70000, b"\x67low")
    rig.fanout.set_route(7, 161)
    rig.fanout.set_route(7, 160)
    inject(rig, 1, 90002, b"\x67main")
    inject(rig, 0, 70001, b"\x41low")
    assert [packet.payload[1:] for packet in rig.rtp_to(VIEWER)] == [b"low", b"low"]


def test_a_route_made_before_its_stream_is_fed_later(rig: Rig) -> None:
    rig.fanout.set_route(7, 160)
    rig.fanout.add_local(160, MediaKind.VIDEO, 90_000)
    inject(rig, 0, 70000, b"\x67low")
    assert len(rig.rtp_to(VIEWER)) == 1


def test_no_route_is_silence(rig: Rig) -> None:
    rig.fanout.set_route(7, None)
    rig.video(1, KEY)
    assert rig.rtp_to(VIEWER) == []


# --- endings ------------------------------------------------------------------------------------


def test_removing_an_out_stream_says_goodbye(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.fanout.remove_out(7)
    assert Goodbye((OUT_SSRC,)) in rig.rtcp_to(VIEWER)
    rig.video(2, KEY)
    assert len(rig.rtp_to(VIEWER)) == 1


def test_removing_a_peer_removes_its_streams(rig: Rig) -> None:
    rig.video(1, KEY)
    rig.fanout.remove_peer(2)
    assert Goodbye((OUT_SSRC,)) in rig.rtcp_to(VIEWER)
    rig.fanout.remove_peer(1)
    assert rig.fanout.stream_figures() == []
    rig.arrive(rtp(96, 2, 0, VIDEO_SSRC, KEY))
    assert rig.drops(Drop.UNKNOWN_ADDRESS) == 1


def test_an_address_belongs_to_whom_it_was_seen_from_last(rig: Rig) -> None:
    rig.fanout.set_address(2, PUBLISHER, send_to=False)
    rig.video(1, KEY)
    assert rig.drops(Drop.UNBOUND_SSRC) == 1


def test_audio_flows_without_key_frames(rig: Rig) -> None:
    rig.fanout.set_tap(AUDIO, tapped=True)
    batch = rig.arrive(rtp(111, 5, 960, AUDIO_SSRC, b"opus"))
    assert [packet.stream for packet in batch.tapped] == [AUDIO]
