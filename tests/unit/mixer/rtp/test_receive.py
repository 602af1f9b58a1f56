"""Reception statistics and NTP arithmetic."""

import random

from hypothesis import given
from hypothesis import strategies as st

from mixer.rtp.ntp import (
    UNIX_TO_NTP_NS,
    middle_of_ntp,
    ns_to_ntp,
    ns_to_short_ntp,
    ntp_to_ns,
    short_ntp_to_ns,
)
from mixer.rtp.receive import ReceiveStatistics, round_trip_ns
from mixer.rtp.rtcp import ReportBlock

MS = 1_000_000
SECOND = 1_000_000_000


@given(st.integers(0, (2**32 - 1) * SECOND))
def test_nanoseconds_survive_ntp(time_ns: int) -> None:
    assert ntp_to_ns(ns_to_ntp(time_ns)) == time_ns


def test_ntp_counts_from_1900() -> None:
    assert ns_to_ntp(UNIX_TO_NTP_NS) == 2_208_988_800 << 32
    assert ns_to_short_ntp(SECOND // 2) == 0x8000
    assert ns_to_short_ntp(10**18) == 0xFFFFFFFF
    assert short_ntp_to_ns(0x18000) == 1_500 * MS


def test_loss_is_told_per_interval_and_in_all() -> None:
    statistics = ReceiveStatistics(7, 90_000)
    for ext_seq in range(1000, 1100):
        if ext_seq % 4:
            statistics.on_packet(ext_seq, ext_seq * 3000, ext_seq * 33 * MS, 100)
    block = statistics.report_block(0)
    assert (block.ssrc, block.packets_lost, block.highest_sequence) == (7, 24, 1099)
    assert block.fraction_lost == (24 << 8) // 99
    assert statistics.octets_received == 7500
    for ext_seq in range(1100, 1200):
        statistics.on_packet(ext_seq, ext_seq * 3000, ext_seq * 33 * MS)
    block = statistics.report_block(0)
    assert (block.fraction_lost, block.packets_lost) == (0, 24)


def test_a_repaired_packet_is_no_loss_and_no_jitter() -> None:
    statistics = ReceiveStatistics(7, 48_000)
    for ext_seq in (1, 3, 4, 5):
        statistics.on_packet(ext_seq, ext_seq * 960, ext_seq * 20 * MS)
    statistics.on_packet(2, 2 * 960, 300 * MS, repaired=True)
    assert statistics.packets_lost == 0
    assert statistics.jitter_ms == 0


def test_duplicates_and_early_packets_count_as_rfc_3550_has_it() -> None:
    statistics = ReceiveStatistics(7, 48_000)
    for ext_seq in (10, 10, 9, 11):
        statistics.on_packet(ext_seq, ext_seq * 960, ext_seq * 20 * MS)
    assert statistics.expected == 3
    assert statistics.packets_lost == -1
    assert statistics.report_block(0).fraction_lost == 0


def test_jitter_nears_the_mean_deviation() -> None:
    rng = random.Random(5)
    statistics = ReceiveStatistics(7, 48_000)
    for ext_seq in range(5000):
        arrival_ns = ext_seq * 20 * MS + rng.randrange(30 * MS)
        statistics.on_packet(ext_seq, (ext_seq * 960) & 0xFFFFFFFF, arrival_ns)
    assert 6 < statistics.jitter_ms < 14  # the mean of |a - b| is a third of the 30 ms
    assert statistics.report_block(0).jitter == int(statistics.jitter_ms * 48)


def test_a_wrap_of_the_timestamp_is_no_jitter() -> None:
    statistics = ReceiveStatistics(7, 90_000)
    for index in range(10):
        timestamp = (0xFFFFFFFF - 9000 + index * 3600) & 0xFFFFFFFF
        statistics.on_packet(index, timestamp, index * 40 * MS)
    assert statistics.jitter_ms < 0.1


def test_the_block_reflects_the_last_sender_report() -> None:
    statistics = ReceiveStatistics(7, 90_000)
    assert statistics.report_block(SECOND).delay_since_last_sr == 0
    assert statistics.expected == 0
    ntp = ns_to_ntp(UNIX_TO_NTP_NS)
    statistics.on_sender_report(ntp, SECOND)
    block = statistics.report_block(3 * SECOND)
    assert block.last_sr == middle_of_ntp(ntp)
    assert block.delay_since_last_sr == 2 << 16


def test_the_round_trip_is_what_the_peer_did_not_wait() -> None:
    sent = UNIX_TO_NTP_NS
    block = ReportBlock(7, last_sr=middle_of_ntp(ns_to_ntp(sent)), delay_since_last_sr=2 << 16)
    rtt_ns = round_trip_ns(block, ns_to_ntp(sent + 2 * SECOND + 80 * MS))
    assert rtt_ns is not None
    assert abs(rtt_ns - 80 * MS) < MS
    assert round_trip_ns(block, ns_to_ntp(sent + SECOND)) == 0
    assert round_trip_ns(ReportBlock(7), ns_to_ntp(sent)) is None
