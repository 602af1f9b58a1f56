"""`lianxian serve`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from .options import add_settings_options, settings_from

if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """Settings only."""
    add_settings_options(parser)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    from server.supervisor.lock import DataLockedError, lock_data
    from server.supervisor.supervisor import run_supervisor

    settings = settings_from(options)
    try:
        lock = lock_data(settings.data_dir, settings.run_path)
    except DataLockedError as error:
        print(f"data.locked: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"data.unusable: {settings.data_dir}: {error.strerror}", file=sys.stderr)
        return 2
    try:
        return run_supervisor(settings)
    finally:
        os.close(lock)
