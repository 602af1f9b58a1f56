"""Which clips there are: files of ``<data>/clips``, as they come and go.

The folder may be on a disk of its own, which may hang: a thread looks, and is not waited for long.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from signaling.programme.clips import CLIP_KINDS

if TYPE_CHECKING:
    from pathlib import Path

LOOK_AGAIN_S = 1.0
MAX_CLIPS = 200
"""More than a person finds one in; further ones are not offered."""
LOOK_S = 0.25
"""As long as a look is waited for; a thousandth is usual. What it finds later is told later."""
_NAME = re.compile(r"[\w-][\w.() -]{0,119}")


class ClipShelf(Collection[str]):
    """Names in order. Looks at the folder at most once a second, when asked, and at once for a
    name it does not know yet. As long as a look hangs, what was found before is told.
    """

    def __init__(self, data_dir: Path, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._folder = data_dir / "clips"
        self._clock_s = clock_s
        self._looked_s = -LOOK_AGAIN_S
        self._names: tuple[str, ...] = ()
        self._looking: threading.Thread | None = None

    def __contains__(self, name: object) -> bool:
        return name in self._look() or name in self._look(again=True)

    def __iter__(self) -> Iterator[str]:
        return iter(self._look())

    def __len__(self) -> int:
        return len(self._look())

    def _look(self, *, again: bool = False) -> tuple[str, ...]:
        now_s = self._clock_s()
        if again or now_s - self._looked_s >= LOOK_AGAIN_S:
            self._looked_s = now_s
            if self._looking is None or not self._looking.is_alive():
                self._looking = threading.Thread(target=self._find, name="clips", daemon=True)
                self._looking.start()
                self._looking.join(LOOK_S)
        return self._names

    def _find(self) -> None:
        found = islice((path for path in self._files() if _is_clip(path)), MAX_CLIPS)
        self._names = tuple(sorted(path.name for path in found))

    def _files(self) -> Iterator[Path]:
        try:
            yield from self._folder.iterdir()
        except OSError:
            return  # no folder: no clips


def _is_clip(path: Path) -> bool:
    kind = path.suffix.lower().removeprefix(".")
    return kind in CLIP_KINDS and _NAME.fullmatch(path.name) is not None and path.is_file()
