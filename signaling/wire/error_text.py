"""A row of the catalogue of errors."""

from __future__ import annotations

import msgspec


class ErrorText(msgspec.Struct, frozen=True):
    """One row of the catalogue. ``{name}`` in texts is filled from ``values``."""

    kind: str
    text: str
    text_zh: str
    cure: str
    cure_zh: str
