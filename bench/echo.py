"""An echo socket: what the machine alone takes to bring a datagram there and back.

A process of its own echoes (``python -m bench.echo``: prints its port, ends with its input). Probes
leave with the load's ticks and carry the time; their echoes are stamped by the kernel, so a load
that reads late changes nothing.
"""

import contextlib
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator

from bench.workers import BenchError

STAMP = struct.Struct("=qq")
SO_TIMESTAMPNS = 35
"""From <asm-generic/socket.h>; Python names it only from 3.15 on."""
TIME = struct.Struct("!Q")
START_S = 10.0


class Echo:
    """Probes and how long they were on the way."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # noqa: FBT003  positional only
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.connect(("127.0.0.1", port))
        self.delays_ns: list[int] = []
        self.lost = 0

    def tick(self) -> None:
        """Read what came back, send another."""
        self._read()
        try:
            self._socket.send(TIME.pack(time.time_ns()))
        except BlockingIOError:
            self.lost += 1

    def _read(self) -> None:
        while True:
            try:
                data, ancillary, _, _ = self._socket.recvmsg(64, 64)
            except (BlockingIOError, ConnectionRefusedError):
                return
            for level, kind, content in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                    seconds, nanoseconds = STAMP.unpack(content[: STAMP.size])
                    arrived_ns = seconds * 1_000_000_000 + nanoseconds
                    self.delays_ns.append(arrived_ns - TIME.unpack(data)[0])

    def close(self) -> None:
        """No more probes."""
        self._socket.close()


@contextlib.contextmanager
def running_echo() -> Iterator[tuple[Echo, int]]:
    """An echo and the process that makes it. Raises BenchError when it does not start."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.echo"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        if process.stdout is None or process.stdin is None:
            raise BenchError("the echo has no pipes")
        readable, _, _ = select.select([process.stdout], [], [], START_S)
        if not readable:
            process.kill()
            raise BenchError(f"the echo did not start within {START_S:.0f} s")
        echo = Echo(int(process.stdout.readline()))
        try:
            yield echo, process.pid
        finally:
            echo.close()
            process.stdin.close()


def main() -> None:
    """Echo until standard input ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.bind(("127.0.0.1", 0))
        sys.stdout.write(f"{there.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            readable, _, _ = select.select([there, sys.stdin], [], [])
            if sys.stdin in readable:
                return
            data, source = there.recvfrom(2048)
            there.sendto(data, source)


if __name__ == "__main__":
    main()
