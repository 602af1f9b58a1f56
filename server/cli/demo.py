"""`lianxian demo`: a whole conference held by itself, and a verdict by its recording."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """How long, where, and what the first hall plays."""
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="length of the rundown; 0: until Ctrl-C"
    )
    parser.add_argument("--json", type=Path, help="file for the verdict with all details")
    parser.add_argument("--input", type=Path, help="what the first hall plays: any film")
    parser.add_argument("--data", type=Path, help="data folder; default: a fresh one in build/demo")
    parser.add_argument("--event", help="event file; default: the sample event")
    parser.add_argument("--http-port", type=int, help="default: any that is free")
    parser.add_argument("--udp-port", type=int, help="default: any that is free")


def run(options: argparse.Namespace) -> int:
    """0 when the conference was right, also on a machine that was a little too slow."""
    import sys

    from mixer.wire.log import configure_command_logging
    from server.demo.run import DemoOptions, run_demo

    if options.input is not None and not options.input.is_file():
        print(f"demo.no_input: {options.input} is no file", file=sys.stderr)
        return 2
    configure_command_logging("demo")
    return run_demo(
        DemoOptions(
            seconds=max(0.0, options.seconds),
            json=options.json,
            input=options.input,
            data=options.data,
            event=options.event,
            http_port=options.http_port,
            udp_port=options.udp_port,
        )
    )
