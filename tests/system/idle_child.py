"""A child process that does nothing but live, for tests of the supervisor."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any


async def _live(log: Path, name: str, lifeline: Any) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_reader(lifeline.fileno(), stop.set)
    with log.open("a") as file:
        file.write(f"start {name}\n")
    await stop.wait()
    with log.open("a") as file:
        file.write(f"stop {name}\n")


def main(boot: Any, *rest: Any) -> None:
    name = "server" if len(rest) == 2 else boot.kind.value
    if (boot.data_dir / f"unusable-{name}").exists():
        sys.exit(3)
    asyncio.run(_live(boot.data_dir / "log", name, rest[-1]))
