from mixer.forward.drops import Drop
from mixer.forward.interface import Extensions, LayerSwitch
from mixer.rtp.packet import RtpPacket
from mixer.rtp.rtcp import Nack, PictureLoss, ReceiverReport, ReportBlock
from tests.unit.mixer.forward.layers_rig import (
    LAYERS,
    OUT,
    OUT_RTX_SSRC,
    OUT_SSRC,
    RTX_SSRCS,
    SSRCS,
    LayersRig,
    picture_id,
    tl0,
    video_in,
)
from tests.unit.mixer.forward.rig import MS, PUBLISHER, SECOND, VIEWER, MarkingSrtp


def continuous(packets: list[RtpPacket]) -> bool:
    first = packets[0]
    return all(
        packet.sequence == first.sequence + index
        and picture_id(packet) == (picture_id(first) + index) & 0x7FFF
        and tl0(packet) == (tl0(first) + index) & 0xFF
        for index, packet in enumerate(packets)
    )


# --- whose packet is it -------------------------------------------------------------------------


def test_layers_are_told_apart_by_rid(layers: LayersRig) -> None:
    for stream in LAYERS:
        layers.fanout.set_tap(stream, tapped=True)
    told = [layers.video(layer).tapped[0].stream for layer in (2, 0, 1)]
    assert told == [LAYERS[2], LAYERS[0], LAYERS[1]]
    again = [layers.video(layer, named=False).tapped[0].stream for layer in (1, 2)]
    assert again == [LAYERS[1], LAYERS[2]]


def test_a_layer_without_its_rid_is_nobodys(layers: LayersRig) -> None:
    layers.video(0, named=False)
    layers.publish(layers.packet(0), {1: b"0", 2: b"x"})
    assert layers.drops(Drop.UNBOUND_SSRC) == 2


def test_a_retransmission_finds_its_layer_by_the_repaired_rid(layers: LayersRig) -> None:
    layers.fanout.set_tap(LAYERS[1], tapped=True)
    layers.video(1)
    lost = layers.packet(1)
    layers.video(1)
    (packet,) = layers.repeat(1, lost).tapped
    assert packet.sequence & 0xFFFF == lost.sequence
    (packet,) = layers.repeat(1, layers.packet(1), named=False).tapped
    assert packet.stream == LAYERS[1]


def test_a_retransmission_finds_its_layer_by_announced_numbers(layers: LayersRig) -> None:
    line = video_in()
    announced = type(line)(
        line.mid,
        line.kind,
        line.media,
        line.rtx,
        SSRCS,
        dict(zip(RTX_SSRCS, SSRCS, strict=True)),
        nack=True,
        rids=line.rids,
        extensions=Extensions(rid=2),
    )
    layers.fanout.set_in_lines(1, (announced,))
    layers.fanout.set_tap(LAYERS[2], tapped=True)
    layers.video(2)
    (packet,) = layers.repeat(2, layers.packet(2), named=False).tapped
    assert packet.stream == LAYERS[2]


# --- switching ----------------------------------------------------------------------------------


def test_a_switch_waits_for_the_targets_key_frame(layers: LayersRig) -> None:
    layers.picture_of_all(key=True)
    layers.fanout.set_route(OUT, LAYERS[2])
    (figures,) = [item for item in layers.fanout.out_figures() if item.out == OUT]
    assert (figures.current, figures.target) == (LAYERS[0], LAYERS[2])
    layers.picture_of_all()
    assert layers.video(2, key=True).switches == [LayerSwitch(OUT, LAYERS[2])]
    (figures,) = [item for item in layers.fanout.out_figures() if item.out == OUT]
    assert (figures.current, figures.target, figures.switches) == (LAYERS[2], LAYERS[2], 1)
    layers.picture_of_all()
    sent = layers.to_viewer()
    assert len(sent) == 4
    assert continuous(sent)


def test_the_first_picture_is_told_too(layers: LayersRig) -> None:
    assert layers.video(0, key=True).switches == [LayerSwitch(OUT, LAYERS[0])]
    assert layers.video(0).switches == []


def test_pictures_go_on_by_one_over_many_switches(layers: LayersRig) -> None:
    for turn in range(40):
        layers.now_ns += 40 * MS
        layers.fanout.set_route(OUT, LAYERS[turn % 3])
        layers.picture_of_all(key=turn % 2 == 0)
    sent = layers.to_viewer()
    assert len(sent) >= 40
    assert continuous(sent)
    stamps = [packet.timestamp - sent[0].timestamp & 0xFFFFFFFF for packet in sent]
    assert stamps == sorted(stamps)


def test_timestamps_go_on_by_session_time(layers: LayersRig) -> None:
    layers.picture_of_all(key=True)
    layers.fanout.set_route(OUT, LAYERS[1])
    layers.now_ns += 397 * MS
    layers.picture_of_all(key=True)
    first, old, new = layers.to_viewer()
    assert old.timestamp - first.timestamp & 0xFFFFFFFF == 36_000
    # Captured 1 ms later, but two pictures are at least 10 ms apart.
    assert new.timestamp - old.timestamp & 0xFFFFFFFF == 900


