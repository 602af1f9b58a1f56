"""The import contracts, and what they cannot say: importing late is allowed, loading is not."""

import subprocess
import sys
from pathlib import Path

import pytest

MEDIA_LIBRARIES = {"av", "numpy", "PIL", "aiortc", "pylibsrtp"}
SERVER_LIBRARIES = {"aiohttp", "socketio", "sqlalchemy", "pydantic"}


def loaded_by(module: str) -> set[str]:
    """Top-level modules in a new interpreter that imported `module`."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=30
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "foreign"),
    [
        # A small supervisor survives when memory runs out, and restarts without delay.
        ("server.supervisor.supervisor", MEDIA_LIBRARIES | SERVER_LIBRARIES),
        ("mixer.wire", MEDIA_LIBRARIES | SERVER_LIBRARIES),
        ("mixer.rtp", SERVER_LIBRARIES | {"aiortc", "pylibsrtp"}),
        ("signaling", MEDIA_LIBRARIES),
        ("recorder", SERVER_LIBRARIES),
    ],
)
def test_a_process_loads_only_its_own_libraries(module: str, foreign: set[str]) -> None:
    assert loaded_by(module) & foreign == set()


def test_the_import_contracts_of_pyproject_are_kept(repository: Path) -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(command), "--no-cache"],
        cwd=repository,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout
