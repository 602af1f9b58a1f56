"""The shared harness of the tests of the whole."""

from tests.harness.fixtures import loopback_candidates, pytest_runtest_makereport, serving

__all__ = ["loopback_candidates", "pytest_runtest_makereport", "serving"]
