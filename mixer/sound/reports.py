"""What sound tells the server, and how often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mixer.sound.delay import MILLISECOND_NS
from mixer.sound.engine import SoundEngine
from mixer.sound.ticks import TickSchedule
from mixer.wire.control import Condition, DelayReport, Event, LevelReport
from mixer.wire.ids import PublicationId

LEVEL_TICKS: Final = 10
REPEAT_TICKS: Final = 250
"""Every 5 s the delays are told again, changed or not."""
DELAY_STEP_NS: Final = 5 * MILLISECOND_NS


class Reporter:
    """Turns the engine's state into reports, tick by tick."""

    def __init__(self, report: Callable[[Event], None], *, conceals: bool) -> None:
        self._report = report
        self._conceals = conceals
        self._told_delays: dict[PublicationId, int] = {}
        self._late = False
        self._ticks = 0

    def retell(self) -> None:
        """The server has just connected and knows nothing of now, or what an earlier life said."""
        self._told_delays = {}
        self._report(
            Condition(id="sound.no_concealment", subject="sound", active=not self._conceals)
        )
        self._report(Condition(id="sound.late", subject="sound", active=self._late))

    def on_tick(self, tick: int, engine: SoundEngine, schedule: TickSchedule) -> None:
        """After each tick."""
        self._ticks += 1
        if tick % LEVEL_TICKS == 0 and engine.sources:
            self._report(LevelReport(levels_db=engine.levels_db()))
        delays_ns = engine.delays_ns()
        if self._ticks % REPEAT_TICKS == 0 or self._moved(delays_ns):
            self._told_delays = delays_ns
            self._report(DelayReport(delays_ns=delays_ns))
        late = schedule.struggling()
        if late != self._late:
            self._late = late
            values = {"very_late": str(schedule.very_late), "skipped": str(schedule.skipped)}
            self._report(Condition(id="sound.late", subject="sound", active=late, values=values))

    def _moved(self, delays_ns: dict[PublicationId, int]) -> bool:
        told = self._told_delays
        return delays_ns.keys() != told.keys() or any(
            abs(delay_ns - told[source]) >= DELAY_STEP_NS for source, delay_ns in delays_ns.items()
        )
