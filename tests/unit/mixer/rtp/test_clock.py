"""SessionClock in virtual time: drift, jitter, lip-sync, jumps."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.rtp.clock import HOPELESS_NS, JUMP_NS, MAX_SSRCS, SessionClock
from mixer.rtp.sequence import TimestampExtender
from mixer.rtp.stats import RtpDrop

CLOCKS = [SessionClock]
try:
    from mixer.forward._fanout import CompiledClock
except ImportError:  # without a compiler; tests/unit/test_build.py fails where there is one
    pass
else:
    CLOCKS.append(CompiledClock)
MS = 1_000_000
SECOND = 1_000_000_000
AUDIO, VIDEO = 0xA, 0xB
NTP_ORIGIN_NS = 3_900_000_000 * SECOND


@pytest.fixture(params=CLOCKS, autouse=True, scope="module")
def implementation(request: pytest.FixtureRequest) -> Iterator[None]:
    """All of this holds for the clock in Python and for the compiled one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "SessionClock", request.param)
        yield


@dataclass
class Sender:
    """One microphone or camera on a clock that is `ppm` fast, behind a jittery path."""

    clock: SessionClock
    ssrc: int
    clock_rate: int
    interval_ns: int
    delay_ns: int
    ppm: int = 0
    jitter_ns: int = 30 * MS
    origin_timestamp: int = 1 << 40
    rng: random.Random = field(default_factory=lambda: random.Random(1))

    def sender_ns(self, true_ns: int) -> int:
        return true_ns + true_ns * self.ppm // 1_000_000

    def timestamp(self, true_ns: int) -> int:
        return self.origin_timestamp + self.sender_ns(true_ns) * self.clock_rate // SECOND

    def packets(self, start_ns: int, end_ns: int) -> Iterator[tuple[int, int, int]]:
        """Yield (capture time, arrival, session time)."""
        for captured_ns in range(start_ns, end_ns, self.interval_ns):
            arrival_ns = captured_ns + self.delay_ns + self.rng.randrange(self.jitter_ns + 1)
            yield captured_ns, arrival_ns, self.arrive(captured_ns, arrival_ns)

    def arrive(self, captured_ns: int, arrival_ns: int) -> int:
        return self.clock.on_packet(self.ssrc, self.timestamp(captured_ns), arrival_ns)

    def report(self, true_ns: int, *, ntp_step_ns: int = 0) -> None:
        self.clock.on_sender_report(
            self.ssrc,
            NTP_ORIGIN_NS + ntp_step_ns + self.sender_ns(true_ns),
            self.timestamp(true_ns) & 0xFFFFFFFF,
            true_ns + self.delay_ns + self.rng.randrange(self.jitter_ns + 1),
        )


def audio_sender(clock: SessionClock, *, ppm: int = 0, jitter_ns: int = 30 * MS) -> Sender:
    clock.add_ssrc(AUDIO, 48_000)
    return Sender(clock, AUDIO, 48_000, 20 * MS, 40 * MS, ppm, jitter_ns)


def video_sender(clock: SessionClock, *, ppm: int = 0, jitter_ns: int = 30 * MS) -> Sender:
    clock.add_ssrc(VIDEO, 90_000)
    return Sender(clock, VIDEO, 90_000, 40 * MS, 90 * MS, ppm, jitter_ns, (1 << 33) + 12345)


def play(
    senders: list[Sender], start_ns: int, end_ns: int, *, reports: bool = True
) -> dict[int, list[tuple[int, int, int]]]:
    """Run all senders second by second, a report of each at the end of every fifth."""
    seen: dict[int, list[tuple[int, int, int]]] = {sender.ssrc: [] for sender in senders}
    for second_ns in range(start_ns, end_ns, SECOND):
        for sender in senders:
            stop_ns = min(second_ns + SECOND, end_ns)
            seen[sender.ssrc] += sender.packets(second_ns, stop_ns)
            if reports and second_ns // SECOND % 5 == 0:
                sender.report(stop_ns)
    return seen


