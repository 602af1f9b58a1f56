"""What sound tells the server, and how often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mixer.sound.delay import MILLISECOND_NS
from mixer.sound.echo import Echo
from mixer.sound.engine import SoundEngine
from mixer.sound.ticks import TickSchedule
from mixer.wire.control import Condition, DelayReport, Event, LevelReport
from mixer.wire.ids import GroupId, PublicationId

TICKS_PER_S: Final = 50
REPEAT_TICKS: Final = 250
"""Every 5 s the delays are told again, changed or not."""
LOOK_TICKS: Final = 5
"""Whether a delay moved is looked at ten times a second."""
DELAY_STEP_NS: Final = 5 * MILLISECOND_NS
ECHO: Final = "sound.echo"
ECHO_DELAY_STEP_MS: Final = 20
ECHO_LEVEL_STEP_DB: Final = 6.0


class Reporter:
    """Turns the engine's state into reports, tick by tick."""

    def __init__(self, report: Callable[[Event], None], *, conceals: bool) -> None:
        self._report = report
        self._conceals = conceals
        self._told_delays: dict[PublicationId, int] = {}
        self._echoes: dict[GroupId, Echo] = {}
        self._late = False
        self._ticks = 0

    def retell(self) -> None:
        """The server has just connected and knows nothing of now, or what an earlier life said."""
        self._told_delays = {}
        self._report(
            Condition(id="sound.no_concealment", subject="sound", active=not self._conceals)
        )
        self._report(Condition(id="sound.late", subject="sound", active=self._late))
        for group, echo in self._echoes.items():
            self._report(_echo_condition(group, echo))

    def on_tick(self, tick: int, engine: SoundEngine, schedule: TickSchedule) -> None:
        """After each tick."""
        self._ticks += 1
        if tick % (TICKS_PER_S // engine.features.meters_per_s) == 0 and engine.sources:
            self._levels(engine)
        loudness = engine.take_loudness()
        if loudness is not None:
            self._report(loudness)
        self._tell_echoes(engine)
        if self._ticks % LOOK_TICKS == 0 or not self._told_delays:
            self._tell_delays(engine)
        late = schedule.struggling()
        if late != self._late:
            self._late = late
            values = {"very_late": str(schedule.very_late), "skipped": str(schedule.skipped)}
            self._report(Condition(id="sound.late", subject="sound", active=late, values=values))

    def _levels(self, engine: SoundEngine) -> None:
        meters = engine.meters()
        self._report(
            LevelReport(
                levels_db={name: round(meter.peak_db, 1) for name, meter in meters.items()},
                rms_db={name: round(meter.rms_db, 1) for name, meter in meters.items()},
                clipped=tuple(name for name, meter in meters.items() if meter.clipped),
            )
        )

    def _tell_echoes(self, engine: SoundEngine) -> None:
        """Each group that sends back what it hears, when it begins, ends, or moved much."""
        found = engine.echoes
        for group in self._echoes.keys() - found.keys():
            del self._echoes[group]
            self._report(Condition(id=ECHO, subject=str(group), active=False))
        for group, echo in found.items():
            told = self._echoes.get(group)
            if (
                told is None
                or abs(told.delay_ms - echo.delay_ms) > ECHO_DELAY_STEP_MS
                or abs(told.level_db - echo.level_db) > ECHO_LEVEL_STEP_DB
            ):
                self._echoes[group] = echo
                self._report(_echo_condition(group, echo))

    def _tell_delays(self, engine: SoundEngine) -> None:
        delays_ns = engine.delays_ns()
        if self._ticks % REPEAT_TICKS == 0 or self._moved(delays_ns):
            self._told_delays = delays_ns
            self._report(DelayReport(delays_ns=delays_ns))

    def _moved(self, delays_ns: dict[PublicationId, int]) -> bool:
        told = self._told_delays
        return delays_ns.keys() != told.keys() or any(
            abs(delay_ns - told[source]) >= DELAY_STEP_NS for source, delay_ns in delays_ns.items()
        )


def _echo_condition(group: GroupId, echo: Echo) -> Condition:
    values = {"delay_ms": str(echo.delay_ms), "level_db": f"{echo.level_db:.0f}"}
    return Condition(id=ECHO, subject=str(group), active=True, values=values)
