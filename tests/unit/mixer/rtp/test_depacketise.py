"""Packetise, lose or shuffle, assemble: what comes out is what went in."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.rtp import payload_type
from mixer.rtp.depacketise import (
    AccessUnit,
    Assembler,
    H264Assembler,
    OpusAssembler,
    Vp8Assembler,
    assembler_for,
)
from mixer.rtp.h264 import join_annexb
from mixer.rtp.packet import RtpPacket
from mixer.rtp.packetise import packetise_h264, packetise_opus, packetise_vp8
from mixer.rtp.red import join_red
from mixer.rtp.stats import RtpDrop

MS = 1_000_000
START_SEQUENCE = 65_536 + 65_500
Sent = tuple[int, RtpPacket]

VP8_KEY = bytes.fromhex("10 02 00 9d 01 2a 40 01 b4 00")
# 320x180 as an encoder wrote it, and a picture parameter set.
SPS = bytes.fromhex("6742c00cda05067e7840000003004000000ca3c50aa8")
PPS = bytes.fromhex("68ce0fc8")
IDR = b"\x65\x88" + bytes(range(1, 200)) * 20
SLICE = b"\x41\x9a" + bytes(range(1, 200)) * 12


def vp8_frame(rng: random.Random, *, keyframe: bool, size: int) -> bytes:
    return (VP8_KEY if keyframe else b"\x11") + rng.randbytes(size)


def h264_frame(rng: random.Random, *, keyframe: bool, size: int) -> bytes:
    body = bytes(rng.randrange(1, 256) for _ in range(size))
    if keyframe:
        return join_annexb([SPS, PPS, b"\x65\x88" + body])
    return join_annexb([b"\x41\x9a" + body])


def sent_packets(
    frames: Iterable[list[bytes]], kind: int, start: int = START_SEQUENCE
) -> list[list[Sent]]:
    """Give every frame's payloads sequence numbers; the last has the marker."""
    groups: list[list[Sent]] = []
    ext_seq = start
    for index, payloads in enumerate(frames):
        group: list[Sent] = []
        for payload in payloads:
            last = payload is payloads[-1]
            timestamp = (0xFFFF0000 + index * 3000) & 0xFFFFFFFF
            group.append((ext_seq, RtpPacket(kind, ext_seq & 0xFFFF, timestamp, 1, payload, last)))
            ext_seq += 1
        groups.append(group)
    return groups


def feed(assembler: Assembler, packets: Iterable[Sent]) -> list[AccessUnit]:
    units: list[AccessUnit] = []
    for ext_seq, packet in packets:
        units += assembler.push(ext_seq, packet, ext_seq * MS)
    return units


def give_up(assembler: Assembler) -> list[AccessUnit]:
    return assembler.advance(0) + assembler.advance(10_000 * MS)


def video(
    kind: int, seed: int = 1, count: int = 12, sizes: tuple[int, int] = (0, 6000)
) -> tuple[list[bytes], list[list[Sent]]]:
    rng = random.Random(seed)
    build = vp8_frame if kind == payload_type.VP8 else h264_frame
    frames = [
        build(rng, keyframe=index % 4 == 0, size=rng.randint(*sizes)) for index in range(count)
    ]
    if kind == payload_type.VP8:
        payloads = [packetise_vp8(frame, index) for index, frame in enumerate(frames)]
    else:
        payloads = [packetise_h264(frame) for frame in frames]
    return frames, sent_packets(payloads, kind)


KINDS = pytest.mark.parametrize("kind", [payload_type.VP8, payload_type.H264])


@KINDS
@given(seed=st.integers(0, 2**32))
def test_a_shuffled_stream_comes_out_whole(kind: int, seed: int) -> None:
    frames, groups = video(kind, seed)
    packets = [sent for group in groups for sent in group]
    rng = random.Random(seed)
    tail = packets[1:]
    order = sorted(range(len(tail)), key=lambda place: place + rng.randrange(20))
    shuffled = [packets[0]] + [tail[place] for place in order]
    assembler = assembler_for(kind)
    units = feed(assembler, shuffled + rng.choices(packets, k=5))
    assert [unit.payload for unit in units] == frames
    assert [unit.keyframe for unit in units] == [index % 4 == 0 for index in range(len(frames))]
    assert all(unit.complete and unit.lost_before == 0 for unit in units)
    assert [(unit.first_sequence, unit.last_sequence) for unit in units] == [
        (group[0][0], group[-1][0]) for group in groups
    ]
    timestamps = [unit.rtp_timestamp for unit in units]
    assert timestamps == list(range(timestamps[0], timestamps[0] + 3000 * len(frames), 3000))
    assert not assembler.needs_keyframe


