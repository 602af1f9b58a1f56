"""`lianxian recover`: finish recordings that were cut off. `serve` does the same at its start."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

from .options import add_settings_options, settings_from


def add_options(parser: argparse.ArgumentParser) -> None:
    """All recordings of the data folder, or those named."""
    add_settings_options(parser)
    parser.add_argument("directory", type=Path, nargs="*", help="recordings; default: all")


def run(options: argparse.Namespace) -> int:
    """0 when every recording is verified at the end."""
    from recorder.recover import recover_directory
    from recorder.state import session_directories
    from server.supervisor.lock import DataLockedError, lock_data

    settings = settings_from(options)
    try:
        lock = lock_data(settings.data_dir, settings.run_path)
    except DataLockedError as error:
        print(f"data.locked: {error}", file=sys.stderr)
        return 2
    bad = 0
    try:
        for directory in options.directory or session_directories(settings.data_dir):
            result = recover_directory(directory)
            print(f"{'ok' if result.ok else 'BAD':4}{directory}: {result.text}")
            bad += not result.ok
    except OSError as error:
        print(f"recover.disk: {error}", file=sys.stderr)
        return 1
    finally:
        os.close(lock)
    return 1 if bad else 0
