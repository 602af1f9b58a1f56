"""`lianxian simulate` as a subprocess: sites that publish loops and receive."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .serving import COMMAND, ROOT, STOP_TIMEOUT_S, Serving, wait_for

JOIN_TIMEOUT_S = 20.0


class SimulatedSites:
    """Some seats, all in one process."""

    def __init__(self, serving: Serving, *seats: str) -> None:
        self.seats = seats
        self._stats_path = serving.data / "simulate.json"
        self._log_path = serving.data / "simulate.log"
        chosen = [argument for seat in seats for argument in ("--seat", seat)]
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(COMMAND),
                    "simulate",
                    *("--admin-link", serving.admin_link()),
                    *("--stats", str(self._stats_path)),
                    *chosen,
                ],
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )

    def counts(self) -> dict[str, dict[str, Any]]:
        """What each seat counted, at most a second old."""
        try:
            seats: dict[str, dict[str, Any]] = json.loads(self._stats_path.read_text())["seats"]
        except FileNotFoundError:
            return {}
        return seats

    def all_receive(self) -> bool:
        counts = self.counts()
        return len(counts) == len(self.seats) and all(
            seat["connected"] and seat["received_video"] for seat in counts.values()
        )

    def wait_joined(self) -> None:
        """Until each seat receives the programme."""
        wait_for(
            lambda: self._process.poll() is not None or self.all_receive(),
            JOIN_TIMEOUT_S,
            f"{', '.join(self.seats)} receive the programme; {self.log_tail()}",
        )
        assert self._process.poll() is None, self.log_tail()

    def log_tail(self) -> str:
        return "\n".join(self._log_path.read_text(errors="replace").splitlines()[-20:])

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


@contextmanager
def on_air(serving: Serving, *seats: str) -> Iterator[SimulatedSites]:
    """These seats in the call, all in one picture."""
    running = SimulatedSites(serving, *seats)
    try:
        running.wait_joined()
        serving.put_on_air("grid", *seats)
        yield running
    finally:
        running.end()
