import pytest

from mixer.forward.estimate.reported import LEAST_BPS, TRIAL_NS, ReportedEstimate

MS = 1_000_000


class Receiver:
    """Is sent a rate, and reports twice a second."""

    def __init__(self, wanted_bps: float = 3e6) -> None:
        self.estimate = ReportedEstimate()
        self.estimate.wanted_bps = wanted_bps
        self.octets = self.told_octets = 0
        self.now_ns = 0

    def pass_time(
        self,
        seconds: float,
        sent_bps: float,
        *,
        loss: float = 0.0,
        remb: float = 0.0,
        rtt_ms: int = 40,
        told_of: float = 1.0,
    ) -> float:
        """`told_of`: share of what is sent that `remb` is about."""
        for _ in range(int(seconds * 10)):
            self.now_ns += 100 * MS
            self.octets += int(sent_bps / 80)
            self.told_octets += int(told_of * sent_bps / 80)
            if self.now_ns % (500 * MS) == 0:
                self.estimate.reception(loss, rtt_ms * MS)
                if remb:
                    self.estimate.bitrate(remb)
            self.estimate.tick(self.octets, self.told_octets, self.now_ns)
        return self.estimate.bps


@pytest.mark.parametrize(
    ("sent_bps", "loss", "remb"),
    [
        (2e6, 0.0, 0.0),
        (2e6, 0.05, 0.0),
        (2e6, 0.0, 2.5e6),
        (3e5, 0.0, 2.9e5),  # it has seen no more than was sent
        (2e6, 0.0, 3e5),  # likewise, until lately
    ],
)
def test_nothing_is_known_without_trouble(sent_bps: float, loss: float, remb: float) -> None:
    assert Receiver().pass_time(20, sent_bps, loss=loss, remb=remb) == 0


def test_a_receiver_that_believes_in_less_is_believed() -> None:
    assert Receiver().pass_time(3, 2e6, remb=5e5, loss=0.03) == 5e5


def test_a_queue_corroborates_it_as_well() -> None:
    receiver = Receiver()
    assert receiver.pass_time(5, 2e6, remb=5e5) == 0
    assert receiver.pass_time(3, 2e6, remb=5e5, rtt_ms=150) == 5e5


def test_loss_tells_what_gets_through() -> None:
    receiver = Receiver()
    assert receiver.pass_time(2, 2e6, loss=0.7) == pytest.approx(1.3e6, rel=0.05)
    assert receiver.pass_time(3, 1.3e6, loss=0.6) < 7e5


def test_it_never_falls_below_sound() -> None:
    assert Receiver().pass_time(60, 1e5, loss=0.9) == LEAST_BPS


def test_without_loss_it_grows_and_is_doubted_after_a_while() -> None:
    receiver = Receiver(wanted_bps=2.4e6)
    receiver.pass_time(3, 2e6, remb=5e5, loss=0.03)
    receiver.estimate.bitrate(0)
    grown = receiver.pass_time(4, 3e5)
    assert 5e5 < grown < 7e5
    assert receiver.pass_time(2 * TRIAL_NS / 1e9, 3e5) > 1.2 * grown
    assert receiver.pass_time(60, 3e5) == 0


def test_what_it_believes_is_held_against_what_it_speaks_of() -> None:
    receiver = Receiver()
    assert receiver.pass_time(20, 3e5, remb=1.5e5, loss=0.03, told_of=0.5) == 0
    # What it does not speak of goes on beside what it believes in.
    assert receiver.pass_time(3, 3e5, remb=1e5, loss=0.12, told_of=0.5) == pytest.approx(2.5e5)


def test_radio_that_loses_as_always_is_no_proof() -> None:
    receiver = Receiver()
    assert receiver.pass_time(10, 3e5, loss=0.05, remb=3e5) == 0
    assert receiver.pass_time(20, 3e5, loss=0.05, remb=1e5) == 0
    assert receiver.pass_time(3, 3e5, loss=0.15, remb=1e5) == 1e5


def test_loss_that_no_decrease_cures_becomes_usual() -> None:
    receiver = Receiver(wanted_bps=3e5)
    lowest = receiver.pass_time(8, 3e5, loss=0.2)
    assert 1.5e5 < lowest < 3e5
    assert receiver.pass_time(30, 3e5, loss=0.2) == 0


def test_loss_that_was_usual_is_forgotten_when_it_ends() -> None:
    receiver = Receiver(wanted_bps=3e5)
    receiver.pass_time(40, 3e5, loss=0.2)
    receiver.pass_time(10, 3e5)
    assert receiver.pass_time(4, 3e5, loss=0.2) > 0
