"""Bodies of the HTTP interface for directing beyond preview, take, caption and cue.

Each is a request of `directing` without its tag; see there.
"""

from __future__ import annotations

import msgspec

from .state import GraphicsView, SceneView


class SceneRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/v1/programme/scene: see `TakeScene`."""

    scene: SceneView
    transition: str = "cut"
    duration_ms: int = 0


class TransitionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /api/v1/programme/transition: see `SetTransition`."""

    transition: str
    duration_ms: int
    swap: bool = False


class CallInRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /api/v1/programme/call-in: see `SetCallIn`."""

    seat: str


class StrapRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /api/v1/programme/strap: see `SetStrap`."""

    strap: str = ""


class QuestionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /api/v1/programme/question: see `SetQuestion`."""

    question: str = ""


class GraphicsRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /api/v1/programme/graphics: see `SetGraphics`."""

    graphics: GraphicsView


class FreezeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /api/v1/programme/freeze: see `Freeze`."""

    frozen: bool = True


class ClipRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /api/v1/programme/clip: see `CueClip`."""

    file: str
    loop: bool = False


class LoopRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /api/v1/programme/clip/loop: see `LoopClip`."""

    loop: bool = True
