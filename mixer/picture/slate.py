"""Slates: what stands in a place that has no picture, with the cause and in two languages."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from PIL import Image, ImageDraw

from .caption import draw_line
from .colour import Planes, opaque
from .lettering import BOLD, REGULAR, fit
from .theme import DEFAULT, Theme

GROUND = DEFAULT.rgb("ground")
OPENING_TITLE = "连线"
OPENING_SUBTITLE = "Lianxian"


class SlateReason(StrEnum):
    """Why a place has no picture."""

    WAITING = "waiting"
    RECONNECTING = "reconnecting"
    TOO_LARGE = "too_large"
    OPENING = "opening"
    BREAK = "break"
    CLOSING = "closing"
    STANDBY = "standby"


TEXTS: dict[SlateReason, tuple[str, str]] = {
    SlateReason.WAITING: ("等待信号", "Waiting for picture"),
    SlateReason.RECONNECTING: ("正在重新连接…", "Reconnecting"),
    SlateReason.TOO_LARGE: ("画面尺寸过大", "Picture too large"),
    SlateReason.OPENING: ("即将开始", "Starting soon"),
    SlateReason.BREAK: ("休息片刻", "Short break"),
    SlateReason.CLOSING: ("感谢参与", "Thank you"),
    SlateReason.STANDBY: ("信号调整中，请稍候", "Please stand by"),
}


def _size(height: int, share: float, smallest: int, largest: int) -> int:
    return min(max(round(height * share), smallest), largest)


def slate(
    width: int,
    height: int,
    title: str,
    subtitle: str,
    reason: SlateReason,
    theme: Theme = DEFAULT,
) -> Planes:
    """A picture of this size (even sides): name, what it belongs to, cause."""
    image = Image.new("RGB", (width, height), theme.rgb("ground"))
    white, soft = theme.rgb("text"), theme.rgb("soft")
    pen = ImageDraw.Draw(image)
    room = width - 2 * max(8, width // 16)
    chinese, english = TEXTS[reason]
    name_size = _size(height, 0.115, 14, 60)
    lines = [
        (title, name_size, BOLD, white),
        (subtitle, _size(height, 0.055, 10, 28), REGULAR, soft),
        (chinese, _size(height, 0.065, 12, 32), REGULAR, soft),
        (english, _size(height, 0.05, 10, 24), REGULAR, theme.rgb("quiet")),
    ]
    if height < 160:  # a small tile has its place told by the name bar
        lines[1] = ("", 10, REGULAR, soft)
    rule_gap = name_size
    total = sum(size * 1.5 for text, size, _, _ in lines if text) + rule_gap
    y = (height - total) / 2
    for index, (text, size, weight, fill) in enumerate(lines):
        if index == 2:
            half = max(12, name_size)
            middle = y + rule_gap / 2
            pen.rectangle(
                (width / 2 - half, middle, width / 2 + half, middle + max(1, height // 240)),
                fill=theme.rgb("accent"),
            )
            y += rule_gap
        if not text:
            continue
        shown, face = fit(text, size, weight, room, max(9, round(size * 0.6)))
        left = (width - face.getlength(shown)) / 2
        draw_line(pen, (left, y + size * 0.75), shown, face, fill)
        y += size * 1.5
    return opaque(np.asarray(image, dtype=np.uint8))
