"""Which tests may run once again, tried on runs of pytest within this one."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
PLUGIN = """
import pytest
from tests.harness.stalls import Stalls

class Machine(Stalls):
    def longest_s(self):
        return {still_s}

def pytest_configure(config):
    config.addinivalue_line("markers", "system")
    config.pluginmanager.register(Machine(), "stalls")
"""
FAILING_ONCE = """
import pytest
seen = set()

@pytest.mark.parametrize("which", range({tests}))
{mark}
def test_that_fails_once(which):
    is_first = which not in seen
    seen.add(which)
    assert not is_first
"""
FAILING_ALWAYS = """
import pytest

@pytest.mark.system
def test_that_fails_always():
    assert False
"""
SYSTEM = "@pytest.mark.system"


class Run:
    """A run of pytest on files of its own."""

    def __init__(self, pytester: pytest.Pytester, repository: Path) -> None:
        self._pytester, self._repository = pytester, repository

    def of(self, source: str, still_s: float) -> dict[str, int]:
        self._pytester.makeconftest(PLUGIN.format(still_s=still_s))
        self._pytester.makepyfile(source)
        path = f"pythonpath={self._repository}"
        return self._pytester.runpytest_subprocess("-o", path).parseoutcomes()


@pytest.fixture
def run(pytester: pytest.Pytester, repository: Path) -> Run:
    return Run(pytester, repository)


def test_two_of_a_run_pass_by_their_second_go(run: Run) -> None:
    found = run.of(FAILING_ONCE.format(tests=2, mark=SYSTEM), still_s=0.0)
    assert found == {"passed": 2, "rerun": 2}


def test_the_third_is_a_failure(run: Run) -> None:
    found = run.of(FAILING_ONCE.format(tests=5, mark=SYSTEM), still_s=0.0)
    assert found == {"passed": 2, "rerun": 2, "failed": 3}


def test_a_machine_that_stood_still_excuses_all(run: Run) -> None:
    found = run.of(FAILING_ONCE.format(tests=5, mark=SYSTEM), still_s=0.02)
    assert found == {"passed": 5, "rerun": 5}


def test_what_fails_twice_is_a_failure(run: Run) -> None:
    for still_s in (0.0, 0.02):
        assert run.of(FAILING_ALWAYS, still_s) == {"failed": 1, "rerun": 1}


def test_what_needs_no_clock_has_no_second_go(run: Run) -> None:
    for still_s in (0.0, 0.02):
        found = run.of(FAILING_ONCE.format(tests=1, mark=""), still_s)
        assert found == {"failed": 1}


def test_what_ran_again_is_told(pytester: pytest.Pytester, repository: Path) -> None:
    pytester.makeconftest(PLUGIN.format(still_s=0.0))
    pytester.makepyfile(FAILING_ONCE.format(tests=1, mark=SYSTEM))
    result = pytester.runpytest_subprocess("-o", f"pythonpath={repository}")
    result.stdout.fnmatch_lines(
        [
            "*the machine while tests failed*",
            "*[[]0[]]: rerun, stood still 0 ms",
            "*test_what_ran_again_is_told.py:9",
            "*assert not True",
        ]
    )
