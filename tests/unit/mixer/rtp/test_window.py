"""The reorder window: order, patience, bounds."""

import random

from hypothesis import given
from hypothesis import strategies as st

from mixer.rtp.packet import RtpPacket
from mixer.rtp.stats import DropCounts, RtpDrop
from mixer.rtp.window import Released, ReorderWindow

MS = 1_000_000
WAIT_NS = 100 * MS


def window(wait_ns: int = WAIT_NS, max_packets: int = 64, max_bytes: int = 10_000) -> ReorderWindow:
    return ReorderWindow(wait_ns, max_packets, max_bytes, DropCounts())


def packet(ext_seq: int, size: int = 1) -> RtpPacket:
    return RtpPacket(96, ext_seq & 0xFFFF, 0, 1, bytes(size))


def push(target: ReorderWindow, *ext_seqs: int) -> list[tuple[int, int]]:
    """Return (sequence, lost before) of what came out."""
    released: list[Released] = []
    for ext_seq in ext_seqs:
        released += target.push(ext_seq, packet(ext_seq), 0)
    return [(one.ext_seq, one.lost_before) for one in released]


def test_packets_in_order_pass_at_once() -> None:
    assert push(window(), 1, 2, 3) == [(1, 0), (2, 0), (3, 0)]


def test_a_gap_holds_what_is_behind_it_until_it_fills() -> None:
    target = window()
    assert push(target, 1, 3, 4) == [(1, 0)]
    assert target.held == 2
    assert push(target, 2) == [(2, 0), (3, 0), (4, 0)]


def test_a_gap_is_given_up_after_the_wait() -> None:
    target = window()
    push(target, 1, 4)
    assert target.advance(0) == []
    assert target.advance(WAIT_NS - 1) == []
    released = target.advance(WAIT_NS)
    assert [(one.ext_seq, one.lost_before) for one in released] == [(4, 2)]
    assert target.lost == 2


def test_each_gap_waits_from_its_own_beginning() -> None:
    target = window()
    target.advance(0)
    push(target, 1, 3)
    target.advance(50 * MS)
    push(target, 5)
    assert [one.ext_seq for one in target.advance(WAIT_NS)] == [3]
    assert target.advance(149 * MS) == []
    assert [one.ext_seq for one in target.advance(150 * MS)] == [5]


def test_without_patience_gaps_are_given_up_at_the_next_call() -> None:
    target = window(wait_ns=0)
    push(target, 1, 3)
    assert [one.ext_seq for one in target.advance(0)] == [3]


def test_latecomers_and_duplicates_are_told_apart() -> None:
    target = window()
    push(target, 1, 3, 3)
    target.flush()
    push(target, 2, 1, 3)
    assert target.drops == {RtpDrop.DUPLICATE: 3, RtpDrop.TOO_LATE: 1}


def test_too_many_packets_behind_a_gap_end_the_wait() -> None:
    target = window(max_packets=8)
    released = push(target, 1, *range(3, 12))
    assert released[:3] == [(1, 0), (3, 1), (4, 0)]
    assert target.drops == {RtpDrop.WINDOW_OVERFLOW: 1}
    assert target.held == 0


def test_too_many_bytes_behind_a_gap_end_the_wait() -> None:
    target = window(max_bytes=1000)
    target.push(1, packet(1), 0)
    target.push(3, packet(3, 600), 0)
    assert len(target.push(4, packet(4, 600), 0)) == 2
    assert target.drops == {RtpDrop.WINDOW_OVERFLOW: 1}


def test_a_sender_that_begins_anew_far_behind_is_followed() -> None:
    target = window(max_packets=8)
    push(target, 10_000, 10_001)
    released = push(target, *range(5_000, 5_020))
    assert released == [(5_015, 15), *((ext_seq, 0) for ext_seq in range(5_016, 5_020))]
    assert target.drops == {RtpDrop.TOO_LATE: 15, RtpDrop.SEQUENCE_RESET: 1}


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(0, 40))
def test_whatever_comes_goes_out_once_and_in_order(
    seed: int, max_packets: int, patience_ms: int
) -> None:
    rng = random.Random(seed)
    target = window(patience_ms * MS, max_packets)
    order = [ext_seq for ext_seq in range(70_000, 70_200) if rng.random() > 0.1]
    order.sort(key=lambda ext_seq: ext_seq + rng.randrange(12))
    order += rng.choices(order, k=20)
    released: list[Released] = []
    for index, ext_seq in enumerate(order):
        released += target.push(ext_seq, packet(ext_seq), 0)
        released += target.advance(index * 5 * MS)
        assert target.held <= max_packets
    released += target.flush()
    sequences = [one.ext_seq for one in released]
    assert sequences == sorted(set(sequences))
    assert sum(one.lost_before for one in released) == target.lost
    assert sequences[-1] - sequences[0] + 1 == len(sequences) + target.lost
    dropped = target.drops[RtpDrop.DUPLICATE] + target.drops[RtpDrop.TOO_LATE]
    assert len(order) == len(released) + dropped
