import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.forward.drops import Drop, DropCounters, DropTally
from mixer.forward.transport_log import ArrivalLog, SentLog
from mixer.rtp import twcc
from mixer.rtp.errors import RtpError
from mixer.rtp.rtcp import parse_rtcp

MS = 1_000_000
SECOND = 1000 * MS


def drops() -> DropTally:
    return DropTally(DropCounters())


def sent(count: int, *, cluster: int = 0, log: SentLog | None = None) -> SentLog:
    filled = log or SentLog()
    for index in range(count):
        filled.add(SECOND + index * MS, 1000 + index, cluster)
    return filled


def on_the_wire(report: twcc.TransportFeedback) -> twcc.TransportFeedback:
    (parsed,) = parse_rtcp(report.serialize())
    assert isinstance(parsed, twcc.TransportFeedback)
    return parsed


def test_tells_what_arrived_and_what_was_lost() -> None:
    log, arrivals = sent(5), ArrivalLog()
    for number in (1, 2, 4, 5):
        arrivals.add(number, 70 * SECOND + number * 2 * MS)
    (report,) = arrivals.reports(1, 2)
    told = log.match(9, on_the_wire(report), 2 * SECOND, drops())
    assert told is not None
    assert told.peer == 9
    assert list(told.octets) == [1000, 1001, 1002, 1003, 1004]
    assert [time - SECOND for time in told.sent_ns] == [0, MS, 2 * MS, 3 * MS, 4 * MS]
    steps = [time - told.arrived_ns[0] for time in told.arrived_ns]
    assert steps[:2] == [0, 2 * MS]
    assert told.arrived_ns[2] == -1
    assert steps[3:] == [6 * MS, 8 * MS]


def test_a_packet_is_told_once_and_a_lost_one_again_when_it_came() -> None:
    log, arrivals = sent(3), ArrivalLog()
    arrivals.add(1, SECOND)
    arrivals.add(3, SECOND + MS)
    (first,) = arrivals.reports(1, 2)
    assert log.match(9, first, 2 * SECOND, drops()) is not None
    assert log.match(9, first, 2 * SECOND, drops()) is None
    arrivals.add(2, SECOND + 5 * MS)
    (second,) = arrivals.reports(1, 2)
    told = log.match(9, second, 2 * SECOND, drops())
    assert told is not None
    assert list(told.octets) == [1001]
    assert told.arrived_ns[0] >= 0


def test_nothing_new_is_no_report() -> None:
    arrivals = ArrivalLog()
    assert arrivals.reports(1, 2) == []
    arrivals.add(1, SECOND)
    assert len(arrivals.reports(1, 2)) == 1
    assert arrivals.reports(1, 2) == []


def test_numbers_never_sent_are_dropped_by_name() -> None:
    counted = drops()
    report = twcc.TransportFeedback(1, 2, 40_000, 0, 0, (1, 2, None))
    assert sent(3).match(9, report, 2 * SECOND, counted) is None
    assert counted.counts == {Drop.FEEDBACK_UNKNOWN: 1}


def test_what_left_twice_tells_nothing() -> None:
    log = sent(2)
    log.forget(1)
    told = log.match(9, twcc.TransportFeedback(1, 2, 1, 0, 0, (1, 1)), 2 * SECOND, drops())
    assert told is not None
    assert list(told.octets) == [1001]


def test_probes_keep_their_cluster() -> None:
    log = sent(2, cluster=7, log=sent(1))
    told = log.match(9, twcc.TransportFeedback(1, 2, 1, 0, 0, (1, 1, 1)), 2 * SECOND, drops())
    assert told is not None
    assert list(told.cluster) == [0, 7, 7]


def test_the_reference_time_may_wrap() -> None:
    log = sent(2)
    first = log.match(9, twcc.TransportFeedback(1, 2, 1, 0x7FFFFF, 0, (0,)), 2 * SECOND, drops())
    second = log.match(9, twcc.TransportFeedback(1, 2, 2, -0x800000, 1, (0,)), 2 * SECOND, drops())
    assert first is not None
    assert second is not None
    assert second.arrived_ns[0] - first.arrived_ns[0] == twcc.REFERENCE_NS


