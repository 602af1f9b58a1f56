"""The programme of 19 sites: what its process costs, alone and beside a browser that mixes.

Media and picture run as `lianxian serve` starts them; two halls send 1280x720 at 25 pictures a
second, 17 sites 320x180 at 15 (or all 640x360 at 25), all over SRTP. On air is the grid with
everything that may stand above it; `main` and `low` are made. The peer (`bench.browser_mixer`)
receives the same from the same media process. Candidates alternate.
"""

import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import TypeVar

import uvloop

from bench.alternate import Alternated, alternate
from bench.browser_mixer import Delivered, run_browser
from bench.picture_films import Film, Form, make_film
from bench.picture_run import Run, run_picture
from bench.priority import before_others
from bench.report import Measurement

HALLS, SITES = 2, 17
FILMS = 5
"""Films that differ among the sites: making one takes a second."""
HALL, SITE, LARGE = Form(1280, 720, 25), Form(320, 180, 15), Form(640, 360, 25)
SECONDS = 6.0
GRID, ALL_640, BROWSER = "grid", "all_640", "browser"
Outcome = TypeVar("Outcome")


def make_films(hall: Form, site: Form) -> list[Film]:
    """Two halls, then the sites, of which each fifth shows the same."""
    halls = [make_film(hall, seed) for seed in range(HALLS)]
    sites = [make_film(site, HALLS + seed) for seed in range(FILMS)]
    return halls + [sites[number % FILMS] for number in range(SITES)]


class Contest:
    """The candidates; all runs are kept."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        films = make_films(HALL, SITE)
        large = make_films(LARGE, LARGE)
        self._films: Mapping[str, Sequence[Film]] = {GRID: films, ALL_640: large, BROWSER: films}
        self.ours: dict[str, list[Run]] = {GRID: [], ALL_640: []}
        self.browser: list[Delivered] = []

    def candidates(self) -> dict[str, Callable[[], float]]:
        """Each runs once and returns CPU in ms per delivered frame."""
        return {name: self._one_of(name) for name in self._films}

    def _one_of(self, name: str) -> Callable[[], float]:
        return self._run_browser if name == BROWSER else lambda: self._run_ours(name)

    def _run_ours(self, name: str) -> float:
        run = self._in_folder(run_picture, name)
        self.ours[name].append(run)
        print(
            f"{name:8} {run.core_percent:5.1f} % of a core, {run.frames} frames, "
            f"{run.missing} missing, {run.stale} repeated",
            file=sys.stderr,
            flush=True,
        )
        return run.frame_ms

    def _run_browser(self) -> float:
        run = self._in_folder(run_browser, BROWSER)
        self.browser.append(run)
        print(
            f"{BROWSER:8} {run.core_percent:5.1f} % of a core, {run.frames} frames, "
            f"{run.dropped} missing, {run.tile_drops} of {run.tile_pictures} tile pictures dropped",
            file=sys.stderr,
            flush=True,
        )
        return run.frame_ms

    def _in_folder(
        self,
        run: Callable[[Sequence[Film], Path, float], Coroutine[object, object, Outcome]],
        name: str,
    ) -> Outcome:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            return uvloop.run(run(self._films[name], Path(folder), self._seconds))


def measure(rounds: int) -> list[Measurement]:
    """Shares of a core, lateness, memory, and the ratio to the browser.

    Raises BenchError when a candidate does not come up.
    """
    with before_others():
        contest = Contest(SECONDS)
        found = alternate(contest.candidates(), rounds)
    return figures(found, contest.ours, contest.browser)


def figures(
    found: Alternated, ours: Mapping[str, Sequence[Run]], browser: Sequence[Delivered]
) -> list[Measurement]:
    """From all runs, of which the first of each is the warm-up."""
    grid, large, peer = ours[GRID][1:], ours[ALL_640][1:], browser[1:]

    def middle(runs: Sequence[Run], of: Callable[[Run], float]) -> float:
        return median(of(run) for run in runs)

    both = [*grid, *large]
    frames = sum(run.frames for run in both)
    return [
        Measurement("core", middle(grid, lambda run: run.core_percent), "%"),
        Measurement("core_640", middle(large, lambda run: run.core_percent), "%"),
        Measurement("compose_ms", middle(grid, lambda run: run.compose_ms), "ms"),
        Measurement("compose_640_ms", middle(large, lambda run: run.compose_ms), "ms"),
        Measurement("encode_ms", middle(grid, lambda run: run.encode_ms), "ms"),
        Measurement("main", middle(grid, lambda run: run.main_kbps), "kbit/s"),
        Measurement("late_ms", middle(both, lambda run: run.late_ms), "ms"),
        Measurement("idle_late_ms", middle(both, lambda run: run.idle_ms), "ms"),
        Measurement("memory_mb", max(run.resident_mb for run in both), "MB"),
        Measurement("memory_growth_mb", middle(both, lambda run: run.growth_mb), "MB"),
        Measurement("missing", sum(run.missing for run in both)),
        Measurement("repeated", sum(run.stale for run in both) / max(frames, 1) * 100, "%"),
        Measurement("frame_ms", found.median(GRID), "ms"),
        Measurement("browser_frame_ms", found.median(BROWSER), "ms"),
        Measurement("cpu_to_browser", found.ratio(GRID, BROWSER)),
        Measurement("browser_core", median(run.core_percent for run in peer), "%"),
        Measurement("browser_dropped", sum(run.dropped for run in peer)),
        Measurement(
            "browser_tiles_dropped",
            sum(run.tile_drops for run in peer) / sum(run.tile_pictures for run in peer) * 100,
            "%",
        ),
    ]
