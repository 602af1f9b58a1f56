import pytest

from mixer.forward.estimate.cluster import ClusterMeter, Measured

MS = 1_000_000


def train(
    bursts: int = 5, packets: int = 3, octets: int = 250, apart_ms: float = 5.0
) -> tuple[list[int], list[int], list[int]]:
    """Times of sending and arriving (30 ms later) and sizes; bursts leave 5 ms apart."""
    sent = [int(burst * apart_ms * MS) for burst in range(bursts) for _ in range(packets)]
    return sent, [one + 30 * MS for one in sent], [octets] * len(sent)


def measured(
    sent: list[int], arrived: list[int], octets: list[int], cluster: list[int] | None = None
) -> Measured:
    meter = ClusterMeter(7, sum(octets))
    meter.add(sent, arrived, octets, cluster or [7] * len(sent))
    return meter.measured()


def test_an_empty_line_is_as_fast_as_we() -> None:
    found = measured(*train())
    # 750 octets in 5 ms.
    assert found == Measured(1_200_000, 1_200_000)


def test_a_full_line_stretches_the_train() -> None:
    sent, arrived, octets = train()
    stretched = [30 * MS + (one - 30 * MS) * 2 for one in arrived]
    assert measured(sent, stretched, octets) == Measured(1_200_000, 600_000)


def test_media_between_counts() -> None:
    sent, arrived, octets = train()
    cluster = [*[7] * 4, 0, *[7] * 10]
    found = measured(sent, arrived, octets, cluster)
    assert found == Measured(1_200_000, 1_200_000)


def test_media_before_does_not() -> None:
    sent, arrived, octets = train()
    found = measured([-99 * MS, *sent], [-69 * MS, *arrived], [1000, *octets], [0, *[7] * 15])
    assert found == Measured(1_200_000, 1_200_000)


def test_lost_ones_did_not_arrive() -> None:
    sent, arrived, octets = train()
    arrived[4] = arrived[7] = arrived[10] = -1
    found = measured(sent, arrived, octets)
    assert found.sent_bps == 1_200_000
    assert found.received_bps == 900_000


@pytest.mark.parametrize("kept", [0, 3, 9])
def test_too_little_tells_nothing(kept: int) -> None:
    sent, arrived, octets = train()
    arrived = arrived[:kept] + [-1] * (15 - kept)
    assert measured(sent, arrived, octets) == Measured(0, 0)


def test_what_left_as_one_tells_nothing() -> None:
    assert measured(*train(apart_ms=0.1)) == Measured(0, 0)


def test_reports_are_joined_until_all_is_told() -> None:
    sent, arrived, octets = train()
    meter = ClusterMeter(7, 3000)
    assert not meter.add(sent[:8], arrived[:8], octets[:8], [7] * 8)
    assert meter.add(sent[8:], arrived[8:], octets[8:], [7] * 7)
    assert meter.sent_ns == (0, 15 * MS)
