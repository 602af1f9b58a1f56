"""Chooses between the compiled fan-out and its Python reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from mixer.forward import fanout_reference

RewriteHeader = Callable[[bytearray, int, int, int], None]


@dataclass(slots=True, frozen=True)
class HotPath:
    """The functions that touch every packet, and whether they are compiled."""

    rewrite_header: RewriteHeader
    is_compiled: bool
    reason: str
    """Why not, empty when compiled."""


def choose_hot_path(*, allow_compiled: bool) -> HotPath:
    """Take the compiled functions if allowed, present and right on a known packet."""
    if not allow_compiled:
        return HotPath(fanout_reference.rewrite_header, is_compiled=False, reason="switched off")
    try:
        rewrite_header: RewriteHeader = import_module("mixer.forward._fanout").rewrite_header
    except ImportError as error:
        return HotPath(fanout_reference.rewrite_header, is_compiled=False, reason=str(error))
    if not _agrees(rewrite_header):
        reason = "the compiled function fails its known packet"
        return HotPath(fanout_reference.rewrite_header, is_compiled=False, reason=reason)
    return HotPath(rewrite_header, is_compiled=True, reason="")


def _agrees(function: RewriteHeader) -> bool:
    packet = bytearray(range(16))
    function(packet, 0x1FFFE, 0x01020304, 0xF0E0D0C0)
    return packet == bytes.fromhex("0001fffe01020304f0e0d0c00c0d0e0f")
