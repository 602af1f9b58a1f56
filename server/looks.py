"""What a desk chooses looks from: layouts with their places, themes, logos."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from mixer.picture.layout_file import layout_shelf
from mixer.picture.logo import FORMATS
from mixer.picture.theme import theme_shelf
from signaling.programme.layouts import MAX_SLOTS
from signaling.wire.rest import CaptionLook, LayoutDescription, Looks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mixer.picture.layout import Layout
    from mixer.picture.theme import Theme

MAX_LOGOS = 100
"""More than a person finds one in; further ones are not offered."""
_LOGO_SUFFIXES = {f".{kind.lower()}" for kind in FORMATS} | {".jpg"}


class LookTable:
    """The shipped files and those of the data folder, read again when asked."""

    def __init__(self, data_dir: Path) -> None:
        self._layouts = layout_shelf(data_dir)
        self._themes = theme_shelf(data_dir)
        self._logos = data_dir / "logos"

    def looks(self) -> Looks:
        """Everything as it is now; files that are wrong are left out."""
        self._layouts.refresh()
        self._themes.refresh()
        return Looks(
            layouts=[_described(name, layout) for name, layout in sorted(self._layouts.items())],
            themes=sorted(self._themes),
            captions={name: _lettered(theme) for name, theme in sorted(self._themes.items())},
            logos=sorted(islice(self._logo_names(), MAX_LOGOS)),
        )

    def _logo_names(self) -> Iterator[str]:
        try:
            for path in self._logos.iterdir():
                if path.suffix.lower() in _LOGO_SUFFIXES:
                    yield path.name
        except OSError:
            return  # no folder: no logos


def _described(name: str, layout: Layout) -> LayoutDescription:
    most = min(layout.capacity, MAX_SLOTS)
    return LayoutDescription(
        name=name,
        title=layout.title_zh,
        title_en=layout.title_en,
        caption=layout.caption,
        fewest=layout.fewest,
        most=most,
        places=[
            [list(place.picture) for place in layout.place(count)]
            for count in range(layout.fewest, most + 1)
        ],
    )


def _lettered(theme: Theme) -> CaptionLook:
    return CaptionLook(
        panel=theme.panel,
        panel_opacity=theme.panel_opacity,
        accent=theme.accent,
        text=theme.text,
        soft=theme.soft,
        title_weight=theme.title_weight,
        text_weight=theme.text_weight,
    )
