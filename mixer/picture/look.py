"""Which look a scene has: the themes there are, and where logos lie."""

from __future__ import annotations

from pathlib import Path

import structlog

from .picture_format import STANDARD, PictureFormat
from .style import Look
from .theme import DEFAULT, theme_shelf

_log = structlog.get_logger(__name__)


class Looks:
    """Themes of the installation and of ``<data>/themes``, logos of ``<data>/logos``."""

    def __init__(self, data_dir: Path) -> None:
        self._logos = data_dir / "logos"
        self._themes = theme_shelf(data_dir)

    @property
    def faults(self) -> dict[str, str]:
        """Texts of the theme files that are wrong now."""
        return self._themes.faults

    def refresh(self) -> None:
        """Read what changed."""
        self._themes.refresh()

    def look(self, theme: str, origin_wall_ns: int, form: PictureFormat = STANDARD) -> Look:
        """The look by a theme's name; an unknown one is the default."""
        found = self._themes.get(theme)
        if found is None:
            _log.warning("picture.unknown_theme", theme=theme[:80])
            found = DEFAULT
        return Look(found, origin_wall_ns, self._logos, form)
