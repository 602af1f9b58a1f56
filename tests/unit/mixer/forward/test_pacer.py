from mixer.forward.batch import NOTHING
from mixer.forward.drops import Drop
from mixer.forward.pacer import BRIMMING_PACKETS
from mixer.rtp.rtcp import Nack, PictureLoss
from tests.unit.mixer.forward.rig import (
    AUDIO,
    AUDIO_SSRC,
    DELTA,
    KEY,
    MS,
    OUT_RTX_SSRC,
    OUT_SSRC,
    PUBLISHER,
    VIEWER,
    Rig,
    rtp,
    sound_line,
)

BIG = bytes(1000)


def frame(rig: Rig, number: int, packets: int, begin: bytes = DELTA) -> None:
    for index in range(packets):
        rig.video(number + index, (begin if index == 0 else b"\x00") + BIG, number)


def test_without_a_pace_all_leaves_at_once(rig: Rig) -> None:
    frame(rig, 1, 70, KEY)
    assert len(rig.rtp_to(VIEWER)) == 70


def test_a_key_frame_leaves_at_the_pace(rig: Rig) -> None:
    rig.fanout.set_pace(2, 4_000_000)
    frame(rig, 1, 70, KEY)
    assert rig.fanout.next_due_ns(rig.now_ns) == rig.now_ns + 5 * MS
    sent = [len(rig.rtp_to(VIEWER))]
    for _ in range(30):
        rig.pass_time(5, step_ms=5)
        sent.append(len(rig.rtp_to(VIEWER)))
    assert sum(sent) == 70
    assert max(sent) <= 6
    # 70 packets of about 1020 octets at 4 Mbit/s are 143 ms.
    assert 26 <= max(index for index, count in enumerate(sent) if count) <= 29
    assert rig.fanout.next_due_ns(rig.now_ns) == rig.now_ns + 20 * MS


def test_who_begins_to_wait_is_told_to_the_caller(rig: Rig) -> None:
    rig.fanout.set_pace(2, 400_000)
    for number in range(1, 5):
        left = rig.video(number, KEY + BIG if number == 1 else BIG, 1)
        waits = rig.fanout.next_due_ns(rig.now_ns) == rig.now_ns + 5 * MS
        if waits:
            break
    assert waits
    assert left is not NOTHING


def test_sound_never_waits_behind_video(rig: Rig) -> None:
    rig.fanout.add_out(8, 2, sound_line())
    rig.fanout.set_route(8, AUDIO)
    rig.fanout.set_pace(2, 500_000)
    frame(rig, 1, 60, KEY)
    rig.rtp_to(VIEWER)
    rig.arrive(rtp(111, 5, 960, AUDIO_SSRC, b"opus"))
    assert [packet.payload for packet in rig.rtp_to(VIEWER)] == [b"opus"]


def test_retransmissions_leave_before_what_waits(rig: Rig) -> None:
    rig.fanout.set_pace(2, 1_000_000)
    frame(rig, 1, 40, KEY)
    first = rig.rtp_to(VIEWER)[0]
    rig.rtcp(Nack(1, OUT_SSRC, (first.sequence,)))
    rig.pass_time(15, step_ms=5)
    assert rig.rtp_to(VIEWER)[0].ssrc == OUT_RTX_SSRC


def test_numbers_stay_in_order_whatever_waits(rig: Rig) -> None:
    rig.fanout.set_pace(2, 3_000_000)
    number = 1
    for _ in range(20):
        frame(rig, number, 8, KEY)
        number += 8
        rig.pass_time(40, step_ms=5)
    rig.pass_time(1000, step_ms=5)
    sequences = [packet.sequence for packet in rig.rtp_to(VIEWER)]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))


def test_a_full_queue_ends_at_a_frame_and_goes_on_with_a_key_frame(rig: Rig) -> None:
    rig.fanout.set_pace(2, 400_000)
    frame(rig, 1, 45, KEY)
    frame(rig, 46, 3)
    frame(rig, 49, 3)
    assert rig.drops(Drop.PACER_FULL) == 1
    assert rig.drops(Drop.AWAITING_KEYFRAME) == 5
    rig.pass_time(1500, step_ms=5)
    frame(rig, 60, 2, KEY)
    rig.pass_time(100, step_ms=5)
    sent = rig.rtp_to(VIEWER)
    assert len(sent) == 47
    assert [packet.sequence - sent[0].sequence for packet in sent] == list(range(47))
    assert sent[44].timestamp < sent[45].timestamp


