"""`lianxian token SEAT`: a fresh link for a seat, or the token of a device at it. A running server
knows it within seconds.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .options import add_settings_options, settings_from

if TYPE_CHECKING:
    import argparse

DEVICES = {"whip": "encoder", "whep": "screen"}
"""Endpoint to the role that may do that and little more."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which seat, for how long."""
    add_settings_options(parser)
    parser.add_argument("seat", help="id of a seat in the event file, such as beijing or director")
    parser.add_argument("--slug", help="name of the event; default: the newest in the store")
    parser.add_argument("--hours", type=float, help="default: link_hours of the settings")
    parser.add_argument(
        "--for",
        dest="device",
        choices=sorted(DEVICES),
        help="whip: the address and token of an encoder that may only send; whep: of a player",
    )


def run(options: argparse.Namespace) -> int:
    """Prints the link alone, so that it can be piped; for a device its address, then its token."""
    import asyncio

    from server.hand_out import HandOutError, hand_out
    from signaling.wire.roles import Role

    settings = settings_from(options)
    role = Role(DEVICES[options.device]) if options.device else None
    try:
        link = asyncio.run(hand_out(settings, options.seat, options.slug, options.hours, role))
    except HandOutError as error:
        print(error, file=sys.stderr)
        return 1
    if options.device:
        print(f"{settings.base_url}/{options.device}/{options.seat}")
        link = link.partition("#t=")[2]
    print(link)
    return 0
