"""Writes an event as the TOML file that `server.event_file` reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from signaling.event import SeatKind

if TYPE_CHECKING:
    from signaling.event import Event, Seat
    from signaling.wire.state import CaptionView, CueView


def _text(value: str) -> str:
    """A basic string; JSON escapes what TOML wants escaped but for one letter."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _caption(caption: CaptionView) -> str:
    lines = {"title": caption.title, "subtitle": caption.subtitle}
    lines["organisation"] = caption.organisation
    said = [f"{name} = {_text(line)}" for name, line in lines.items() if line or name == "title"]
    return f"{{ {', '.join(said)} }}"


def _seat(seat: Seat) -> list[str]:
    table = {SeatKind.HALL: "hall", SeatKind.REMOTE: "site", SeatKind.DESK: "desk"}[seat.kind]
    lines = ["", f"[[{table}]]", f"id = {_text(seat.id)}"]
    if seat.kind is SeatKind.REMOTE:
        lines.append(f"hall = {_text(seat.hall)}")
    if seat.kind is SeatKind.DESK:
        lines.append(f"role = {_text(seat.role)}")
    lines += [f"name = {_text(seat.name)}", f"name_en = {_text(seat.name_en)}"]
    if seat.speaker:
        title = f", title = {_text(seat.speaker_title)}" if seat.speaker_title else ""
        lines.append(f"speaker = {{ name = {_text(seat.speaker)}{title} }}")
    return lines


def _programme(event: Event) -> list[str]:
    said = {"height": event.programme.height, "frame_rate": event.programme.frame_rate}
    given = [f"{name} = {value}" for name, value in said.items() if value]
    return ["", "[programme]", *given] if given else []


def _cue(cue: CueView) -> list[str]:
    scene = cue.scene
    lines = [
        "",
        "[[cue]]",
        f"id = {_text(cue.id)}",
        f"title = {_text(cue.title)}",
        f"title_en = {_text(cue.title_en)}",
        f"layout = {_text(scene.layout)}",
        f"slots = [{', '.join(_text(slot) for slot in scene.slots)}]",
    ]
    if scene.slate is not None:
        title = f", title = {_text(scene.slate.title)}" if scene.slate.title else ""
        lines.append(f"slate = {{ kind = {_text(scene.slate.kind)}{title} }}")
    if scene.question:
        lines.append(f"question = {_text(scene.question)}")
    if scene.strap:
        lines.append(f"strap = {_text(scene.strap)}")
    if scene.caption is not None:
        lines.append(f"caption = {_caption(scene.caption)}")
    if cue.captions:
        lines += ["captions = [", *(f"    {_caption(one)}," for one in cue.captions), "]"]
    return lines


def event_toml(event: Event) -> str:
    """The file's text; reading it gives the same event."""
    lines = [
        "[event]",
        f"slug = {_text(event.slug)}",
        f"title = {_text(event.title)}",
        f"title_en = {_text(event.title_en)}",
    ]
    lines += _programme(event)
    for seat in sorted(event.seats, key=lambda seat: seat.order):
        lines += _seat(seat)
    for cue in event.cues:
        lines += _cue(cue)
    return "\n".join(lines) + "\n"