def test_after_a_full_queue_no_key_frame_is_asked_for_or_begins_before_most_has_left(
    rig: Rig,
) -> None:
    def asked() -> int:
        return sum(isinstance(one, PictureLoss) for one in rig.rtcp_to(PUBLISHER))

    rig.fanout.set_pace(2, 400_000)
    frame(rig, 1, 45, KEY)  # 0.9 s of the line
    rig.pass_time(250, step_ms=5)
    frame(rig, 46, 3)
    assert rig.drops(Drop.PACER_FULL) == 1
    asked()
    rig.pass_time(300, step_ms=5)  # not full any more: 0.4 s are left
    assert asked() == 0
    frame(rig, 60, 2, KEY)
    assert rig.drops(Drop.PACER_FULL) == 2
    rig.pass_time(500, step_ms=5)
    assert asked() >= 1
    frame(rig, 70, 2, KEY)
    rig.pass_time(200, step_ms=5)
    assert rig.drops(Drop.PACER_FULL) == 2
    sent = rig.rtp_to(VIEWER)
    assert [packet.sequence - sent[0].sequence for packet in sent] == list(range(47))


def test_a_late_packet_of_a_run_that_ended_goes_alone(rig: Rig) -> None:
    rig.fanout.set_pace(2, 400_000)
    for number in (*range(1, 20), *range(21, 46)):
        rig.video(number, (KEY if number == 1 else b"\x00") + BIG, 1)
    frame(rig, 46, 3)
    assert rig.drops(Drop.PACER_FULL) == 1
    rig.video(20, b"\x00" + BIG, 1)
    rig.pass_time(1500, step_ms=5)
    sent = rig.rtp_to(VIEWER)
    places = [packet.sequence - sent[0].sequence for packet in sent]
    # A number sent twice with another transport-wide number would break AEAD_AES_GCM.
    assert sorted(places) == list(range(45))


def test_a_frame_without_end_does_not_fill_the_queue_for_ever(rig: Rig) -> None:
    rig.fanout.set_pace(2, 1_000)
    frame(rig, 1, BRIMMING_PACKETS + 50, KEY)
    (figures,) = [item for item in rig.fanout.peer_figures(rig.now_ns) if item.peer == 2]
    assert figures.queued_octets <= (BRIMMING_PACKETS + 1) * 1100
    assert rig.drops(Drop.PACER_FULL) >= 1


def test_retransmissions_are_queued_for_300_ms_at_most(rig: Rig) -> None:
    rig.fanout.set_pace(2, 8_000_000)
    frame(rig, 1, 200, KEY)
    rig.pass_time(500, step_ms=5)
    numbers = tuple(packet.sequence for packet in rig.rtp_to(VIEWER))
    rig.fanout.set_pace(2, 400_000)
    rig.rtcp(Nack(1, OUT_SSRC, numbers))
    # 300 ms at 400 kbit/s are 15 kB.
    assert 180 <= rig.drops(Drop.PACER_FULL) <= 186
    rig.pass_time(400, step_ms=5)
    assert 14 <= len(rig.rtp_to(VIEWER)) <= 20


def test_new_keys_drop_what_waits(rig: Rig) -> None:
    rig.fanout.set_pace(2, 1_000_000)
    frame(rig, 1, 40, KEY)
    rig.fanout.clear_keys(2)
    assert rig.drops(Drop.KEYS_REPLACED) > 20
    rig.pass_time(100, step_ms=5)


def test_a_removed_stream_leaves_nothing_behind(rig: Rig) -> None:
    rig.fanout.set_pace(2, 1_000_000)
    frame(rig, 1, 40, KEY)
    rig.rtp_to(VIEWER)
    rig.fanout.remove_out(7)
    rig.pass_time(500, step_ms=5)
    assert rig.rtp_to(VIEWER) == []


def test_a_rate_that_rises_lets_the_rest_go(rig: Rig) -> None:
    rig.fanout.set_pace(2, 100_000)
    frame(rig, 1, 40, KEY)
    rig.fanout.set_pace(2, 0)
    rig.pass_time(5, step_ms=5)
    assert len(rig.rtp_to(VIEWER)) == 40
