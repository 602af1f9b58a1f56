"""A lossy UDP relay on loopback between one site and the media port, as a process of its own.

A site's clients (each of its sockets is a flow) send to `Relay.port`; the server sees each from a
socket of the relay. All flows of a site share its two directions, as they share its line. Clients
come here because what the server tells of its port is rewritten: `Relay.through` in a description,
`Relay.script` in a page.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from .line import Counters, Impairment, Line

Address = tuple[str, int]
MAX_FLOWS: Final = 32
"""Datagrams of more client sockets than that are dropped, counted as `flows_refused`."""
_HOST: Final = "127.0.0.1"
_BUFFER_BYTES: Final = 4 << 20
_READ_BYTES: Final = 65_536
_READ_AT_ONCE: Final = 256
_ROOT: Final = Path(__file__).resolve().parents[2]

REWRITE_IN_PAGE = """
{
  const through = (sdp) => sdp
    .split("\\r\\n")
    .filter((line) => !/^a=candidate:.* tcp /i.test(line))
    .map((line) => line.replace(
      /^(a=candidate:\\S+ \\d+ udp \\d+) \\S+ %(server)d /i, "$1 127.0.0.1 %(relay)d "))
    .join("\\r\\n");
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    return set.call(this, { type: description.type, sdp: through(description.sdp) });
  };
}
"""


@dataclasses.dataclass(slots=True)
class RelayCounters:
    """Both directions, and flows that were too many."""

    up: Counters
    down: Counters
    flows: int
    flows_refused: int
    send_failed: int


class Relay:
    """The relay's process, seen from a test; close it, or it ends with the test's process."""

    def __init__(
        self, server_port: int, *, up: Impairment, down: Impairment, seed: int = 1
    ) -> None:
        """`up` is from the client to the server. Raises OSError if it does not start."""
        self.server_port = server_port
        arguments = [str(server_port), str(seed), _told(up), _told(down)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.relay", *arguments],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.port: int = self._heard()["port"]

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ConnectionError("the relay has ended")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def _ask(self, **order: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        return self._heard()

    def change(self, *, up: Impairment | None = None, down: Impairment | None = None) -> None:
        """Go on with other figures for one direction or both."""
        self._ask(up=up and dataclasses.asdict(up), down=down and dataclasses.asdict(down))

    def counters(self) -> RelayCounters:
        """What became of all datagrams so far."""
        told = self._ask()
        up, down = Counters(**told.pop("up")), Counters(**told.pop("down"))
        return RelayCounters(up=up, down=down, **told)

    def through(self, sdp: str) -> str:
        """A description of the server whose only way in is the relay."""
        lines = [line for line in sdp.split("\r\n") if not re.match(r"a=candidate:.* tcp ", line)]
        place = re.compile(rf"^(a=candidate:\S+ \d+ udp \d+) \S+ {self.server_port} ")
        return "\r\n".join(place.sub(rf"\1 {_HOST} {self.port} ", line) for line in lines)

    @property
    def script(self) -> str:
        """For a page, before its own: every description is taken through the relay."""
        return REWRITE_IN_PAGE % {"server": self.server_port, "relay": self.port}

    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process; harmless when repeated."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):  # it has ended by itself
                pipe.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def relay(server_port: int, impairment: Impairment, *, seed: int = 1) -> Iterator[Relay]:
    """A relay that is equally bad both ways."""
    with Relay(server_port, up=impairment, down=impairment, seed=seed) as running:
        yield running


def _told(impairment: Impairment) -> str:
    return json.dumps(dataclasses.asdict(impairment))


# --- the process ----------------------------------------------------------------------------------


def _udp() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    opened.bind((_HOST, 0))
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        opened.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
    return opened


class _RelayLoop:
    """One thread: sockets in, two lines, sockets out."""

    def __init__(self, server_port: int, seed: int, up: Impairment, down: Impairment) -> None:
        self._server = (_HOST, server_port)
        self._lines: dict[str, Line[tuple[socket.socket, Address, bytes]]] = {
            "up": Line(up, seed * 2),
            "down": Line(down, seed * 2 + 1),
        }
        self._front = _udp()
        self.port: int = self._front.getsockname()[1]
        self._behind: dict[Address, socket.socket] = {}
        self._client_of: dict[socket.socket, Address] = {}
        self._refused_count = 0
        self._send_failed = 0
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._front, selectors.EVENT_READ, self._from_clients)
        self._selector.register(sys.stdin, selectors.EVENT_READ, None)

    def run(self) -> None:
        """Until the standard input closes."""
        _tell({"port": self.port})
        while True:
            for key, _ in self._selector.select(self._timeout_s()):
                if key.data is None:
                    line = sys.stdin.readline()
                    if not line:
                        return
                    self._obey(json.loads(line))
                else:
                    key.data(key.fileobj)
            self._deliver()

    def _timeout_s(self) -> float | None:
        dues = [due for line in self._lines.values() if (due := line.next_due_ns()) is not None]
        return max(0.0, (min(dues) - time.monotonic_ns()) / 1e9) if dues else None

    def _obey(self, order: dict[str, Any]) -> None:
        for name, line in self._lines.items():
            if order.get(name):
                line.change(Impairment(**order[name]), time.monotonic_ns())
        told = {name: dataclasses.asdict(line.counters) for name, line in self._lines.items()}
        more = {"flows": len(self._behind), "flows_refused": self._refused_count}
        _tell({**told, **more, "send_failed": self._send_failed})

    def _from_clients(self, front: socket.socket) -> None:
        for datagram, client in _read(front):
            behind = self._behind.get(client) or self._flow(client)
            if behind is None:
                self._refused_count += 1
                continue
            self._push("up", behind, self._server, datagram)

    def _flow(self, client: Address) -> socket.socket | None:
        if len(self._behind) >= MAX_FLOWS:
            return None
        behind = self._behind[client] = _udp()
        self._client_of[behind] = client
        self._selector.register(behind, selectors.EVENT_READ, self._from_server)
        return behind

    def _from_server(self, behind: socket.socket) -> None:
        for datagram, sender in _read(behind):
            if sender == self._server:
                self._push("down", self._front, self._client_of[behind], datagram)

    def _push(self, name: str, out: socket.socket, to: Address, datagram: bytes) -> None:
        self._lines[name].push((out, to, datagram), len(datagram), time.monotonic_ns())

    def _deliver(self) -> None:
        now_ns = time.monotonic_ns()
        for line in self._lines.values():
            for out, to, datagram in line.pop(now_ns):
                try:
                    out.sendto(datagram, to)
                except OSError:  # the client has gone, or the kernel takes no more
                    self._send_failed += 1


def _read(source: socket.socket) -> Iterator[tuple[bytes, Address]]:
    for _ in range(_READ_AT_ONCE):
        try:
            yield source.recvfrom(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:  # an ICMP error of an earlier send
            continue


def _tell(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _main() -> None:
    server_port, seed, up, down = sys.argv[1:]
    impairments = (Impairment(**json.loads(up)), Impairment(**json.loads(down)))
    _RelayLoop(int(server_port), int(seed), *impairments).run()


if __name__ == "__main__":
    _main()
