import random

import pytest

from mixer.forward.estimate.loss import LossControl

MS = 1_000_000


def lossy(
    loss: LossControl,
    seconds: int,
    share: float,
    *,
    believed_bps: float = 1e6,
    sent_bps: float = 9e5,
    queue_ms: float = 0,
    start_s: int = 0,
) -> float:
    """Ten reports a second of 12 packets; return the smaller of what is believed and the limit."""
    source = random.Random(3)
    current = believed_bps
    for index in range(seconds * 10):
        now_ns = (start_s * 10 + index) * 100 * MS
        lost = sum(source.random() < share for _ in range(12))
        current = min(believed_bps, loss.bps)
        if loss.add(12, lost, now_ns):
            loss.step(current, sent_bps * (1 - share), queue_ms, now_ns)
    return min(believed_bps, loss.bps)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05])
def test_little_loss_limits_nothing(share: float) -> None:
    assert lossy(LossControl(), 60, share) == 1e6


def test_much_loss_lowers_it_to_what_arrives() -> None:
    assert lossy(LossControl(), 3, 0.75, sent_bps=2e6, believed_bps=2e6) < 600_000


def test_a_loss_that_nothing_cures_becomes_usual() -> None:
    loss = LossControl()
    least = lossy(loss, 4, 0.2)
    assert 500_000 < least < 950_000
    lossy(loss, 30, 0.2, start_s=4)
    assert loss.usual == pytest.approx(0.2, abs=0.05)
    assert loss.bps > 1e6


def test_a_loss_that_was_cured_does_not() -> None:
    loss = LossControl()
    lossy(loss, 4, 0.3)
    lossy(loss, 4, 0.0, start_s=4)
    assert loss.usual < 0.01


def test_behind_a_full_queue_two_percent_are_too_much() -> None:
    assert lossy(LossControl(), 5, 0.05, queue_ms=200) < 900_000


def test_growth_ends_where_nothing_is_used() -> None:
    loss = LossControl()
    lossy(loss, 3, 0.75, sent_bps=8e5, believed_bps=8e5)
    low = loss.bps
    lossy(loss, 60, 0.0, sent_bps=1e5, start_s=3)
    assert loss.bps <= max(low, 160_000)


def test_a_few_packets_say_nothing() -> None:
    loss = LossControl()
    assert not any(loss.add(1, 1, index * 100 * MS) for index in range(19))