def skew_ns(audio: list[tuple[int, int, int]], video: list[tuple[int, int, int]]) -> list[int]:
    """Session time of video less that of audio, for what was captured together."""
    by_capture = {captured_ns: session_ns for captured_ns, _, session_ns in audio}
    return [session_ns - by_capture[captured_ns] for captured_ns, _, session_ns in video]


@pytest.mark.parametrize("ppm", [-200, 0, 200])
@pytest.mark.parametrize("reports", [False, True])
def test_an_hour_of_drift_and_jitter_stays_within_5_ms(ppm: int, reports: bool) -> None:
    clock = SessionClock()
    sender = audio_sender(clock, ppm=ppm)
    seen = play([sender], 0, 3600 * SECOND, reports=reports)[AUDIO]
    errors = [
        session_ns - captured_ns - sender.delay_ns
        for captured_ns, _, session_ns in seen
        if captured_ns > 10 * SECOND
    ]
    assert max(errors) < 5 * MS
    assert min(errors) > -5 * MS
    assert clock.reanchors == 0


def test_session_time_of_a_stream_never_runs_backward() -> None:
    clock = SessionClock()
    senders = [audio_sender(clock, ppm=150), video_sender(clock, ppm=150)]
    for seen in play(senders, 0, 120 * SECOND).values():
        sessions = [session_ns for _, _, session_ns in seen]
        assert all(later > earlier for earlier, later in pairwise(sessions))


def test_sound_and_picture_of_one_source_meet_after_their_reports() -> None:
    clock = SessionClock()
    seen = play([audio_sender(clock, ppm=80), video_sender(clock, ppm=80)], 0, 120 * SECOND)
    late = [sample for sample in seen[VIDEO] if sample[0] > 30 * SECOND]
    assert max(map(abs, skew_ns(seen[AUDIO], late))) < 2 * MS


def test_reports_within_the_first_second_align_at_once() -> None:
    clock = SessionClock()
    audio, video = audio_sender(clock, jitter_ns=0), video_sender(clock, jitter_ns=0)
    play([audio, video], 0, 400 * MS, reports=False)
    audio.report(400 * MS)
    video.report(400 * MS)
    seen = play([audio, video], 400 * MS, 2 * SECOND, reports=False)
    after = [sample for sample in seen[VIDEO] if sample[0] > 700 * MS]
    assert max(map(abs, skew_ns(seen[AUDIO], after))) < MS


def test_without_reports_each_stream_keeps_its_own_delay() -> None:
    clock = SessionClock()
    senders = [audio_sender(clock), video_sender(clock)]
    seen = play(senders, 0, 20 * SECOND, reports=False)
    late = [sample for sample in seen[VIDEO] if sample[0] > 15 * SECOND]
    assert not clock.has_report(AUDIO)
    assert all(abs(skew - 50 * MS) < 5 * MS for skew in skew_ns(seen[AUDIO], late))


def test_a_correction_takes_at_most_half_a_percent_of_elapsed_time() -> None:
    clock = SessionClock()
    audio, video = audio_sender(clock, jitter_ns=0), video_sender(clock, jitter_ns=0)
    play([audio, video], 0, 10 * SECOND, reports=False)
    audio.report(10 * SECOND)
    video.report(10 * SECOND)
    seen = play([audio, video], 10 * SECOND, 30 * SECOND)[VIDEO]
    steps = [later[2] - earlier[2] for earlier, later in pairwise(seen)]
    assert min(steps) >= 40 * MS - 40 * MS // 200 - 12_000
    assert max(steps) <= 40 * MS + 40 * MS // 200 + 12_000
    assert abs(seen[-1][2] - seen[-1][0] - 40 * MS) < MS


def test_packets_of_one_picture_share_their_session_time() -> None:
    clock = SessionClock({VIDEO: 90_000})
    first = clock.on_packet(VIDEO, 90_000, 5 * SECOND)
    assert clock.on_packet(VIDEO, 90_000, 5 * SECOND + 7 * MS) == first