@KINDS
@given(seed=st.integers(0, 2**32))
def test_with_losses_exactly_the_whole_units_come_out(kind: int, seed: int) -> None:
    frames, groups = video(kind, seed)
    rng = random.Random(seed)
    lost = {sent[0] for group in groups[1:] for sent in group if rng.random() < 0.05}
    survivors = [sent for group in groups for sent in group if sent[0] not in lost]
    assembler = assembler_for(kind)
    units = feed(assembler, survivors)
    units += give_up(assembler)
    whole = {
        frame
        for frame, group in zip(frames, groups, strict=True)
        if not lost & {s for s, _ in group}
    }
    # A key frame that lost nothing but its parameter sets gets back the ones known.
    assert {unit.payload for unit in units} <= set(frames)
    assert all(unit.complete for unit in units)
    # A unit may be withheld only where a loss right before it hides whether it is whole.
    assert len(whole) - len(units) <= len(lost)
    sequences = [sequence for sequence, _ in survivors]
    gaps = [ext_seq for ext_seq in lost if ext_seq < sequences[-1]]
    assert assembler.lost_packets == len(gaps)
    assert assembler.held_packets == 0


@KINDS
@given(seed=st.integers(0, 2**32))
def test_kept_incomplete_units_are_flagged_and_count_the_loss(kind: int, seed: int) -> None:
    _, groups = video(kind, seed)
    rng = random.Random(seed)
    survivors = [
        sent
        for index, group in enumerate(groups)
        for sent in group
        if not index or rng.random() > 0.1
    ]
    assembler = assembler_for(kind, keep_incomplete=True)
    units = feed(assembler, survivors) + assembler.flush()
    assert sum(unit.lost_before for unit in units) <= assembler.lost_packets
    if assembler.lost_packets == 0 and survivors[-1][1].marker:
        assert all(unit.complete for unit in units)
    assert all(unit.payload for unit in units)


@KINDS
def test_a_loss_inside_a_unit_drops_it_and_asks_for_a_key_frame(kind: int) -> None:
    frames, groups = video(kind, sizes=(3000, 6000))
    assembler = assembler_for(kind)
    asks = [assembler.needs_keyframe]
    feed(assembler, groups[0])
    asks.append(assembler.needs_keyframe)
    assert feed(assembler, groups[1][:1] + groups[1][2:] + groups[2]) == []
    units = give_up(assembler)
    asks.append(assembler.needs_keyframe)
    assert [unit.payload for unit in units] == [frames[2]]
    assert units[0].lost_before == 1
    assert assembler.drops == {RtpDrop.UNIT_INCOMPLETE: 1}
    units = feed(assembler, groups[3] + groups[4])
    asks.append(assembler.needs_keyframe)
    assert [unit.keyframe for unit in units] == [False, True]
    assert asks == [True, False, True, False]


@KINDS
def test_a_missing_packet_that_comes_in_time_loses_nothing(kind: int) -> None:
    frames, groups = video(kind, sizes=(3000, 6000))
    assembler = assembler_for(kind, wait_ns=100 * MS)
    packets = [sent for group in groups[:3] for sent in group]
    late = packets.pop(2)
    assert feed(assembler, packets) == []
    assert assembler.advance(0) == []
    assert assembler.advance(90 * MS) == []
    assert [unit.payload for unit in feed(assembler, [late])] == frames[:3]


@KINDS
def test_lost_whole_units_are_counted_on_the_next(kind: int) -> None:
    _, groups = video(kind, sizes=(3000, 6000))
    assembler = assembler_for(kind)
    units = feed(assembler, groups[0] + groups[3]) + give_up(assembler)
    assert units[1].lost_before == len(groups[1]) + len(groups[2])
    assert units[1].complete


@KINDS
def test_a_stream_joined_inside_a_unit_begins_with_the_next(kind: int) -> None:
    frames, groups = video(kind, sizes=(3000, 6000))
    assembler = assembler_for(kind)
    units = feed(assembler, groups[1][1:] + groups[2])
    assert [unit.payload for unit in units] == [frames[2]]
    assert assembler.drops == {RtpDrop.UNIT_HEADLESS: 1}
    assert assembler.needs_keyframe


