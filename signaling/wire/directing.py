"""Requests of the director beyond preview and take."""

from __future__ import annotations

import msgspec

from .state import GraphicsView


class Freeze(msgspec.Struct, frozen=True, tag="freeze", kw_only=True, forbid_unknown_fields=True):
    """Hold the programme's picture, or let it go on. Sound goes on. A take lets it go on too.
    Answered by `Taken`.
    """

    frozen: bool


class Panic(msgspec.Struct, frozen=True, tag="panic", kw_only=True, forbid_unknown_fields=True):
    """The standby slate at once, nobody seen or heard. Answered by `Taken`."""


class BackToLastGood(
    msgspec.Struct, frozen=True, tag="back_to_last_good", kw_only=True, forbid_unknown_fields=True
):
    """The scene that was on air before the slate or the last take. Answered by `Taken`."""


class SetQuestion(
    msgspec.Struct, frozen=True, tag="set_question", kw_only=True, forbid_unknown_fields=True
):
    """Show a question in a strap of its own; empty: away. Answered by `Taken`."""

    question: str


class SetGraphics(
    msgspec.Struct, frozen=True, tag="set_graphics", kw_only=True, forbid_unknown_fields=True
):
    """What stands in the picture whatever the scene. Answered by `Taken`."""

    graphics: GraphicsView
