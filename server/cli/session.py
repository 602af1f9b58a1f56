"""`lianxian session verify DIR`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """One action so far."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    text = "compare a recording with its manifest, decode all of it"
    verify = actions.add_parser("verify", help=text, description=text)
    verify.add_argument("directory", type=Path, help="folder of the recording")
    verify.add_argument("--quick", action="store_true", help="decode only both ends of each file")


def run(options: argparse.Namespace) -> int:
    """0 when all is right."""
    from recorder.verify import main_verify

    return main_verify(options.directory, thorough=not options.quick)