@KINDS
def test_a_lost_marker_ends_the_unit_at_the_next_timestamp(kind: int) -> None:
    frames, groups = video(kind)
    groups[0][-1][1].marker = False
    units = feed(assembler_for(kind), groups[0] + groups[1])
    assert [unit.payload for unit in units] == frames[:2]


@KINDS
def test_padding_takes_a_number_and_nothing_else(kind: int) -> None:
    frames, groups = video(kind)
    padded = groups[0] + [
        (ext_seq + 1, packet) for group in groups[1:] for ext_seq, packet in group
    ]
    place = groups[0][-1]
    padding = (place[0] + 1, RtpPacket(kind, 0, place[1].timestamp, 1, padding_size=255))
    padded.insert(len(groups[0]), padding)
    assembler = assembler_for(kind)
    assert [unit.payload for unit in feed(assembler, padded)] == frames
    assert assembler.lost_packets == 0


@KINDS
@given(
    st.lists(st.tuples(st.binary(max_size=40), st.booleans(), st.integers(0, 5)), max_size=40),
    st.booleans(),
)
def test_random_payloads_never_raise(
    kind: int, payloads: list[tuple[bytes, bool, int]], keep: bool
) -> None:
    assembler = assembler_for(kind, keep_incomplete=keep)
    ext_seq = START_SEQUENCE
    for payload, marker, step in payloads:
        ext_seq += step
        packet = RtpPacket(kind, ext_seq & 0xFFFF, step * 3000, 1, payload, marker)
        assembler.push(ext_seq, packet, 0)
        assembler.advance(ext_seq * 100 * MS)
    assembler.flush()
    assert assembler.held_packets == 0


@KINDS
def test_an_endless_unit_is_dropped_at_its_limit(kind: int) -> None:
    first = b"\x90\x80\x01" if kind == payload_type.VP8 else b"\x7c\x85"
    following = b"\x80\x80\x01" if kind == payload_type.VP8 else b"\x7c\x05"
    build = Vp8Assembler if kind == payload_type.VP8 else H264Assembler
    assembler = build(max_unit_bytes=10_000, keep_incomplete=True)
    for index in range(50):
        head = following if index else first
        packet = RtpPacket(kind, index, 1, 1, head + bytes(1000), index == 49)
        assert assembler.push(index, packet, 0) == []
    assert assembler.drops == {RtpDrop.UNIT_TOO_LARGE: 1}


def test_vp8_key_frames_bring_their_size() -> None:
    _, groups = video(payload_type.VP8)
    units = feed(Vp8Assembler(), groups[0] + groups[1])
    assert [(unit.width, unit.height) for unit in units] == [(320, 180), (0, 0)]


def test_a_vp8_key_frame_in_tiny_pieces_brings_its_size() -> None:
    (group,) = sent_packets([packetise_vp8(VP8_KEY + b"rest", 1, 6)], payload_type.VP8)
    (unit,) = feed(Vp8Assembler(), group)
    assert (unit.payload, unit.width, unit.height) == (VP8_KEY + b"rest", 320, 180)


def test_a_vp8_key_frame_with_a_false_header_is_dropped() -> None:
    (group,) = sent_packets([packetise_vp8(b"\x10" + bytes(20), 1)], payload_type.VP8)
    assembler = Vp8Assembler()
    assert feed(assembler, group) == []
    assert assembler.drops == {RtpDrop.MALFORMED_PAYLOAD: 1, RtpDrop.UNIT_INCOMPLETE: 1}


def test_h264_parameter_sets_sent_once_precede_every_key_frame() -> None:
    frames = [join_annexb([SPS, PPS]), join_annexb([IDR]), join_annexb([SLICE]), join_annexb([IDR])]
    groups = sent_packets([packetise_h264(frame) for frame in frames], payload_type.H264)
    units = feed(H264Assembler(), [sent for group in groups for sent in group])
    assert [unit.keyframe for unit in units] == [False, True, False, True]
    assert units[1].payload == units[3].payload == join_annexb([SPS, PPS, IDR])
    assert (units[3].width, units[3].height) == (320, 180)


