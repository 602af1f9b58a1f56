"""`lianxian config`: the settings in force, as TOML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .options import add_settings_options, settings_from

if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """Settings only."""
    add_settings_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print one ``name = value`` a line; JSON values are TOML for the types we use."""
    for name, value in settings_from(options).model_dump(mode="json").items():
        print(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    return 0
