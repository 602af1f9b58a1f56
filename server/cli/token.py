"""`lianxian token SEAT`: a fresh link for a seat. A running server knows it within seconds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .options import add_settings_options, settings_from

if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which seat, for how long."""
    add_settings_options(parser)
    parser.add_argument("seat", help="id of a seat in the event file, such as beijing or director")
    parser.add_argument("--slug", help="name of the event; default: the newest in the store")
    parser.add_argument("--hours", type=float, help="default: link_hours of the settings")


def run(options: argparse.Namespace) -> int:
    """Prints the link alone, so that it can be piped."""
    import asyncio

    from server.hand_out import HandOutError, hand_out

    settings = settings_from(options)
    try:
        link = asyncio.run(hand_out(settings, options.seat, options.slug, options.hours))
    except HandOutError as error:
        print(error, file=sys.stderr)
        return 1
    print(link)
    return 0
