"""The command line `lianxian`: each subcommand is a module of its own, loaded when used."""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SUBCOMMANDS = {
    "serve": "serve an event: pages, signalling, mix, recording",
    "demo": "serve the sample event with 19 simulated sites and verify its recording",
    "simulate": "join simulated sites to a running server",
    "event": "import or export an event as TOML",
    "session": "verify a recording",
    "recover": "finish recordings that were cut off",
    "token": "print a fresh link for a seat",
    "config": "print the settings in force",
}


def build_parser() -> argparse.ArgumentParser:
    """The parser of all subcommands; their modules add their own options."""
    parser = argparse.ArgumentParser(
        prog="lianxian", description="Link halls and sites, mix the programme, keep the archive."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in SUBCOMMANDS.items():
        module = importlib.import_module(f"server.cli.{name}")
        module.add_options(commands.add_parser(name, help=text, description=text))
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; the exit status."""
    options = build_parser().parse_args(arguments)
    module = importlib.import_module(f"server.cli.{options.command}")
    try:
        return int(module.run(options))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
