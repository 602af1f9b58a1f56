"""The clip: cued, playing, stopped. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from signaling.wire.errors import SignalingError

from .commands import ClipCommand, CueClip, LoopClip, PlayClip
from .state import ClipIntent

if TYPE_CHECKING:
    from collections.abc import Collection

CLIP_KINDS = ("mp4", "mov", "m4v", "mkv", "webm", "png", "jpg", "jpeg", "webp")
"""Endings of files that can be a clip."""


def carried_out(
    clip: ClipIntent | None,
    command: ClipCommand,
    at_ms: int,
    *,
    on_air: bool,
    films: Collection[str],
) -> ClipIntent:
    """The clip after a command whose effect stands at ``at_ms``.

    Raises `SignalingError` ``clip.unknown``, ``clip.on_air`` (another file would be on air by
    that) or ``clip.not_cued``.
    """
    if isinstance(command, CueClip):
        if on_air:
            raise SignalingError("clip.on_air")
        if command.file not in films:
            allowed = ", ".join(CLIP_KINDS)
            raise SignalingError("clip.unknown", file=command.file[:80], allowed=allowed)
        return ClipIntent(file=command.file, loop=command.loop)
    if clip is None:
        raise SignalingError("clip.not_cued")
    match command:
        case LoopClip(loop):
            return msgspec.structs.replace(clip, loop=loop)
        case PlayClip():
            return msgspec.structs.replace(clip, playing_since_ms=at_ms, aired=on_air)
    return msgspec.structs.replace(clip, playing_since_ms=None, aired=False)


def taken(clip: ClipIntent, at_ms: int) -> ClipIntent:
    """It comes on air: from its start, unless it plays already and was not on air yet."""
    if clip.playing_since_ms is None or clip.aired:
        clip = msgspec.structs.replace(clip, playing_since_ms=at_ms)
    return msgspec.structs.replace(clip, aired=True)