def test_a_late_packet_gets_the_time_of_its_place() -> None:
    clock = SessionClock({AUDIO: 48_000})
    for index in range(100):
        if index != 50:
            clock.on_packet(AUDIO, 960 * index, index * 20 * MS)
    assert clock.on_packet(AUDIO, 960 * 50, 2100 * MS) == 50 * 20 * MS


def test_a_set_wall_clock_moves_nothing() -> None:
    clock = SessionClock()
    audio, video = audio_sender(clock), video_sender(clock)
    play([audio, video], 0, 30 * SECOND)
    before = play([audio, video], 30 * SECOND, 31 * SECOND, reports=False)
    for sender in (audio, video):
        sender.report(31 * SECOND, ntp_step_ns=-3600 * SECOND)
    after = play([audio, video], 31 * SECOND, 41 * SECOND, reports=False)
    assert clock.wall_clock_steps == 1
    assert clock.reanchors == 0
    delay_before = before[VIDEO][-1][2] - before[VIDEO][-1][0]
    delay_after = after[VIDEO][-1][2] - after[VIDEO][-1][0]
    assert abs(delay_after - delay_before) < 2 * MS
    assert max(map(abs, skew_ns(after[AUDIO], after[VIDEO]))) < 2 * MS


@pytest.mark.parametrize("jump_s", [-3600, -3, 3, 3600])
def test_a_jump_of_rtp_time_anchors_anew(jump_s: int) -> None:
    clock = SessionClock()
    sender = audio_sender(clock)
    play([sender], 0, 10 * SECOND)
    last_ns = sender.arrive(10 * SECOND, 10 * SECOND + sender.delay_ns)
    sender.origin_timestamp += jump_s * 48_000
    after = play([sender], 10 * SECOND + 20 * MS, 14 * SECOND, reports=False)[AUDIO]
    assert clock.reanchors == 1
    captured_ns, _, session_ns = after[-1]
    assert abs(session_ns - captured_ns - sender.delay_ns) < 5 * MS
    settled = [session_ns for _, _, session_ns in after if session_ns > last_ns]
    assert settled == sorted(settled)


def test_time_that_stood_still_in_a_pause_is_put_right() -> None:
    clock = SessionClock()
    sender = audio_sender(clock, jitter_ns=0)
    play([sender], 0, 5 * SECOND)
    sender.origin_timestamp -= 60 * 48_000
    session_ns = sender.arrive(65 * SECOND, 65 * SECOND + sender.delay_ns)
    assert session_ns == 65 * SECOND + sender.delay_ns
    assert clock.reanchors == 1


def test_the_backlog_of_a_stalled_network_keeps_its_time() -> None:
    clock = SessionClock()
    sender = audio_sender(clock, jitter_ns=0)
    play([sender], 0, 10 * SECOND)
    release_ns = 14 * SECOND
    for captured_ns in range(10 * SECOND, 14 * SECOND, 20 * MS):
        backlog_ns = (captured_ns - 10 * SECOND) // 20
        session_ns = sender.arrive(captured_ns, release_ns + backlog_ns)
        assert abs(session_ns - captured_ns - sender.delay_ns) < MS
    assert clock.reanchors == 0


def test_a_report_before_the_first_packet_counts() -> None:
    clock = SessionClock()
    sender = audio_sender(clock)
    sender.report(0)
    assert not clock.has_report(AUDIO)
    sender.arrive(0, sender.delay_ns)
    assert clock.has_report(AUDIO)


def test_reports_that_cannot_be_true_are_counted_or_ignored() -> None:
    clock = SessionClock()
    sender = audio_sender(clock)
    sender.arrive(0, sender.delay_ns)
    clock.on_sender_report(AUDIO, 0, 0, SECOND)
    clock.on_sender_report(0xDEAD, NTP_ORIGIN_NS, 0, SECOND)
    clock.on_sender_report(AUDIO, NTP_ORIGIN_NS, 48_000 * 3600, SECOND)
    assert not clock.has_report(AUDIO)
    assert clock.drops == {RtpDrop.REPORT_IMPLAUSIBLE: 1}


def test_a_false_skew_between_streams_falls_back_to_arrival() -> None:
    clock = SessionClock()
    audio, video = audio_sender(clock, jitter_ns=0), video_sender(clock, jitter_ns=0)
    play([audio, video], 0, 2 * SECOND, reports=False)
    audio.report(2 * SECOND)
    video.report(2 * SECOND, ntp_step_ns=700 * SECOND)
    seen = play([audio, video], 2 * SECOND, 12 * SECOND, reports=False)
    assert abs(seen[AUDIO][-1][2] - seen[AUDIO][-1][0] - audio.delay_ns) < MS
    assert abs(seen[VIDEO][-1][2] - seen[VIDEO][-1][0] - video.delay_ns) < MS


def test_streams_are_bounded_announced_and_removed() -> None:
    clock = SessionClock()
    for ssrc in range(MAX_SSRCS + 1):
        clock.add_ssrc(ssrc, 90_000)
    with pytest.raises(KeyError):
        clock.on_packet(0, 1, 1)
    clock.remove_ssrc(1)
    with pytest.raises(KeyError):
        clock.on_packet(1, 1, 1)
    with pytest.raises(ValueError, match="positive"):
        clock.add_ssrc(99, 0)


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.integers(0, 0xFFFFFFFF),
            st.integers(0, 2**63),
            st.integers(0, 4 * SECOND),
        ),
        max_size=60,
    )
)
def test_no_sender_leads_session_time_away_from_arrival(
    steps: list[tuple[bool, int, int, int]],
) -> None:
    clock = SessionClock({VIDEO: 90_000})
    extender = TimestampExtender()
    arrival_ns = 0
    for is_report, timestamp, ntp_ns, pause_ns in steps:
        arrival_ns += pause_ns
        if is_report:
            clock.on_sender_report(VIDEO, ntp_ns, timestamp, arrival_ns)
            continue
        session_ns = clock.on_packet(VIDEO, extender.extend(timestamp), arrival_ns)
        assert session_ns <= arrival_ns + 2 * JUMP_NS
        assert session_ns >= arrival_ns - pause_ns - 2 * HOPELESS_NS - JUMP_NS


def test_a_sender_that_lost_sound_is_followed_within_seconds() -> None:
    clock = SessionClock()
    sender = audio_sender(clock, jitter_ns=5 * MS)
    for _ in sender.packets(0, 5 * SECOND):
        pass
    sender.report(5 * SECOND)
    # 600 ms were never captured; the RTP clock goes on as if they had never been.
    sender.origin_timestamp -= 600 * MS * sender.clock_rate // SECOND
    late = [
        arrival_ns - session_ns
        for _, arrival_ns, session_ns in sender.packets(5 * SECOND + 600 * MS, 9 * SECOND)
    ]
    assert late[0] > 500 * MS
    assert all(abs(lateness) < 50 * MS for lateness in late[len(late) // 2 :])
    assert clock.reanchors == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from((AUDIO, VIDEO)),
            st.integers(-5000, 40_000),
            st.integers(0, 400 * MS),
            st.booleans(),
        ),
        max_size=120,
    )
)
def test_both_clocks_say_the_same(events: list[tuple[int, int, int, bool]]) -> None:
    clocks = [made({AUDIO: 48_000, VIDEO: 90_000}) for made in CLOCKS]
    timestamps = {AUDIO: 1 << 40, VIDEO: 1 << 41}
    arrival_ns = 100 * SECOND
    for ssrc, step, passed_ns, reports in events:
        timestamps[ssrc] += step
        arrival_ns += passed_ns
        if reports:
            ntp_ns = NTP_ORIGIN_NS + arrival_ns
            for clock in clocks:
                clock.on_sender_report(ssrc, ntp_ns, timestamps[ssrc] & 0xFFFFFFFF, arrival_ns)
        told = {clock.on_packet(ssrc, timestamps[ssrc], arrival_ns) for clock in clocks}
        assert len(told) == 1
    assert len({clock.reanchors for clock in clocks}) == 1
