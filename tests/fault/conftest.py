"""The shared harness of the tests of the whole."""

from tests.harness.fixtures import pytest_runtest_makereport, serving

__all__ = ["pytest_runtest_makereport", "serving"]
