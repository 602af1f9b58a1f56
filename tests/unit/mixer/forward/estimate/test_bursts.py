import random

from mixer.forward.estimate.bursts import Burst, Bursts

MS = 1_000_000


def ended(*packets: tuple[int, int]) -> list[Burst]:
    """Bursts that a later packet ended; times in ms, -1: lost."""
    sent = [one * MS for one, _ in packets]
    arrived = [one * MS if one >= 0 else -1 for _, one in packets]
    return Bursts().add(sent, arrived)


def test_packets_sent_together_count_as_their_last() -> None:
    assert ended((100, 130), (102, 132), (105, 139), (120, 150)) == [Burst(34 * MS, 139 * MS)]


def test_lost_packets_say_nothing() -> None:
    assert ended((100, 130), (110, -1), (120, 150)) == [Burst(30 * MS, 130 * MS)]


def test_what_a_queue_has_pushed_together_is_one_burst() -> None:
    assert ended((100, 200), (110, 203), (120, 206), (160, 260)) == [Burst(86 * MS, 206 * MS)]


def test_a_packet_of_an_earlier_burst_is_left_out() -> None:
    bursts = Bursts()
    bursts.add([120 * MS], [150 * MS])
    late = bursts.add([100 * MS, 140 * MS], [160 * MS, 170 * MS])
    assert late == [Burst(30 * MS, 150 * MS)]


def test_a_report_may_end_in_the_midst_of_a_burst() -> None:
    bursts = Bursts()
    assert bursts.add([100 * MS], [130 * MS]) == []
    assert bursts.add([103 * MS, 120 * MS], [134 * MS, 150 * MS]) == [Burst(31 * MS, 134 * MS)]


def test_after_clear_what_had_begun_is_left_out() -> None:
    bursts = Bursts()
    bursts.add([100 * MS], [130 * MS])
    bursts.clear()
    assert bursts.add([200 * MS, 220 * MS], [230 * MS, 250 * MS]) == [Burst(30 * MS, 230 * MS)]


def test_any_order_of_arrival_is_taken() -> None:
    source = random.Random(5)
    sent = [index * MS for index in range(2000)]
    arrived = [one + source.randrange(-50, 400) * MS for one in sent]
    found = Bursts().add(sent, [max(-1, one) for one in arrived])
    assert 50 < len(found) < 400
    assert all(-50 * MS <= burst.transit_ns <= 400 * MS for burst in found)
