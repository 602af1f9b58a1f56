"""`lianxian event import FILE`, `lianxian event export [SLUG]`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .options import add_settings_options, settings_from

if TYPE_CHECKING:
    import argparse

    from server.settings import Settings


def add_options(parser: argparse.ArgumentParser) -> None:
    """One parser for each action."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    text = "put an event into the store; one that is there is never overwritten"
    bring = actions.add_parser("import", help=text, description=text)
    bring.add_argument("file", type=Path, help="event file (TOML)")
    text = "print an event of the store as TOML"
    give = actions.add_parser("export", help=text, description=text)
    give.add_argument("slug", nargs="?", help="name of the event; default: the newest")
    for action in (bring, give):
        add_settings_options(action)


def run(options: argparse.Namespace) -> int:
    """0 when it was done."""
    import asyncio

    settings = settings_from(options)
    if options.action == "import":
        return asyncio.run(_import(settings, options.file))
    return asyncio.run(_export(settings, options.slug))


async def _import(settings: Settings, file: Path) -> int:
    from server.application import DATABASE_FILE
    from server.conference.opening import import_event
    from server.event_file import EventFileError, read_event
    from server.store.database import Database

    try:
        event = read_event(file)
    except EventFileError as error:
        print(error, file=sys.stderr)
        return 1
    database = await Database.open(settings.data_dir / DATABASE_FILE)
    try:
        fresh = await import_event(database, event)
    finally:
        await database.close()
    if not fresh:
        print(f"event.known: “{event.slug}” is in the store; it stays as it is", file=sys.stderr)
        return 1
    print(f"{event.slug}: {len(event.stage)} sites, {len(event.cues)} cues")
    return 0


async def _export(settings: Settings, slug: str | None) -> int:
    from server.event_toml import event_toml
    from server.hand_out import HandOutError, stored_event

    try:
        event = await stored_event(settings, slug)
    except HandOutError as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.write(event_toml(event))
    return 0
