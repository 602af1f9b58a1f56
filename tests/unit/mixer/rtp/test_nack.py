"""Requests for lost packets and the ring that answers them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.rtp.nack import MAX_AGE_NS, MAX_TRIES, NackGenerator, PacketRing
from mixer.rtp.stats import RtpDrop

MS = 1_000_000
RTT_NS = 50 * MS


def generator_with_gap(*, reorder_ns: int = 0) -> NackGenerator:
    nack = NackGenerator(reorder_ns=reorder_ns)
    nack.add(100, 0)
    nack.add(103, 0)
    return nack


def test_a_gap_is_asked_for_at_once_and_again_after_a_round_trip() -> None:
    nack = generator_with_gap()
    assert nack.poll(0, RTT_NS) == [101, 102]
    assert nack.poll(RTT_NS - 1, RTT_NS) == []
    assert nack.poll(RTT_NS, RTT_NS) == [101, 102]
    assert nack.requested == 4


def test_a_first_packet_and_a_whole_stream_ask_for_nothing() -> None:
    nack = NackGenerator()
    for ext_seq in range(65_000, 66_000):
        nack.add(ext_seq, 0)
    assert nack.poll(MS, RTT_NS) == []


def test_what_arrives_is_no_longer_asked_for() -> None:
    nack = generator_with_gap()
    nack.poll(0, RTT_NS)
    nack.add(101, MS)
    nack.add(101, MS)
    assert nack.poll(RTT_NS, RTT_NS) == [102]
    assert (nack.recovered, nack.missing) == (1, [102])


def test_a_reordered_packet_within_patience_costs_no_request() -> None:
    nack = generator_with_gap(reorder_ns=10 * MS)
    assert nack.poll(9 * MS, RTT_NS) == []
    nack.add(101, 9 * MS)
    assert nack.poll(10 * MS, RTT_NS) == [102]


def test_a_packet_is_given_up_after_its_tries() -> None:
    nack = generator_with_gap()
    now_ns = 0
    for _ in range(MAX_TRIES):
        assert nack.poll(now_ns, RTT_NS) == [101, 102]
        now_ns += RTT_NS
    assert nack.poll(now_ns, RTT_NS) == []
    assert nack.missing == []
    assert nack.drops == {RtpDrop.NACK_GIVEN_UP: 2}
    assert nack.lost == 2


def test_a_packet_is_given_up_when_it_is_old() -> None:
    nack = generator_with_gap()
    assert nack.poll(MAX_AGE_NS + 1, 2 * MAX_AGE_NS) == []
    assert nack.drops == {RtpDrop.NACK_GIVEN_UP: 2}


def test_a_gap_too_wide_is_left_to_a_key_frame() -> None:
    nack = NackGenerator(max_gap=50)
    nack.add(1, 0)
    nack.add(3, 0)
    nack.add(100, 0)
    assert nack.poll(0, RTT_NS) == []
    assert nack.drops == {RtpDrop.NACK_GAP_TOO_LARGE: 97}
    assert nack.lost == 97


def test_the_oldest_leave_a_full_list() -> None:
    nack = NackGenerator(max_missing=10)
    for ext_seq in range(0, 60, 2):
        nack.add(ext_seq, 0)
    assert nack.missing == list(range(39, 59, 2))
    assert nack.drops == {RtpDrop.NACK_LIST_FULL: 19}


@given(st.integers(0, 2**32), st.integers(1, 64))
def test_every_missing_number_is_recovered_lost_or_still_missing(seed: int, bound: int) -> None:
    rng = random.Random(seed)
    nack = NackGenerator(max_missing=bound, max_gap=100)
    sent: list[int] = []
    now_ns = 0
    ext_seq = 70_000
    opened = 0
    for _ in range(200):
        step = rng.choice((1, 1, 1, 1, 2, 5, 40, 150)) if sent else 1
        opened += step - 1
        ext_seq += step
        sent.append(ext_seq)
        nack.add(ext_seq, now_ns)
        now_ns += rng.randrange(30 * MS)
        for asked in nack.poll(now_ns, RTT_NS):
            if rng.random() < 0.3:
                nack.add(asked, now_ns)
    assert len(nack.missing) <= bound
    assert opened == nack.recovered + nack.lost + len(nack.missing)
    assert nack.lost == sum(nack.drops.values())


def test_the_ring_gives_out_what_it_holds() -> None:
    ring: PacketRing[bytes] = PacketRing(100)
    assert ring.capacity == 128
    for ext_seq in range(65_500, 65_700):
        ring.store(ext_seq, b"%d" % ext_seq, 0)
    assert ring.get(65_699, MS) == b"65699"
    assert ring.resend(65_699 & 0xFFFF, MS) == b"65699"
    assert ring.get(65_500, MS) is None
    assert ring.resend(65_500, MS) is None
    assert ring.drops == {RtpDrop.RESEND_UNKNOWN: 2}
    assert ring.resent == 1


def test_the_ring_keeps_the_newer_of_two() -> None:
    ring: PacketRing[str] = PacketRing(4)
    ring.store(8, "new", 0)
    ring.store(4, "old", 0)
    assert ring.get(8, 0) == "new"


def test_the_ring_withholds_what_is_too_old_or_was_just_sent() -> None:
    ring: PacketRing[str] = PacketRing(4, max_age_ns=100 * MS)
    ring.store(1, "packet", 0)
    assert ring.resend(1, 10 * MS, spacing_ns=RTT_NS) == "packet"
    assert ring.resend(1, 20 * MS, spacing_ns=RTT_NS) is None
    assert ring.resend(1, 60 * MS, spacing_ns=RTT_NS) == "packet"
    assert ring.resend(1, 101 * MS) is None
    assert ring.get(1, 101 * MS) is None
    assert ring.drops == {RtpDrop.RESEND_TOO_SOON: 1, RtpDrop.RESEND_TOO_OLD: 2}
    assert ring.drops.as_dict() == {"resend_too_soon": 1, "resend_too_old": 2}


@pytest.mark.parametrize("capacity", [0, 32_769])
def test_a_ring_of_an_ambiguous_size_is_refused(capacity: int) -> None:
    with pytest.raises(ValueError, match="capacity"):
        PacketRing(capacity)