def test_a_sender_that_begins_anew_is_followed() -> None:
    arrivals = ArrivalLog()
    arrivals.add(10, SECOND)
    arrivals.reports(1, 2)
    arrivals.add(20_000, 2 * SECOND)
    (report,) = arrivals.reports(1, 2)
    assert (report.base_sequence, report.received) == (20_000, 1)


def test_arrivals_far_apart_are_told_in_two_reports() -> None:
    arrivals = ArrivalLog()
    arrivals.add(1, SECOND)
    arrivals.add(2, 20 * SECOND)
    reports = [on_the_wire(report) for report in arrivals.reports(1, 2)]
    assert [report.received for report in reports] == [1, 1]


def test_a_report_on_more_packets_than_we_remember_is_refused() -> None:
    body = bytes(8) + b"\x00\x01\xff\xff" + bytes(4) + b"\x1f\xff" * 9
    with pytest.raises(RtpError) as refused:
        twcc.parse_transport_feedback(body)
    assert refused.value.id == "twcc.count_range"


@given(seed=st.integers(0, 1 << 32), loss=st.sampled_from([0.0, 0.05, 0.5]))
def test_every_packet_is_told_over_the_wire(seed: int, loss: float) -> None:
    source = random.Random(seed)
    log, arrivals = SentLog(), ArrivalLog()
    count = 1200
    told: dict[int, int] = {}
    pending: list[tuple[int, int]] = []
    for index in range(count):
        number = log.next_number
        log.add(index * MS, index + 1, 0)
        if source.random() >= loss:
            pending.append((index * MS + source.randrange(30) * MS, number))
        if index % 100 == 99:
            pending.sort()
            ready = [entry for entry in pending if entry[0] <= index * MS]
            pending = pending[len(ready) :]
            for arrival_ns, arrived in ready:
                arrivals.add(arrived & 0xFFFF, arrival_ns)
            for report in arrivals.reports(1, 2):
                found = log.match(9, on_the_wire(report), index * MS, drops())
                if found is None:
                    continue
                for octets, arrival_ns in zip(found.octets, found.arrived_ns, strict=True):
                    assert told.get(octets, -1) < 0, "an arrival is told once"
                    told[octets] = arrival_ns
    assert len(told) > 0.9 * count


@given(
    st.lists(
        st.tuples(
            st.lists(st.tuples(st.integers(-30, 60), st.integers(-50 * MS, 300 * MS)), max_size=80),
            st.sampled_from((1, 1, 1, 450, 5000)),
            st.sampled_from((0, 0, 40 * MS, 9 * SECOND)),
        ),
        max_size=12,
    )
)
def test_the_compiled_log_writes_the_same_reports(
    rounds: list[tuple[list[tuple[int, int]], int, int]],
) -> None:
    compiled = pytest.importorskip(
        "mixer.forward._fanout", reason="nothing to compare"
    ).CompiledArrivals
    logs = (ArrivalLog(), compiled())
    number, now_ns = 0xFFF0, 70 * SECOND
    for arrivals, jump, passed_ns in rounds:
        number += jump
        now_ns += passed_ns
        for step, late_ns in arrivals:
            number = max(0, number + step)
            for log in logs:
                log.add(number & 0xFFFF, now_ns + late_ns)
        written = [[one.serialize() for one in log.reports(0xFFFFFFFE, 7)] for log in logs]
        assert written[0] == written[1]


@pytest.mark.parametrize("which", ["reference", "compiled"])
def test_a_number_that_is_no_longer_remembered_is_not_told_once_more(which: str) -> None:
    log = ArrivalLog()
    if which == "compiled":
        log = pytest.importorskip("mixer.forward._fanout").CompiledArrivals()
    log.add(1, SECOND)
    log.add(1025, 2 * SECOND)
    assert log.reports(1, 2)
    log.add(1, 3 * SECOND)
    assert log.reports(1, 2) == []
    log.add(2, 3 * SECOND)
    assert log.reports(1, 2)
