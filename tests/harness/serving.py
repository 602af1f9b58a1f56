"""`lianxian serve` as a subprocess in a data folder of its own, on free ports."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from server.settings import load_settings

Result = TypeVar("Result")
ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(sys.executable).with_name("lianxian")
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 30.0
LOG_TAIL_LINES = 60
ENDED = ("verified", "failed")
"""What becomes of a recording."""
WORKERS = ("media", "sound", "picture", "recorder")


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_media_port() -> int:
    """A number that is free for UDP, and for TCP beside it."""
    for _ in range(50):
        number = free_port(socket.SOCK_DGRAM)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                continue
            return number
    pytest.fail("no port is free for UDP and TCP")


def wait_for(
    what: Callable[[], Result], timeout_s: float, text: str, every_s: float = 0.05
) -> Result:
    """Ask until the answer is true; the failure says ``text`` and the last answer."""
    deadline = time.monotonic() + timeout_s
    while True:
        result = what()
        if result:
            return result
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout_s:g} s: {text} (last seen: {result!r})")
        time.sleep(every_s)


class RefusedError(Exception):
    """The HTTP interface answered with an error."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.error = error


class Serving:
    """One run after another over the same data folder."""

    def __init__(self, data: Path, **settings: str) -> None:
        """``settings``: names of `Settings` with their text, told by variables."""
        self.data = data
        self.http_port = free_port(socket.SOCK_STREAM)
        self.udp_port = free_media_port()
        self._settings = {"log_format": "json", **settings}
        self._process: subprocess.Popen[bytes] | None = None
        self._links: dict[str, str] = {}
        self.more_arguments: tuple[str, ...] = ()
        data.mkdir(parents=True, exist_ok=True)
        self.stdout_path = data / "serve.out"
        self.log_path = data / "serve.log"
        self.run_path = load_settings(environment={}, data_dir=data).run_path

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self.http_port}"

    # --- life ---------------------------------------------------------------------

    def launch(self) -> subprocess.Popen[bytes]:
        """Start without waiting."""
        ours = {f"LIANXIAN_{name.upper()}": text for name, text in self._settings.items()}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("LIANXIAN_")}
        with self.stdout_path.open("wb") as out, self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(COMMAND),
                    "serve",
                    *("--data", str(self.data)),
                    *("--http-port", str(self.http_port)),
                    *("--udp-port", str(self.udp_port)),
                    *self.more_arguments,
                ],
                cwd=ROOT,
                env={**inherited, **ours},
                stdout=out,
                stderr=log,
                start_new_session=True,
            )
        return self._process

    def start(self) -> None:
        """Start and wait until all processes are there."""
        process = self.launch()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.ready():
            if process.poll() is not None:
                pytest.fail(f"serve ended with {process.returncode}\n{self.log_tail()}")
            if time.monotonic() > deadline:
                pytest.fail(f"serve was not ready in {START_TIMEOUT_S:g} s\n{self.log_tail()}")
            time.sleep(0.05)
        self._links = {}

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        process = self._process
        assert process is not None
        process.terminate()
        try:
            return process.wait(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            pytest.fail(f"serve did not stop in {STOP_TIMEOUT_S:g} s\n{self.log_tail()}")

    def end(self) -> None:
        """Leave nothing running, whatever happened."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self._process = None

    # --- what is told -----------------------------------------------------------------

    def log_lines(self) -> list[dict[str, Any]]:
        """Structured lines of all runs; others (a traceback) as ``{"event": text}``."""
        lines: list[dict[str, Any]] = []
        for text in self.log_path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                line = {"event": text}
            lines.append(line if isinstance(line, dict) else {"event": text})
        return lines

    def log_tail(self, lines: int = LOG_TAIL_LINES) -> str:
        if not self.log_path.exists():
            return "(no log)"
        tail = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        return "\n".join(tail)

    def table(self) -> dict[str, dict[str, Any]]:
        """The supervisor's table of processes."""
        content = (self.run_path / "processes.json").read_text(encoding="utf-8")
        table: dict[str, dict[str, Any]] = json.loads(content)
        return table

    def kill(
        self, name: str, how: signal.Signals = signal.SIGKILL, thread: str | None = None
    ) -> int:
        """A deadly signal to one process, or to its first ``thread`` whose name begins so, as a
        fault in that thread makes it; its epoch before.
        """
        entry = self.table()[name]
        if thread is None:
            os.kill(entry["pid"], how)
        else:
            number = self.threads(name, thread)[0]
            assert ctypes.CDLL(None).tgkill(entry["pid"], number, int(how)) == 0
        return int(entry["epoch"])

    def threads(self, name: str, prefix: str) -> list[int]:
        """The threads of a process whose name begins so."""
        tasks = Path(f"/proc/{self.table()[name]['pid']}/task").iterdir()
        return [int(task.name) for task in tasks if (task / "comm").read_text().startswith(prefix)]

    # --- HTTP -------------------------------------------------------------------------

    def admin_link(self) -> str:
        """As a person finds it in the terminal."""
        found = [
            line.split()[-1]
            for line in self.stdout_path.read_text(encoding="utf-8").splitlines()
            if line.startswith("start page")
        ]
        assert found, f"no start page was printed\n{self.log_tail()}"
        return found[0].replace("/#t=", "/join#t=")

    def links(self) -> dict[str, str]:
        """All links by seat."""
        if not self._links:
            listed = self._ask("GET", "/api/v1/links", self.admin_link(), None)
            self._links = {link["seat"]: link["url"] for link in listed["links"]}
        return self._links

    def link(self, seat: str, page: str = "join", query: str = "") -> str:
        """The link of a seat, leading to another page if asked for."""
        return self.links()[seat].replace("/join#", f"/{page}{query}#")

    def call(self, method: str, path: str, body: object = None, seat: str = "director") -> Any:
        """Ask the HTTP interface as somebody. Raises `RefusedError`."""
        return self._ask(method, f"/api/v1{path}", self.links()[seat], body)

    def _ask(self, method: str, path: str, link: str, body: object) -> Any:
        request = urllib.request.Request(
            self.base_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {link.partition('#t=')[2]}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refusal:
            content = refusal.read()
            raise RefusedError(refusal.code, json.loads(content)["error"]) from None

    def metrics(self) -> dict[str, float]:
        """All samples: ``name{label="value"}`` to number."""
        request = urllib.request.Request(
            f"{self.base_url}/metrics",
            headers={"Authorization": f"Bearer {self.admin_link().partition('#t=')[2]}"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read().decode()
        pairs = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    def metric(self, name: str, **labels: str) -> float:
        """The sum of all samples of a name with these labels."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(
            value
            for key, value in self.metrics().items()
            if key.partition("{")[0] == name and all(pair in key for pair in wanted)
        )

    def counted(self) -> str:
        """All samples that are not 0, for a person who looks into a failure."""
        try:
            samples = self.metrics()
        except OSError as error:
            return f"no metrics: {error}"
        return "\n".join(f"{name} {value:g}" for name, value in samples.items() if value)

    # --- what a director does ---------------------------------------------------------

    def put_on_air(self, layout: str, *slots: str) -> None:
        scene = {"layout": layout, "slots": list(slots), "caption": None, "strap": ""}
        self.call("PUT", "/programme/preview", {"scene": scene})
        self.call("POST", "/programme/take", {})

    def state(self, key: str) -> dict[str, Any]:
        """One value of the state as the director sees it."""
        value: dict[str, Any] = self.call("GET", "/state")["state"].get(key, {})
        return value

    def start_recording(self) -> Path:
        """Folder of the new session."""
        started = self.call("POST", "/recording", {})
        return self.data / "sessions" / str(started["session"])

    @contextmanager
    def recorded(self) -> Iterator[Path]:
        """A recording, by its folder; ended at the end, if nobody has yet.

        So a test that failed leaves none behind for the next, or for its own second go.
        """
        folder = self.start_recording()
        try:
            yield folder
        finally:
            if self.state("recording").get("state") not in ENDED:
                self.stop_recording()

    def stop_recording(self, timeout_s: float = 60.0) -> None:
        """Stop and wait for the verdict, which must be good."""
        self.call("DELETE", "/recording")
        wait_for(
            lambda: self.state("recording").get("state") in ENDED,
            timeout_s,
            f"the recording is finished; state {self.state('recording')}",
        )
        done = self.state("recording")
        assert done["state"] == "verified", done
