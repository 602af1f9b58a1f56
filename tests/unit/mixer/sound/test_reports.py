import pytest

from mixer.sound.echo import Echo
from mixer.sound.engine import SoundEngine
from mixer.sound.reports import LOOK_TICKS, Reporter
from mixer.sound.ticks import TickSchedule
from mixer.wire.control import Condition, DelayReport, Event, LevelReport, LoudnessReport
from mixer.wire.ids import TICK_NS, GroupId, PublicationId
from mixer.wire.resources import SoundProgramme, SoundSource
from mixer.wire.sound import SoundFeatures
from tests.sim.sound_seats import library

ONE = PublicationId(1)


class Heard:
    """A reporter over an engine with one source, and what it said."""

    def __init__(self, *, conceals: bool = True) -> None:
        self.events: list[Event] = []
        self.engine = SoundEngine(library())
        self.engine.put(SoundSource(publication=ONE, group=GroupId(1)))
        self.schedule = TickSchedule(0)
        self.reporter = Reporter(self.events.append, conceals=conceals)
        self.tick = 0

    def run(self, ticks: int, *, late_ns: int = 0) -> None:
        for _ in range(ticks):
            self.tick += 1
            self.schedule.due(self.tick * TICK_NS + late_ns)
            self.reporter.on_tick(self.tick, self.engine, self.schedule)

    def count(self, kind: type[Event]) -> int:
        return sum(isinstance(event, kind) for event in self.events)


def test_levels_come_five_times_a_second() -> None:
    heard = Heard()
    heard.run(100)
    assert heard.count(LevelReport) == 10


def test_an_unchanged_delay_is_told_once_and_then_every_5_s() -> None:
    heard = Heard()
    heard.run(1)
    assert heard.count(DelayReport) == 1
    heard.run(500)
    assert heard.count(DelayReport) == 3


def test_a_delay_is_told_when_it_moved_by_5_ms(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    heard.run(LOOK_TICKS)
    jitter = heard.engine.sources[ONE].jitter
    jitter._delay += 239
    heard.run(LOOK_TICKS)
    assert heard.count(DelayReport) == 1
    jitter._delay += 1
    heard.run(LOOK_TICKS)
    assert heard.count(DelayReport) == 2


def test_lateness_is_a_condition_that_comes_and_goes() -> None:
    heard = Heard()
    heard.run(10)
    heard.run(1, late_ns=70_000_000)
    heard.run(300)
    conditions = [event for event in heard.events if isinstance(event, Condition)]
    assert [(c.id, c.active) for c in conditions] == [("sound.late", True), ("sound.late", False)]
    assert conditions[0].values["very_late"] == "3"


@pytest.mark.parametrize("conceals", [True, False])
def test_a_new_server_is_told_all_conditions_and_the_delays(conceals: bool) -> None:
    heard = Heard(conceals=conceals)
    heard.run(10)
    heard.events.clear()
    heard.reporter.retell()
    heard.run(1)
    told = {event.id: event.active for event in heard.events if isinstance(event, Condition)}
    assert told == {"sound.no_concealment": not conceals, "sound.late": False}
    assert heard.count(DelayReport) == 1


def test_meters_come_as_often_as_is_set() -> None:
    heard = Heard()
    heard.engine.put(SoundFeatures(meters_per_s=25))
    heard.run(100)
    assert heard.count(LevelReport) == 50


def test_loudness_comes_ten_times_a_second_while_there_is_a_programme() -> None:
    heard = Heard()
    programme = SoundProgramme(opus=PublicationId(8), aac=PublicationId(9))
    heard.engine.put(programme)
    for _ in range(100):
        heard.engine.tick(heard.tick + 1)
        heard.run(1)
    assert heard.count(LoudnessReport) == 20
    heard.engine.put(SoundFeatures(loudness=False))
    for _ in range(20):
        heard.engine.tick(heard.tick + 1)
        heard.run(1)
    assert heard.count(LoudnessReport) == 20


def test_an_echo_is_told_when_it_begins_when_it_moves_and_when_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = Heard()
    found: dict[GroupId, Echo] = {}
    monkeypatch.setattr(SoundEngine, "echoes", property(lambda _: dict(found)))
    heard.run(1)
    for echo in (Echo(200, -12.0), Echo(205, -14.0), Echo(240, -14.0)):
        found[GroupId(4)] = echo
        heard.run(2)
    heard.reporter.retell()
    found.clear()
    heard.run(2)
    told = [
        (event.subject, event.active, event.values.get("delay_ms"))
        for event in heard.events
        if isinstance(event, Condition) and event.id == "sound.echo"
    ]
    assert told == [
        ("4", True, "200"),
        ("4", True, "240"),
        ("4", True, "240"),
        ("4", False, None),
    ]
