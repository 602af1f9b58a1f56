"""Slates: what stands in a place that has no picture, with the cause and in two languages."""

from __future__ import annotations

from enum import StrEnum

from .colour import Planes, opaque
from .lettering import BOLD, REGULAR, fit
from .style import PLAIN_STYLE, Sheet, Style
from .theme import DEFAULT

GROUND = DEFAULT.rgb("ground")
OPENING_TITLE = "连线"
OPENING_SUBTITLE = "Lianxian"


class SlateReason(StrEnum):
    """Why a place has no picture."""

    WAITING = "waiting"
    RECONNECTING = "reconnecting"
    TOO_LARGE = "too_large"
    FAULTY = "faulty"
    OPENING = "opening"
    BREAK = "break"
    CLOSING = "closing"
    STANDBY = "standby"


TEXTS: dict[SlateReason, tuple[str, str]] = {
    SlateReason.WAITING: ("等待信号", "Waiting for picture"),
    SlateReason.RECONNECTING: ("正在重新连接…", "Reconnecting"),
    SlateReason.TOO_LARGE: ("画面尺寸过大", "Picture too large"),
    SlateReason.FAULTY: ("画面信号异常", "Picture faulty"),
    SlateReason.OPENING: ("即将开始", "Starting soon"),
    SlateReason.BREAK: ("休息片刻", "Short break"),
    SlateReason.CLOSING: ("感谢参与", "Thank you"),
    SlateReason.STANDBY: ("信号调整中，请稍候", "Please stand by"),
}


def _size(height: int, share: float, smallest: int, largest: float) -> int:
    return round(min(max(height * share, smallest), max(largest, smallest)))


def slate(
    width: int,
    height: int,
    title: str,
    subtitle: str,
    reason: SlateReason,
    style: Style = PLAIN_STYLE,
) -> Planes:
    """A picture of this size (even sides, drawn pixels): name, what it belongs to, cause."""
    sheet = Sheet(width, height, (*style.rgb("ground"), 255))
    white, soft = style.rgb("text"), style.rgb("soft")
    scale = style.scale
    room = width - 2 * max(8, width // 16)
    chinese, english = TEXTS[reason]
    name_size = _size(height, 0.115, 14, 60 * scale)
    lines = [
        (title, name_size, BOLD, white),
        (subtitle, _size(height, 0.055, 10, 28 * scale), REGULAR, soft),
        (chinese, _size(height, 0.065, 12, 32 * scale), REGULAR, soft),
        (english, _size(height, 0.05, 10, 24 * scale), REGULAR, style.rgb("quiet")),
    ]
    if height < 160 * scale:  # a small tile has its place told by the name bar
        lines[1] = ("", 10, REGULAR, soft)
    rule_gap = name_size
    total = sum(size * 1.5 for text, size, _, _ in lines if text) + rule_gap
    y = (height - total) / 2
    for index, (text, size, weight, fill) in enumerate(lines):
        if index == 2:
            half = max(12, name_size)
            middle = y + rule_gap / 2
            rule = (width / 2 - half, middle, 2 * half, 1 + max(1, height // 240))
            sheet.box(rule, style.rgb("accent"))
            y += rule_gap
        if not text:
            continue
        shown, face = fit(text, size, weight, room, max(9, round(size * 0.6)))
        left = (width - face.getlength(shown)) / 2
        mark = round(size * 1.05)
        if index == 2 and reason is SlateReason.RECONNECTING and left >= mark:
            left += mark * 0.7
            sheet.turning(left - mark * 1.4, y + size * 0.75 - mark / 2, mark, style.rgb("accent"))
        sheet.line((left, y + size * 0.75), shown, face, fill)
        y += size * 1.5
    return opaque(sheet.pixels())
