"""What import contracts cannot say: imports inside functions are allowed, loading is not."""

import subprocess
import sys

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
