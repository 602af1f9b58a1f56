"""An hour of one publisher through the fan-out: session time of every packet, in virtual time.

Its clock is 200 ppm off, its line jitters and once stalls, its reports come late, and both of its
timestamps and its sequence numbers wrap on the way.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

import pytest

from mixer.rtp import payload_type as types
from mixer.rtp.rtcp import SenderReport
from tests.unit.mixer.forward.implementations import IMPLEMENTATIONS, reference
from tests.unit.mixer.forward.rig import (
    AUDIO,
    AUDIO_SSRC,
    DELTA,
    KEY,
    MS,
    PUBLISHER,
    SECOND,
    VIDEO,
    VIDEO_SSRC,
    Rig,
    rtp,
)

HOUR_NS = 3600 * SECOND
FIRST_REPORT_NS = 5 * SECOND
STALL_NS = 1800 * SECOND
STALLED_NS = 800 * MS
NTP_NS = 3_900_000_000 * SECOND
SLEW = 0.006
"""Half a percent, and the parts per million of the sender."""


@dataclass
class Stream:
    stream: int
    ssrc: int
    payload_type: int
    clock_rate: int
    interval_ns: int
    delay_ns: int
    origin: int
    """Of its timestamps: they wrap after some minutes."""


SOUND = Stream(AUDIO, AUDIO_SSRC, 111, types.AUDIO_CLOCK_RATE, 100 * MS, 40 * MS, (1 << 32) - 10**7)
CAMERA = Stream(VIDEO, VIDEO_SSRC, 96, types.VIDEO_CLOCK_RATE, 200 * MS, 90 * MS, (1 << 32) - 10**8)


class Publisher:
    """Sound and pictures that were captured together."""

    def __init__(self, ppm: int) -> None:
        self._ppm = ppm
        self._chance = random.Random(ppm)
        self.rig = Rig(make=IMPLEMENTATIONS.get("compiled", reference))
        self.rig.fanout.set_clock(0, 0)
        for stream in (AUDIO, VIDEO):
            self.rig.fanout.set_tap(stream, tapped=True)
        self.sessions: dict[int, list[tuple[int, int]]] = {AUDIO: [], VIDEO: []}
        """By stream: when it was captured, and when that was by session time."""

    def _sender_ns(self, true_ns: int) -> int:
        return true_ns + true_ns * self._ppm // 1_000_000

    def _stamp(self, stream: Stream, true_ns: int) -> int:
        units = self._sender_ns(true_ns) * stream.clock_rate // SECOND
        return (stream.origin + units) & 0xFFFFFFFF

    def _arrival_ns(self, stream: Stream, captured_ns: int) -> int:
        arrival_ns = captured_ns + stream.delay_ns + self._chance.randrange(30 * MS)
        stalled_ns = STALL_NS + STALLED_NS
        return max(arrival_ns, stalled_ns) if STALL_NS <= arrival_ns < stalled_ns else arrival_ns

    def play(self) -> None:
        events: list[tuple[int, int, Stream, int]] = []
        for stream in (SOUND, CAMERA):
            for number, captured_ns in enumerate(range(SECOND, HOUR_NS, stream.interval_ns)):
                events.append((self._arrival_ns(stream, captured_ns), number, stream, captured_ns))
            events += [
                (at_ns + stream.delay_ns, -1, stream, at_ns)
                for at_ns in range(FIRST_REPORT_NS, HOUR_NS, 5 * SECOND)
            ]
        events.sort(key=lambda event: event[:2])
        for arrival_ns, number, stream, true_ns in events:
            self.rig.now_ns = arrival_ns
            if number < 0:
                self._report(stream, true_ns)
            else:
                self._send(stream, number, true_ns)

    def _report(self, stream: Stream, true_ns: int) -> None:
        ntp_ns = NTP_NS + self._sender_ns(true_ns)
        ntp = ntp_ns // SECOND << 32 | (ntp_ns % SECOND << 32) // SECOND
        stamp = self._stamp(stream, true_ns)
        self.rig.rtcp(SenderReport(stream.ssrc, ntp, stamp, 0, 0), address=PUBLISHER)

    def _send(self, stream: Stream, number: int, captured_ns: int) -> None:
        payload = b"opus" if stream is SOUND else KEY if number == 0 else DELTA
        stamp = self._stamp(stream, captured_ns)
        packet = rtp(stream.payload_type, 60_000 + number, stamp, stream.ssrc, payload)
        for tapped in self.rig.arrive(packet).tapped:
            self.sessions[tapped.stream].append((captured_ns, tapped.session_ns))
        self.rig.socket.sent.clear()


@pytest.mark.parametrize("ppm", [-200, 200])
def test_an_hour_of_a_publisher_whose_clock_is_off(ppm: int) -> None:
    publisher = Publisher(ppm)
    publisher.play()
    for stream in (SOUND, CAMERA):
        seen = publisher.sessions[stream.stream]
        assert len(seen) == (HOUR_NS - SECOND) // stream.interval_ns
        # It only grows, and never faster or slower than by half a percent.
        settled = [one for one in seen if one[0] > 3 * SECOND]
        for (before_ns, before_session_ns), (captured_ns, session_ns) in pairwise(settled):
            moved = (session_ns - before_session_ns) / (captured_ns - before_ns)
            assert abs(moved - 1) < SLEW
        # By arrival at first, by the clock that both share from the reports on.
        late = [session_ns - captured_ns for captured_ns, session_ns in seen[10:]]
        assert max(late) - min(late) < stream.delay_ns
    sound = dict(publisher.sessions[AUDIO])
    apart = [
        abs(session_ns - sound[captured_ns])
        for captured_ns, session_ns in publisher.sessions[VIDEO]
        if captured_ns > 30 * SECOND
    ]
    assert max(apart) < 2 * MS
