"""Options that several subcommands share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from server.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    import argparse

EXIT_USAGE = 2


def add_settings_options(parser: argparse.ArgumentParser) -> None:
    """``--config``, ``--data``, ``--http-port``, ``--udp-port``, ``--event``."""
    parser.add_argument("--config", type=Path, help="a TOML file with settings")
    parser.add_argument("--data", type=Path, help="data folder (data_dir)")
    parser.add_argument("--event", help="event file to import if it is not in the store yet")
    parser.add_argument("--http-port", type=int, help="port of pages and signalling")
    parser.add_argument("--udp-port", type=int, help="port of sound and pictures")


def settings_from(options: argparse.Namespace) -> Settings:
    """The settings in force; prints what is wrong and leaves with status 2."""
    try:
        return load_settings(
            options.config,
            data_dir=options.data,
            event=options.event,
            http_port=options.http_port,
            udp_port=options.udp_port,
        )
    except SettingsError as error:
        print(f"settings.invalid: {error}", file=sys.stderr)
        raise SystemExit(EXIT_USAGE) from error
