"""`lianxian simulate`: simulated sites join a running server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .options import EXIT_USAGE

if TYPE_CHECKING:
    import argparse

LINK_VARIABLE = "LIANXIAN_ADMIN_LINK"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Where to join, what to play, how long."""
    parser.add_argument(
        "--admin-link",
        help="an administrator's link, as `serve` prints it; the variable "
        f"{LINK_VARIABLE} keeps it from others who list processes",
    )
    parser.add_argument("--seconds", type=float, default=0, help="0: until Ctrl-C (default)")
    parser.add_argument("--seat", action="append", default=[], help="only this seat; may repeat")
    parser.add_argument("--input", type=Path, help="what the first hall plays: any film")
    parser.add_argument("--capture", type=Path, help="folder for the returns the sites heard")
    parser.add_argument("--stats", type=Path, help="file for the counts, renewed every second")


def run(options: argparse.Namespace) -> int:
    """Join and play until the time is over; prints a line of JSON a second."""
    import asyncio
    import signal
    import sys

    import uvloop

    from mixer.wire.log import configure_command_logging
    from server.simulate.fleet import Fleet, FleetOptions

    admin_link = options.admin_link or os.environ.get(LINK_VARIABLE, "")
    if not admin_link:
        print(f"simulate.no_link: give --admin-link or set {LINK_VARIABLE}", file=sys.stderr)
        return EXIT_USAGE
    configure_command_logging("simulate")

    async def play() -> int:
        fleet = Fleet(
            FleetOptions(
                admin_link=admin_link,
                seconds=options.seconds,
                capture=options.capture,
                input=options.input,
                stats=options.stats,
                seats=tuple(options.seat),
            )
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, fleet.request_stop)
        return await fleet.run()

    return uvloop.run(play())
