"""Damaged packets in volume through the compiled fan-out, and the reference beside it."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import random
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.test_volume import MANY, SEED
from tests.unit.mixer.forward.implementations import IMPLEMENTATIONS

ROOT = Path(__file__).parents[2]
IS_BUILT = importlib.util.find_spec("tests.fuzz._storm") is not None
pytestmark = pytest.mark.skipif(
    not (IS_BUILT and "compiled" in IMPLEMENTATIONS), reason="there is no compiler"
)
SOME, ALIKE = 30_000, 6_000
GROWTH_BYTES = 8 << 20
REFUSED = {
    "mixed": "srtp_refused",
    "rtp": "malformed_rtp",
    "rtcp": "malformed_rtcp",
    "twcc": "malformed_rtcp",
    "red": "malformed_rtp",
    "vp8": "padding_only",
    "h264": "padding_only",
    "wire": "srtp_refused",
}
"""Of every kind of input, why some of it must be discarded."""


def storm(
    path: str, kind: str, cases: int, seed: int, begin: str = "", **more: str
) -> dict[str, object]:
    """What `tests.fuzz.volume` prints; it ends by itself when it hangs.

    ``begin``: code that runs it in another way.
    """
    start = ["-c", begin] if begin else ["-m", "tests.fuzz.volume"]
    command = [sys.executable, *start, path, kind, str(cases), str(seed)]
    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **more}, capture_output=True, text=True, check=False
    )
    said = f"{' '.join(command)}\nended with {ended.returncode}\n{ended.stderr[-4000:]}"
    assert ended.returncode == 0, said
    found: dict[str, object] = json.loads(ended.stdout.splitlines()[-1])
    return found


def checked_by_address(folder: Path) -> tuple[str, dict[str, str]]:
    """A fan-out in which gcc checks every access to memory: how a process begins that has it."""
    flags = {"CFLAGS": "-fsanitize=address -O1 -g1", "LDFLAGS": "-fsanitize=address"}
    build = ("setup.py", "-q", "build_ext", "--build-lib", str(folder / "lib"))
    subprocess.run(
        [sys.executable, *build, "--build-temp", str(folder / "made")],
        cwd=ROOT,
        env={**os.environ, **flags},
        check=True,
    )
    library = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    begin = (
        "import mixer.forward, runpy, sys;"
        f"mixer.forward.__path__.insert(0, {str(folder / 'lib/mixer/forward')!r});"
        "import mixer.forward._fanout as built;"
        f"assert built.__file__.startswith({str(folder)!r});"
        "runpy.run_module('tests.fuzz.volume', run_name='__main__', alter_sys=True)"
    )
    # CPython keeps what it allocated until its end, and small blocks in arenas of its own.
    options = {"LD_PRELOAD": library, "ASAN_OPTIONS": "detect_leaks=0", "PYTHONMALLOC": "malloc"}
    return begin, options


def check(kind: str, found: dict[str, object]) -> None:
    drops = found["drops"]
    assert isinstance(drops, dict)
    assert "internal_error" not in drops
    assert drops[REFUSED[kind]] > 0
    # Somebody who does nothing wrong, in the midst of it, loses nothing.
    assert found["good"] == found["passed"] != 0
    assert isinstance(found["grown_bytes"], int)
    assert found["grown_bytes"] < GROWTH_BYTES


@pytest.mark.parametrize("kind", REFUSED)
def test_a_storm_of_damaged_packets_breaks_nothing_and_disturbs_nobody(kind: str) -> None:
    check(kind, storm("compiled", kind, SOME, SEED))


@pytest.mark.parametrize("kind", [kind for kind in REFUSED if kind != "wire"])
def test_compiled_and_reference_send_the_same_bytes_in_a_storm(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_alike(kind, ALIKE, SEED, monkeypatch)


@pytest.mark.parametrize(("kind", "seed"), [("mixed", 3), ("rtp", 2)])
def test_seeds_that_found_a_difference_once_find_none(
    kind: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_alike(kind, 10_000, seed, monkeypatch)


def check_alike(kind: str, cases: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = []
    for path in ("compiled", "reference"):
        # What a fan-out draws itself (where its numbers begin) is then the same too.
        monkeypatch.setattr(secrets, "randbelow", random.Random(seed).randrange)
        outcomes.append(importlib.import_module("tests.fuzz.volume").run(path, kind, cases, seed))
    compiled, reference = outcomes
    assert compiled.sent > 100
    assert (compiled.sent, compiled.forwarded) == (reference.sent, reference.forwarded)
    assert compiled.drops == reference.drops


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", REFUSED)
def test_a_million_of_a_kind_break_nothing(kind: str) -> None:
    check(kind, storm("compiled", kind, MANY, SEED))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", [kind for kind in REFUSED if kind != "wire"])
def test_compiled_and_reference_agree_for_many_seeds(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(20):
        check_alike(kind, 20_000, seed, monkeypatch)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_storm_touches_no_memory_that_is_not_its_own(tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("gcc has the checks")
    begin, options = checked_by_address(tmp_path)
    for kind in REFUSED:
        found = storm("compiled", kind, MANY // 10, SEED, begin, **options)
        assert found["good"] == found["passed"] != 0