def late_key_frame(layers: LayersRig) -> None:
    """A key frame of layer 1 is 30 ms late, and layer 0 has gone on."""
    late = layers.packet(1, key=True)
    layers.now_ns += 30 * MS
    layers.video(0)
    layers.publish(late, {})


def test_a_key_frame_of_the_past_is_no_place_to_switch(layers: LayersRig) -> None:
    layers.picture_of_all(key=True)
    layers.fanout.set_route(OUT, LAYERS[1])
    late_key_frame(layers)
    layers.video(0)
    assert [switch.stream for switch in layers.video(1, key=True).switches] == [LAYERS[1]]
    sent = layers.to_viewer()
    assert len(sent) == 4
    assert continuous(sent)


def test_a_key_frame_of_the_past_is_followed_by_a_request(layers: LayersRig) -> None:
    layers.picture_of_all(key=True)
    layers.fanout.set_route(OUT, LAYERS[1])
    late_key_frame(layers)
    layers.now_ns += SECOND
    layers.fanout.poll(layers.now_ns)
    asked = [one for one in layers.rtcp_to(PUBLISHER) if isinstance(one, PictureLoss)]
    assert [one.media_ssrc for one in asked] == [SSRCS[1]]


def test_after_a_second_a_switch_counts_more_than_order(layers: LayersRig) -> None:
    layers.picture_of_all(key=True)
    layers.fanout.set_route(OUT, LAYERS[1])
    late_key_frame(layers)
    layers.now_ns += SECOND
    late_key_frame(layers)
    (figures,) = [item for item in layers.fanout.out_figures() if item.out == OUT]
    assert figures.current == LAYERS[1]


def test_late_packets_of_the_old_layer_fill_their_place(layers: LayersRig) -> None:
    layers.picture_of_all(key=True)
    late = layers.packet(0)
    layers.video(0)
    layers.fanout.set_route(OUT, LAYERS[1])
    layers.video(1, key=True)
    layers.publish(late, {})
    layers.video(0)
    sent = layers.to_viewer()
    assert len(sent) == 4
    assert continuous(sorted(sent, key=lambda packet: packet.sequence))
    assert sent[-1].sequence == sent[0].sequence + 1


def test_late_packets_of_the_old_layer_have_no_place_after_a_while(layers: LayersRig) -> None:
    layers.picture_of_all(key=True)
    late = layers.packet(0)
    layers.video(0)
    layers.fanout.set_route(OUT, LAYERS[1])
    layers.video(1, key=True)
    layers.now_ns += 600 * MS
    layers.publish(late, {})
    assert len(layers.to_viewer()) == 3


def test_what_overtook_the_first_packet_of_a_key_frame_follows_it(layers: LayersRig) -> None:
    layers.picture_of_all(key=True)
    layers.fanout.set_route(OUT, LAYERS[1])
    first = layers.packet(1, key=True, last=False)
    second = layers.packet(1, first=False, last=False)
    third = layers.packet(1, first=False)
    for packet in (second, third, first):
        layers.publish(packet, {})
    sent = layers.to_viewer()
    assert [packet.payload[6:] for packet in sent[1:]] == [b"\x10body", b"\x11body", b"\x11body"]
    assert [packet.sequence - sent[0].sequence for packet in sent] == [0, 1, 2, 3]


def test_one_request_for_all_layers_in_half_a_second(layers: LayersRig) -> None:
    layers.picture_of_all()
    layers.rtcp_to(PUBLISHER)
    for stream in LAYERS:
        layers.fanout.request_keyframe(stream, layers.now_ns)
    asked = [item for item in layers.rtcp_to(PUBLISHER) if isinstance(item, PictureLoss)]
    assert [item.media_ssrc for item in asked] == [SSRCS[0]]
    layers.picture_of_all(key=True)
    layers.pass_time(2000)
    asked = [item for item in layers.rtcp_to(PUBLISHER) if isinstance(item, PictureLoss)]
    assert asked == []


# --- pausing ------------------------------------------------------------------------------------


def test_a_paused_stream_is_silent_and_goes_on_without_a_hole(layers: LayersRig) -> None:
    layers.picture_of_all(key=True)
    layers.fanout.set_paused(OUT, paused=True)
    layers.picture_of_all()
    assert layers.drops(Drop.PAUSED) == 1
    layers.fanout.set_paused(OUT, paused=False)
    layers.picture_of_all()
    layers.picture_of_all(key=True)
    sent = layers.to_viewer()
    assert len(sent) == 2
    assert continuous(sent)


