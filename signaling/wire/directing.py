"""Requests of the director beyond preview and take."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from .state import GraphicsView, SceneView


class Bus(StrEnum):
    """Which scene a change is for: the one in preview, or the one on air."""

    PREVIEW = "preview"
    PROGRAMME = "programme"


class Auto(msgspec.Struct, frozen=True, tag="auto", kw_only=True, forbid_unknown_fields=True):
    """Preview goes on air as `SetTransition` says. Answered by `Taken`."""


class SetTransition(
    msgspec.Struct, frozen=True, tag="set_transition", kw_only=True, forbid_unknown_fields=True
):
    """What `Auto` does: ``cut`` or ``dissolve``, which lasts ``duration_ms`` (40 to 5000). With
    ``swap`` what leaves the air by `Take` or `Auto` goes to preview. Answered by `Done`.
    """

    transition: str
    duration_ms: int
    swap: bool = False


class TakeScene(
    msgspec.Struct, frozen=True, tag="take_scene", kw_only=True, forbid_unknown_fields=True
):
    """This scene goes on air at once; preview stays. What was on air stays, seen and heard, until
    each source of the scene has a picture, for 1 s at most. Answered by `Taken`.
    """

    scene: SceneView
    transition: str = "cut"
    duration_ms: int = 0


class SetLayout(
    msgspec.Struct, frozen=True, tag="set_layout", kw_only=True, forbid_unknown_fields=True
):
    """Another layout with the sources that are there: those beyond it go, and places that are
    left get seats that are not seen yet. Answered by `Done` for preview, else by `Taken`.
    """

    layout: str
    bus: Bus = Bus.PREVIEW


class SetSource(
    msgspec.Struct, frozen=True, tag="set_source", kw_only=True, forbid_unknown_fields=True
):
    """Another source in place ``slot`` (0 is the first); one that stands in another place changes
    places with it. Answered by `Done` for preview, else by `Taken`.
    """

    slot: int
    source: str
    bus: Bus = Bus.PREVIEW


class SetCallIn(
    msgspec.Struct, frozen=True, tag="set_call_in", kw_only=True, forbid_unknown_fields=True
):
    """Whom the source ``call_in`` means from now on, on air and in preview. Answered by `Taken`."""

    seat: str


class PreviewCue(
    msgspec.Struct, frozen=True, tag="preview_cue", kw_only=True, forbid_unknown_fields=True
):
    """Put a step of the rundown in preview; taken, it is the current one. Answered by `Done`."""

    cue: str


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


class SetStrap(
    msgspec.Struct, frozen=True, tag="set_strap", kw_only=True, forbid_unknown_fields=True
):
    """Only the call-in strap on air changes; empty: away. Answered by `Taken`."""

    strap: str


class CueClip(
    msgspec.Struct, frozen=True, tag="cue_clip", kw_only=True, forbid_unknown_fields=True
):
    """Make a file of ``<data>/clips`` the source ``clip``: its first picture stands until it is
    played. Answered by `Done`; state ``clip`` tells what becomes of it. Not while it is on air.
    """

    file: str
    loop: bool = False


class PlayClip(
    msgspec.Struct, frozen=True, tag="play_clip", kw_only=True, forbid_unknown_fields=True
):
    """The clip begins, from its start. A cued one begins by itself when it is taken on air.
    Answered by `Done`.
    """


class StopClip(
    msgspec.Struct, frozen=True, tag="stop_clip", kw_only=True, forbid_unknown_fields=True
):
    """The clip is cued again: its first picture stands. Answered by `Done`."""


class LoopClip(
    msgspec.Struct, frozen=True, tag="loop_clip", kw_only=True, forbid_unknown_fields=True
):
    """Whether it begins again at its end; it goes on where it is. Answered by `Done`."""

    loop: bool