def test_an_idr_without_parameter_sets_is_no_key_frame() -> None:
    (group,) = sent_packets([packetise_h264(join_annexb([IDR]))], payload_type.H264)
    assembler = H264Assembler()
    (unit,) = feed(assembler, group)
    assert not unit.keyframe
    assert assembler.needs_keyframe


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\x78\x00\x05\x67a", RtpDrop.MALFORMED_PAYLOAD),
        (b"\x78\x00\x00", RtpDrop.MALFORMED_PAYLOAD),
        (b"\x78", RtpDrop.MALFORMED_PAYLOAD),
        (b"\x7c\x85", RtpDrop.MALFORMED_PAYLOAD),
        (b"\x79\x00\x00\x00", RtpDrop.UNSUPPORTED_PAYLOAD),
        (b"\x7d\x85\x00\x00a", RtpDrop.UNSUPPORTED_PAYLOAD),
        (b"\x60\x00", RtpDrop.UNSUPPORTED_PAYLOAD),
    ],
)
def test_h264_payloads_that_cannot_be_used_are_named(payload: bytes, reason: RtpDrop) -> None:
    assembler = H264Assembler()
    assert assembler.push(1, RtpPacket(102, 1, 1, 1, payload, marker=True), 0) == []
    assert assembler.drops[reason] == 1


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\x7c\x85\x88a", b"\x7c\x85\x88b", b"\x7c\x45c"],
        [b"\x7c\x85\x88a", b"\x65\x88b"],
        [b"\x7c\x85\x88a"],
        [b"\x67\x42", b"\x7c\x45c"],
    ],
)
def test_h264_fragments_out_of_turn_spoil_the_unit(payloads: list[bytes]) -> None:
    (group,) = sent_packets([payloads], payload_type.H264)
    assembler = H264Assembler()
    assert feed(assembler, group) == []
    assert assembler.drops[RtpDrop.UNIT_INCOMPLETE] == 1


def test_opus_packets_come_out_one_by_one_with_their_losses() -> None:
    groups = sent_packets([packetise_opus(b"frame%d" % index) for index in range(6)], 111)
    packets = [group[0] for group in groups]
    assembler = OpusAssembler(wait_ns=20 * MS)
    units = feed(assembler, [packets[0], packets[2], packets[1], packets[5]])
    units += give_up(assembler)
    assert [(unit.payload, unit.lost_before) for unit in units] == [
        (b"frame0", 0),
        (b"frame1", 0),
        (b"frame2", 0),
        (b"frame5", 2),
    ]
    assert units[1].rtp_timestamp - units[0].rtp_timestamp == 3000
    assert units[1].session_ns == packets[1][0] * MS
    assert not assembler.needs_keyframe


def redundant(sequence: int, *, back: int = 960) -> RtpPacket:
    old = b"frame%d" % (sequence - 1)
    payload = join_red(b"frame%d" % sequence, old, back)
    return RtpPacket(payload_type.RED, sequence, sequence * 960, 1, payload)


def test_what_a_later_opus_packet_carries_along_fills_the_gap() -> None:
    assembler = OpusAssembler(wait_ns=20 * MS)
    units = []
    for sequence in (1, 2, 4, 7):
        units += assembler.push(sequence, redundant(sequence), sequence * 20 * MS)
    units += assembler.flush()
    assert [(unit.payload, unit.lost_before) for unit in units] == [
        (b"frame1", 0),
        (b"frame2", 0),
        (b"frame3", 0),
        (b"frame4", 0),
        (b"frame6", 1),
        (b"frame7", 0),
    ]
    assert [(unit.rtp_timestamp & 0xFFFFFFFF) // 960 for unit in units] == [1, 2, 3, 4, 6, 7]
    assert [unit.session_ns // (20 * MS) for unit in units] == [1, 2, 3, 4, 6, 7]
    assert [unit.first_sequence for unit in units] == [1, 2, 3, 4, 6, 7]
    assert assembler.repaired == 2


def test_a_frame_heard_before_is_no_repair_and_a_damaged_packet_is_counted() -> None:
    assembler = OpusAssembler(wait_ns=20 * MS)
    units = assembler.push(1, redundant(1), 0)
    # Number 2 was padding: what 3 carries along is what 1 said.
    again = RtpPacket(payload_type.RED, 3, 2 * 960, 1, join_red(b"frame2", b"frame1", 960))
    units += assembler.push(3, again, 20 * MS)
    units += assembler.push(4, RtpPacket(payload_type.RED, 4, 3 * 960, 1, b"\xef"), 40 * MS)
    units += assembler.flush()
    assert [unit.payload for unit in units] == [b"frame1", b"frame2"]
    assert assembler.drops[RtpDrop.MALFORMED_PAYLOAD] == 1


def test_a_payload_type_without_media_is_refused() -> None:
    with pytest.raises(ValueError, match="no media"):
        assembler_for(payload_type.RTX_VP8)
