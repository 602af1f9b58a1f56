"""The layouts, and how many sites each takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.wire.errors import SignalingError

if TYPE_CHECKING:
    from collections.abc import Collection

    from signaling.wire.state import SceneView

LAYOUTS: dict[str, tuple[int, int]] = {
    "full": (1, 1),
    "two_halls": (2, 2),
    "hall_remote": (2, 2),
    "grid": (1, 19),
}
"""Name to fewest and most slots."""

MAX_CAPTION_CHARACTERS = 80
"""Longer lines do not fit a lower third at 720p."""


def allowed_count(layout: str) -> str:
    """``2`` or ``1 to 19``, for messages."""
    fewest, most = LAYOUTS[layout]
    return str(fewest) if fewest == most else f"{fewest} to {most}"


def check_scene(scene: SceneView, stage: Collection[str]) -> None:
    """Whether a scene can be shown with the seats ``stage``.

    Raises `SignalingError` ``programme.unknown_layout``, ``.wrong_slots``,
    ``.unknown_seat``, ``.double_seat`` or ``.long_caption``.
    """
    if scene.layout not in LAYOUTS:
        raise SignalingError(
            "programme.unknown_layout", layout=scene.layout[:80], allowed=", ".join(LAYOUTS)
        )
    fewest, most = LAYOUTS[scene.layout]
    if not fewest <= len(scene.slots) <= most:
        raise SignalingError(
            "programme.wrong_slots",
            layout=scene.layout,
            allowed=allowed_count(scene.layout),
            count=str(len(scene.slots)),
        )
    for seat in scene.slots:
        if seat not in stage:
            raise SignalingError("programme.unknown_seat", seat=seat[:80])
        if scene.slots.count(seat) > 1:
            raise SignalingError("programme.double_seat", seat=seat)
    lines = [scene.strap]
    if scene.caption is not None:
        lines += [scene.caption.title, scene.caption.subtitle]
    check_lines(lines)


def check_lines(lines: list[str]) -> None:
    """Raises `SignalingError` ``programme.long_caption``."""
    for line in lines:
        if len(line) > MAX_CAPTION_CHARACTERS:
            raise SignalingError("programme.long_caption", most=str(MAX_CAPTION_CHARACTERS))
