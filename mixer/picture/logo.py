"""Logos: image files of the event, bounded before a single pixel is decoded."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import structlog
from PIL import Image, UnidentifiedImageError

from .colour import overlay
from .layout import even
from .style import Drawing, drawn_pixels

_log = structlog.get_logger(__name__)
MAX_FILE_BYTES = 4 << 20
MAX_PIXELS = 4096 * 4096
"""As a decoded picture this takes 64 MB for a moment; a larger one is refused by its header."""
MAX_SHAPE = 6.0
"""Wider than this many times its height it would cover the top of the picture."""
FORMATS = ("PNG", "JPEG", "WEBP")
_NAME = re.compile(r"[\w-][\w.-]{0,79}")


class LogoError(Exception):
    """A logo cannot be used; the text names the file and says why."""


def read_logo(path: Path, height: int, scale: float = 1.0) -> Drawing:
    """A logo ``height`` pixels of a layout high. Raises `LogoError`."""
    drawn = drawn_pixels(height, scale)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise LogoError(f"{path}: larger than {MAX_FILE_BYTES} bytes")
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS or min(image.size) < 1:
                raise LogoError(f"{path}: {image.width}x{image.height} pixels are too many")
            if image.width > MAX_SHAPE * image.height:
                raise LogoError(f"{path}: wider than {MAX_SHAPE:.0f} times its height")
            width = max(2, even(image.width * drawn / image.height))
            image.draft("RGB", (width, drawn))
            small = image.convert("RGBA").resize((width, drawn), Image.Resampling.LANCZOS)
    except (
        OSError,
        ValueError,
        SyntaxError,
        MemoryError,
        UnidentifiedImageError,
        Image.DecompressionBombError,
    ) as error:
        raise LogoError(f"{path}: {error}") from error
    what = overlay(np.asarray(small, dtype=np.uint8))
    return Drawing(what, width / scale, drawn / scale, scale)


def logo(folder: Path, name: str, height: int, scale: float = 1.0) -> Drawing | None:
    """The logo ``name`` of a folder, or None if it cannot be used, which is logged."""
    if not _NAME.fullmatch(name):
        _log.error("picture.logo_refused", name=name[:80], error="no plain file name")
        return None
    path = folder / name
    try:
        return _kept(path, path.stat().st_mtime_ns, height, scale)
    except (LogoError, OSError) as error:
        _log.error("picture.logo_refused", name=name, error=str(error))
        return None


@lru_cache(maxsize=8)
def _kept(path: Path, _mtime_ns: int, height: int, scale: float) -> Drawing:
    return read_logo(path, height, scale)
