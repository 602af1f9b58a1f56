"""Fixtures of the tests of the whole; each folder's conftest takes what it needs."""

from collections.abc import Generator, Iterator

import aioice.ice
import pytest
from pluggy import Result

from .serving import Serving

_running: list[Serving] = []


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A running server that the tests of one module share."""
    running = Serving(tmp_path_factory.mktemp("serve") / "data")
    _running.append(running)
    try:
        running.start()
        yield running
    finally:
        _running.remove(running)
        running.end()


@pytest.fixture
def loopback_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice leaves out the loopback interface, which is the only one some machines have."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: ["127.0.0.1"])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, Result[pytest.TestReport], None]:
    """Show the servers' logs and counts with each failure; taken over by a conftest."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for running in _running:
            report.sections.append(("end of the server's log", running.log_tail()))
            report.sections.append(("what the server counted", running.counted()))
