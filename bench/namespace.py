"""A network namespace with one address, made and removed by a bench.

Peers that gather no loopback addresses (Janus) find an ordinary one here, and nothing of a
bench meets the machine's network: packets to the namespace's own address never leave it.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.report import Measurement

ADDRESS = "10.77.0.1"
_NEAR, _FAR = "bench0", "bench1"


class MissingError(ValueError):
    """The machine lacks what a bench needs; the text says how to get it."""


def require_program(program: str, package: str) -> str:
    """The path of a program. Raises MissingError naming the Debian package it is in."""
    path = shutil.which(program)
    if path is None:
        raise MissingError(f"{program} is missing: apt-get install {package}")
    return path


@contextmanager
def network_namespace(name: str) -> Iterator[str]:
    """Make a namespace whose only address besides loopback is `ADDRESS`; remove it at the end.

    Raises MissingError without iproute2 or without root, subprocess.CalledProcessError when the
    kernel refuses.
    """
    ip = require_program("ip", "iproute2")
    if os.geteuid() != 0:
        raise MissingError("a network namespace needs root: sudo .venv/bin/python -m bench ...")
    _run(ip, "netns", "add", name)
    try:
        # A pair needs no module beyond the kernel's own; its far end stays unused.
        _run(ip, "-n", name, "link", "add", _NEAR, "type", "veth", "peer", "name", _FAR)
        _run(ip, "-n", name, "addr", "add", f"{ADDRESS}/24", "dev", _NEAR)
        for device in ("lo", _NEAR, _FAR):
            _run(ip, "-n", name, "link", "set", device, "up")
        yield name
    finally:
        _run(ip, "netns", "delete", name)


def measure_inside(module: str, arguments: Sequence[str], patience_s: float) -> list[Measurement]:
    """Run `python -m module arguments` in a namespace of its own; it prints figures as JSON.

    Raises MissingError, ValueError when it fails, subprocess.TimeoutExpired.
    """
    with network_namespace(f"bench-{os.getpid()}") as name:
        command = inside(name, [sys.executable, "-m", module, *arguments])
        done = subprocess.run(
            command, check=False, stdout=subprocess.PIPE, text=True, timeout=patience_s
        )
    if done.returncode != 0:
        raise ValueError(f"the load ended with status {done.returncode}")
    return [Measurement(*figure) for figure in json.loads(done.stdout)]


def inside(name: str, command: Sequence[str]) -> list[str]:
    """`command`, to be run in the namespace."""
    return ["ip", "netns", "exec", name, *command]


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
