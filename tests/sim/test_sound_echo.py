"""A site that sends back what it hears is named; one that merely talks is not."""

from typing import NamedTuple

import numpy as np
import pytest

from mixer.rtp.packet import RtpPacket
from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, Samples
from mixer.sound.jitter import AudioPacket
from mixer.wire.ids import TICK_NS, GroupId
from mixer.wire.sound import SoundFeatures
from tests.sim.sound_seats import MS, RETURN, Arrival, Conference, library, tone
from tests.sim.sound_speech import ENGLISH, MANDARIN, Microphone, Room, needs_espeak, spoken

ECHOING = 2


class Alarm(NamedTuple):
    at_s: float
    group: GroupId
    delay_ms: int
    level_db: float


class Talk:
    """Seats that speak and hear, one of them in a room that returns what it hears."""

    def __init__(self, voices: list[Samples], room: Room | None = None) -> None:
        self.held = Conference(len(voices))
        self.held.put_on_air(*range(1, len(voices) + 1))
        self._voices = voices
        self._room = room
        self._microphones = [Microphone() for _ in voices]
        self._ears = [library().decoder() for _ in voices]
        self._out = [np.zeros(TICK_SAMPLES, np.float32) for _ in voices]
        self.alarms: list[Alarm] = []
        self.loud: list[float] = []
        """Highest sample of the first seat's return, tick by tick."""

    def run(self, seconds: float) -> None:
        first = self.held.tick
        for tick in range(first, first + round(seconds * 50)):
            for seat, voice in enumerate(self._voices, start=1):
                self._speak(tick, seat, voice[tick * TICK_SAMPLES :][:TICK_SAMPLES])
            for frame in self.held.run(1):
                seat = frame.publication - RETURN
                payload = RtpPacket.parse(frame.payload).payload
                self._out[seat - 1] = self._ears[seat - 1].decode(payload)
            self.loud.append(float(np.abs(self._out[0]).max()))
            for group, echo in self.held.engine.echoes.items():
                if group not in {alarm.group for alarm in self.alarms}:
                    self.alarms.append(Alarm(tick / 50, group, echo.delay_ms, echo.level_db))

    def captured_ns(self, tick: int, seat: int) -> int:
        """What media takes for the time of a packet's first sample."""
        return tick * TICK_NS

    def _speak(self, tick: int, seat: int, block: Samples) -> None:
        if self._room is not None and seat == ECHOING:
            block = block + self._room.play(self._out[seat - 1])
        coded = self._microphones[seat - 1].code(block)
        at_ns = tick * TICK_NS + 25 * MS
        packet = AudioPacket(tick, tick * TICK_SAMPLES, self.captured_ns(tick, seat), at_ns, coded)
        self.held.speak(seat, [Arrival(at_ns, packet)])


def voices(seconds: float) -> list[Samples]:
    return [
        spoken(ENGLISH, "en", seconds),
        spoken(MANDARIN, "cmn", seconds),
        spoken(ENGLISH, "en-gb-scotland", seconds, 3),
        spoken(MANDARIN, "cmn", seconds, 5),
    ]


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


@needs_espeak
@pytest.mark.parametrize("level_db", [-12, -20])
@pytest.mark.parametrize("double_talk", [False, True])
def test_a_room_that_sends_back_is_named_within_5_s(double_talk: bool, level_db: float) -> None:
    said = voices(6)[:3]
    if not double_talk:
        said[ECHOING - 1] = silence(6)
    talk = Talk(said, Room(180, level_db))
    talk.run(6)
    (alarm,) = talk.alarms
    assert alarm.group == ECHOING
    assert 2 <= alarm.at_s <= 5
    # The way there and back: 180 ms of room, a tick to fill a packet, two codecs.
    assert alarm.delay_ms == pytest.approx(180 + 30, abs=15)
    assert alarm.level_db == pytest.approx(level_db, abs=4)


@needs_espeak
def test_sites_that_merely_talk_at_the_same_time_raise_no_alarm() -> None:
    talk = Talk(voices(20))
    talk.run(20)
    assert talk.alarms == []


@needs_espeak
def test_the_same_voice_at_several_sites_raises_no_alarm() -> None:
    talk = Talk([spoken(ENGLISH, "en", 10, start_s) for start_s in (0, 1.3, 4)])
    talk.run(10)
    assert talk.alarms == []


def test_tones_raise_no_alarm() -> None:
    length = 8 * SAMPLE_RATE
    both = [tone(1000, length, 0.125), tone(1000, length, 0.125), tone(440, length)]
    talk = Talk(both)
    talk.run(8)
    assert talk.alarms == []


@needs_espeak
def test_a_site_that_echoes_is_ducked_where_that_is_set_and_released_afterwards() -> None:
    said = [spoken(ENGLISH, "en", 14), silence(14), silence(14)]
    talk = Talk(said, Room(180, -6))
    talk.held.engine.put(SoundFeatures(echo_duck=True))
    talk.run(6)
    assert talk.alarms
    # The first seat hears nothing but its own echo.
    before, after = max(talk.loud[:100]), max(talk.loud[-100:])
    assert 20 * np.log10(after / before) < -8
    talk._room = None
    talk.run(8)
    assert talk.held.engine.echoes == {}


@needs_espeak
def test_with_the_watch_off_nobody_is_named() -> None:
    talk = Talk([spoken(ENGLISH, "en", 5), silence(5)], Room(180, -12))
    talk.held.engine.put(SoundFeatures(echo_watch=False))
    talk.run(5)
    assert talk.alarms == []


class Corrected(Talk):
    """Media takes a second to learn how late the echoing site's packets are, then corrects
    their capture times by half a percent.
    """

    def captured_ns(self, tick: int, seat: int) -> int:
        unknown_ns = max(60 * MS - max(tick - 50, 0) * MS // 10, 0) if seat == ECHOING else 0
        return tick * TICK_NS + unknown_ns


@needs_espeak
def test_an_echo_is_found_while_its_senders_clock_is_being_corrected() -> None:
    talk = Corrected(voices(7)[:3], Room(180, -12))
    talk.run(7)
    (alarm,) = talk.alarms
    assert alarm.group == ECHOING
    assert alarm.at_s <= 5
    # What the clock did not know yet when it was found counts as delay.
    assert 180 <= alarm.delay_ms <= 180 + 30 + 60


@needs_espeak
def test_an_echo_is_found_although_ticks_are_skipped() -> None:
    talk = Talk(voices(7)[:3], Room(180, -12))
    for skipped in (3, 1, 12):
        talk.run(1.1)
        talk.held.tick += skipped
    talk.run(2.5)
    assert [alarm.group for alarm in talk.alarms] == [ECHOING]