def test_what_was_routed_while_paused_is_shown_next(layers: LayersRig) -> None:
    layers.picture_of_all(key=True)
    layers.fanout.set_paused(OUT, paused=True)
    layers.fanout.set_route(OUT, LAYERS[2])
    layers.fanout.set_paused(OUT, paused=False)
    layers.video(0, key=True)
    assert layers.video(2, key=True).switches == [LayerSwitch(OUT, LAYERS[2])]
    assert len(layers.to_viewer()) == 2


def test_layers_taken_are_those_of_open_streams(layers: LayersRig) -> None:
    layers.picture_of_all(key=True)
    assert LAYERS[0] in layers.fanout.taken()
    layers.fanout.set_route(OUT, LAYERS[2])
    assert {LAYERS[0], LAYERS[2]} <= layers.fanout.taken()
    layers.video(2, key=True)
    assert LAYERS[0] not in layers.fanout.taken()
    layers.fanout.set_paused(OUT, paused=True)
    assert LAYERS[2] not in layers.fanout.taken()
    layers.fanout.set_tap(LAYERS[1], tapped=True)
    assert LAYERS[1] in layers.fanout.taken()
    layers.fanout.clear_keys(2)
    assert layers.fanout.taken() == {LAYERS[1]}


# --- once more ----------------------------------------------------------------------------------


def test_a_retransmission_repeats_the_very_bytes_over_a_switch(layers: LayersRig) -> None:
    layers.picture_of_all(key=True)
    layers.picture_of_all()
    layers.fanout.set_route(OUT, LAYERS[1])
    layers.video(1, key=True)
    layers.fanout.set_route(OUT, LAYERS[2])
    layers.video(2, key=True)
    sent = layers.to_viewer()
    layers.rtcp(Nack(1, OUT_SSRC, tuple(packet.sequence for packet in sent)))
    again = layers.to_viewer(OUT_RTX_SSRC)
    assert [int.from_bytes(packet.payload[:2], "big") for packet in again] == [
        packet.sequence for packet in sent
    ]
    assert [packet.payload[2:] for packet in again] == [packet.payload for packet in sent]
    assert [packet.timestamp for packet in again] == [packet.timestamp for packet in sent]


def test_a_packet_that_never_left_is_repeated_all_the_same(layers: LayersRig) -> None:
    layers.video(0, key=True)
    layers.socket.error = BlockingIOError()
    layers.video(0)
    layers.socket.error = None
    layers.video(0)
    first, last = layers.to_viewer()
    assert last.sequence == first.sequence + 2
    layers.rtcp(Nack(1, OUT_SSRC, (first.sequence + 1,)))
    (again,) = layers.to_viewer(OUT_RTX_SSRC)
    assert int.from_bytes(again.payload[:2], "big") == first.sequence + 1


def test_without_a_retransmission_stream_nothing_of_a_packet_changes() -> None:
    rig = LayersRig(rtx=False)
    rig.video(0, key=True)
    (sent,) = rig._taken(VIEWER, is_rtcp=False)
    rig.video(0)
    rig.rtcp(ReceiverReport(1, (ReportBlock(OUT_SSRC),)))
    number = int.from_bytes(sent[2:4], "big")
    rig._taken(VIEWER, is_rtcp=False)
    rig.rtcp(Nack(1, OUT_SSRC, (number,)))
    assert rig._taken(VIEWER, is_rtcp=False) == [sent]


def test_a_storm_of_requests_is_throttled(layers: LayersRig) -> None:
    layers.video(0, key=True)
    for _ in range(1200):
        layers.video(0)
    sent = layers.to_viewer()
    numbers = tuple(packet.sequence for packet in sent)
    for _ in range(20):
        layers.now_ns += 60 * MS // 20
        layers.rtcp(Nack(1, OUT_SSRC, numbers[-400:]))
    assert len(layers.to_viewer(OUT_RTX_SSRC)) <= 1060
    assert layers.drops(Drop.NACK_THROTTLED) > 5000


def test_a_flood_of_reports_is_throttled(layers: LayersRig) -> None:
    layers.video(0, key=True)
    for _ in range(1000):
        layers.rtcp(PictureLoss(1, OUT_SSRC))
    assert layers.drops(Drop.RTCP_FLOOD) == 700
    asked = [item for item in layers.rtcp_to(PUBLISHER) if isinstance(item, PictureLoss)]
    assert len(asked) == 1
    layers.now_ns += SECOND
    layers.rtcp(PictureLoss(1, OUT_SSRC))
    assert layers.drops(Drop.RTCP_FLOOD) == 700


def test_new_keys_begin_the_stream_anew(layers: LayersRig) -> None:
    layers.picture_of_all(key=True)
    layers.fanout.set_keys(2, MarkingSrtp(), MarkingSrtp())
    layers.to_viewer()
    layers.picture_of_all(key=True)
    (packet,) = layers.to_viewer()
    layers.rtcp(Nack(1, OUT_SSRC, (packet.sequence - 1,)))
    assert layers.to_viewer(OUT_RTX_SSRC) == []
