"""Which tests in real time may run once again: docs/decisions/0099.

A process that does nothing else sleeps for 10 ms at a time and notes when it was woken late. Where
it was, so were the threads of sound and picture, and what a test then saw is the machine's doing:
such tests run again without limit. Of the others the first two of a run may, and are told of.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

NAP_S = 0.01
NOTED_S = 0.01
EXCUSE_S = 0.02
"""A tick of sound: where one who only sleeps is woken so late, the mix was late too."""
MOST_SAID = 4
"""Lines of what a test said that ran again."""
MARKS = ("system", "browser")
AGAIN = 1
UNEXCUSED = 2
"""Tests of a run that may run once again though nothing stood still."""
ROOT = Path(__file__).resolve().parents[2]


def nap() -> None:
    """Tell on standard output when (monotonic) a nap ended late and by how much, for ever."""
    while True:
        asleep_s = time.monotonic()
        time.sleep(NAP_S)
        awake_s = time.monotonic()
        late_s = awake_s - asleep_s - NAP_S
        if late_s > NOTED_S:
            sys.stdout.write(f"{awake_s:.3f} {late_s:.3f}\n")
            sys.stdout.flush()


class SecondGoes:
    """What of a run's second goes without an excuse is left."""

    def __init__(self, left: int = UNEXCUSED) -> None:
        self.left = left

    def take(self) -> bool:
        """Whether one was left."""
        if self.left == 0:
            return False
        self.left -= 1
        return True


class Stalls:
    """A pytest plugin: tests in real time have a second go."""

    def __init__(self) -> None:
        self._notes = tempfile.TemporaryFile("w+")  # noqa: SIM115  open until pytest ends
        self._watcher = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import nap; nap()"],
            stdout=self._notes,
            cwd=ROOT,
        )
        self._begun_s = time.monotonic()
        self._told: list[str] = []
        self._unexcused = SecondGoes()

    def longest_s(self) -> float:
        """The longest time for which the machine stood still in the test that runs."""
        self._notes.seek(0)
        noted = (line.split() for line in self._notes if line.endswith("\n"))
        return max((float(late) for at, late in noted if float(at) >= self._begun_s), default=0.0)

    def has_second_go(self, failure: BaseException | None) -> bool:
        """Whether a test that failed so runs again: excused by the machine, or one of the first."""
        if self.longest_s() >= EXCUSE_S:
            return True
        return failure is not None and self._unexcused.take()

    # --- hooks ------------------------------------------------------------------------------

    def pytest_collection_modifyitems(self, items: Iterable[pytest.Item]) -> None:
        """Give them their second go."""
        for item in items:
            if any(item.get_closest_marker(mark) for mark in MARKS):
                item.add_marker(pytest.mark.flaky(reruns=AGAIN, condition=self.has_second_go))

    def pytest_runtest_logstart(self) -> None:
        """A test begins, or begins again."""
        self._begun_s = time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what stood still while it failed."""
        if report.outcome not in ("passed", "skipped"):
            still_ms = round(self.longest_s() * 1000)
            self._told += [
                f"{report.nodeid}: {report.outcome}, stood still {still_ms} ms",
                *(f"  {line}" for line in _why(report)),
            ]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell of tests that failed, or passed by their second go only."""
        if self._told:
            terminalreporter.section("the machine while tests failed")
            for line in self._told:
                terminalreporter.write_line(line)

    def pytest_unconfigure(self) -> None:
        """End the watcher."""
        self._watcher.kill()
        self._watcher.wait()
        self._notes.close()


def _why(report: pytest.TestReport) -> list[str]:
    """Where a test failed, and the beginning of what it said."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:
        return []
    said = str(crash.message).splitlines()[:MOST_SAID]
    return [f"{crash.path}:{crash.lineno}", *said]
