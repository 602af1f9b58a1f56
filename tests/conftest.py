"""Settings every test shares; fixtures live beside the tests that use them."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.harness.stalls import Stalls

# A shared build machine stalls now and then; a slow example is no fault of the code under test.
settings.register_profile("default", deadline=None, max_examples=60)
settings.register_profile("soak", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("LIANXIAN_HYPOTHESIS_PROFILE", "default"))


def pytest_configure(config: pytest.Config) -> None:
    """Watch the machine while tests run on it."""
    if not config.option.collectonly:
        config.pluginmanager.register(Stalls(), "stalls")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the work tree."""
    return Path(__file__).resolve().parents[1]
