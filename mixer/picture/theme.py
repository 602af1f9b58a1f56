"""Themes: colours, weights and places of captions, read from ``config/themes``."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from .layout import CANVAS_HEIGHT, CANVAS_WIDTH, SAFE_X
from .shelf import Shelf, config_directory, field_of, line_of

Rgb = tuple[int, int, int]
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
MAX_MARGIN = 120


class ThemeError(Exception):
    """A theme file is wrong; the text says file, line, field and what is allowed."""

    def __init__(self, file: str, field: str, text: str, line: int = 0) -> None:
        super().__init__(f"{file}:{line}: {field}: {text}" if line else f"{file}: {field}: {text}")
        self.file = file
        self.field = field
        self.text = text
        self.line = line


class Theme(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How captions look. Colours are ``#rrggbb``, margins pixels of the canvas (even)."""

    background: str = "#111b2c"
    """Behind and between the slots."""
    ground: str = "#253550"
    """Of slates and of slots without a picture."""
    border: str = "#425674"
    panel: str = "#080f1c"
    panel_opacity: float = 0.86
    accent: str = "#2696b2"
    strap: str = "#0e5c74"
    question: str = "#5b3a12"
    live: str = "#b3202c"
    rehearsal: str = "#8a6410"
    text: str = "#fafbfc"
    soft: str = "#c1cede"
    quiet: str = "#96a7c0"
    name_bar: str = "#1f2d44"
    name_bar_soft: str = "#9eafc6"
    title_weight: int = 650
    text_weight: int = 400
    safe_top: int = 36
    safe_bottom: int = 40

    def rgb(self, name: str) -> Rgb:
        """One of its colours by name."""
        value = int(getattr(self, name)[1:], 16)
        return value >> 16, value >> 8 & 255, value & 255

    @property
    def panel_alpha(self) -> int:
        """0 to 255."""
        return round(self.panel_opacity * 255)


DEFAULT = Theme()
_COLOURS = tuple(
    field for field in Theme.__struct_fields__ if _COLOUR.match(str(getattr(DEFAULT, field)))
)


def parse_theme(name: str, text: bytes, file: str = "") -> Theme:
    """A theme from the text of its TOML file. Raises `ThemeError`."""
    file = file or f"{name}.toml"
    try:
        theme = msgspec.toml.decode(text, type=Theme)
        _check(theme, file)
    except ThemeError as error:
        raise ThemeError(file, error.field, error.text, line_of(text, error.field)) from None
    except msgspec.ValidationError as error:
        field, message = field_of(error)
        raise ThemeError(file, field, message, line_of(text, field)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"not TOML: {error}"
        raise ThemeError(file, "file", message, line_of(text, message)) from error
    return theme


def _check(theme: Theme, file: str) -> None:
    for field in _COLOURS:
        if not _COLOUR.fullmatch(getattr(theme, field)):
            raise ThemeError(file, field, "a colour such as #2696b2")
    if not 0.3 <= theme.panel_opacity <= 1:
        raise ThemeError(file, "panel_opacity", "from 0.3 to 1")
    for field in ("title_weight", "text_weight"):
        if not 100 <= getattr(theme, field) <= 900:
            raise ThemeError(file, field, "from 100 to 900")
    for field in ("safe_top", "safe_bottom"):
        value = getattr(theme, field)
        if value % 2 or not 0 <= value <= MAX_MARGIN:
            raise ThemeError(file, field, f"an even number from 0 to {MAX_MARGIN}, not {value}")


def theme_shelf(data_dir: Path) -> Shelf[Theme]:
    """The shipped themes and those of ``<data>/themes``, which win; `Shelf.refresh` watches."""
    return Shelf((config_directory("themes"), data_dir / "themes"), parse_theme, ThemeError)


SAFE_WIDTH = CANVAS_WIDTH - 2 * SAFE_X
"""Between the safe areas."""
LINE_HEIGHT = 52
LINE_TOP = CANVAS_HEIGHT - 12 - LINE_HEIGHT
"""Where captions stand in layouts with one line of them."""
