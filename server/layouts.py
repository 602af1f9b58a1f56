"""Which layouts there are: the shipped ones and those in ``<data>/layouts``, as they change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from mixer.picture.layout_file import layout_shelf
from signaling.programme.layouts import MAX_SLOTS

if TYPE_CHECKING:
    from pathlib import Path

LOOK_AGAIN_S = 1.0


class LayoutTable(Mapping[str, tuple[int, int]]):
    """Name to fewest and most slots. Looks at the files at most once a second, when asked."""

    def __init__(self, data_dir: Path, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._shelf = layout_shelf(data_dir)
        self._clock_s = clock_s
        self._looked_s = clock_s()

    def __getitem__(self, name: str) -> tuple[int, int]:
        self._look()
        layout = self._shelf[name]
        return layout.fewest, min(layout.capacity, MAX_SLOTS)

    def __iter__(self) -> Iterator[str]:
        self._look()
        return iter(self._shelf)

    def __len__(self) -> int:
        self._look()
        return len(self._shelf)

    def _look(self) -> None:
        now_s = self._clock_s()
        if now_s - self._looked_s >= LOOK_AGAIN_S:
            self._looked_s = now_s
            self._shelf.refresh()
