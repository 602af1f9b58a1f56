"""The layouts, and how many sites each takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from signaling.wire.errors import SignalingError

from .sources import CALL_IN, NAMED, Cast, resolved, seat_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signaling.wire.state import SceneView, SlateView

LAYOUTS: dict[str, tuple[int, int]] = {
    "full": (1, 1),
    "two_halls": (2, 2),
    "hall_remote": (2, 2),
    "remote_hall": (2, 2),
    "pip_top_left": (2, 2),
    "pip_top_right": (2, 2),
    "pip_bottom_left": (2, 2),
    "pip_bottom_right": (2, 2),
    "one_row": (2, 7),
    "one_column": (2, 5),
    "grid": (1, 19),
    "slides_speaker": (2, 2),
    "slides_full": (1, 1),
}
"""The shipped layouts: name to fewest and most slots. A test compares them with the files."""

MAX_SLOTS = 19
"""Both halls and all sites."""

SLATES = ("opening", "break", "closing", "standby")
MAX_QUESTION_CHARACTERS = 120
MAX_COUNTDOWN_H = 24
_HOUR_MS = 3_600_000
_SOURCE = re.compile(r"[\w-]{1,40}(/[a-z0-9]{1,20}/[a-z0-9]{1,20})?")
MAX_CAPTION_CHARACTERS = 80
"""Longer lines do not fit a lower third at 720p."""


def allowed_count(counts: tuple[int, int]) -> str:
    """``2`` or ``1–19``, for messages in any language."""
    fewest, most = counts
    return str(fewest) if fewest == most else f"{fewest}–{most}"


def check_scene(
    scene: SceneView,
    cast: Cast,
    layouts: Mapping[str, tuple[int, int]] = LAYOUTS,
    *,
    call_in: str = "",
    now_ms: int = 0,
) -> None:
    """Whether a scene can be shown with these seats in one of these layouts. A slate
    needs neither. ``call_in``: whom that source means, or empty.

    Raises `SignalingError` ``programme.unknown_layout``, ``.wrong_slots``,
    ``.unknown_seat``, ``.no_call_in``, ``.double_seat`` or ``.long_caption``; for a slate
    ``programme.unknown_slate``, ``.wrong_countdown`` or ``.long_caption``.
    """
    if scene.slate is not None:
        check_slate(scene.slate, now_ms)
        return
    counts = layouts.get(scene.layout)
    if counts is None:
        raise SignalingError(
            "programme.unknown_layout", layout=scene.layout[:80], allowed=", ".join(layouts)
        )
    fewest, most = counts
    if not fewest <= len(scene.slots) <= most:
        raise SignalingError(
            "programme.wrong_slots",
            layout=scene.layout,
            allowed=allowed_count(counts),
            count=str(len(scene.slots)),
        )
    _check_sources(scene, cast, call_in)
    check_words(scene)


def _check_sources(scene: SceneView, cast: Cast, call_in: str) -> None:
    for source in scene.slots:
        if not _known(source, cast):
            raise SignalingError("programme.unknown_seat", seat=source[:80])
    if CALL_IN in scene.slots and not call_in:
        raise SignalingError("programme.no_call_in")
    found = resolved(scene, cast, (), call_in)
    for source in found:
        if found.count(source) > 1:
            raise SignalingError("programme.double_seat", seat=source)


def _known(source: str, cast: Cast) -> bool:
    if source in NAMED or cast.hall(source) is not None:
        return True
    return seat_of(source) in cast.stage and _SOURCE.fullmatch(source) is not None


def check_slate(slate: SlateView, now_ms: int) -> None:
    """Raises `SignalingError` ``programme.unknown_slate``, ``.wrong_countdown`` or
    ``.long_caption``.
    """
    if slate.kind not in SLATES:
        raise SignalingError(
            "programme.unknown_slate", slate=slate.kind[:80], allowed=", ".join(SLATES)
        )
    if not 0 <= slate.until_ms <= now_ms + MAX_COUNTDOWN_H * _HOUR_MS:
        raise SignalingError("programme.wrong_countdown", hours=str(MAX_COUNTDOWN_H))
    check_lines([slate.title])


def check_words(scene: SceneView) -> None:
    """Raises `SignalingError` ``programme.long_caption``."""
    lines = [scene.strap]
    if scene.caption is not None:
        lines += [scene.caption.title, scene.caption.subtitle, scene.caption.organisation]
    check_lines(lines)
    if len(scene.question) > MAX_QUESTION_CHARACTERS:
        raise SignalingError("programme.long_caption", most=str(MAX_QUESTION_CHARACTERS))


def check_lines(lines: list[str]) -> None:
    """Raises `SignalingError` ``programme.long_caption``."""
    for line in lines:
        if len(line) > MAX_CAPTION_CHARACTERS:
            raise SignalingError("programme.long_caption", most=str(MAX_CAPTION_CHARACTERS))
