from pathlib import Path

import msgspec

from server.event_file import read_event
from server.event_toml import event_toml
from server.settings import SAMPLE_EVENT
from signaling.event import ProgrammeFormat
from signaling.wire.state import CaptionView, SceneView, SlateView


def test_the_sample_event_survives_the_way_out_and_in_again(tmp_path: Path) -> None:
    event = read_event(SAMPLE_EVENT)
    file = tmp_path / "event.toml"
    file.write_text(event_toml(event), encoding="utf-8")
    assert read_event(file) == event


def test_awkward_letters_survive(tmp_path: Path) -> None:
    event = read_event(SAMPLE_EVENT)
    caption = CaptionView(title='“名”"\\ \x7f', subtitle="a = b # c")
    cue = msgspec.structs.replace(event.cues[0], captions=[caption])
    event = msgspec.structs.replace(event, cues=(cue,))
    file = tmp_path / "event.toml"
    file.write_text(event_toml(event), encoding="utf-8")
    assert read_event(file) == event


def test_slates_meant_sources_and_the_format_survive(tmp_path: Path) -> None:
    event = read_event(SAMPLE_EVENT)
    host = CaptionView(title="顾长青", organisation="北京会场")
    scenes = [
        SceneView(layout="hall_remote", slots=["hall:a", "call_in"], caption=host, question="为何"),
        SceneView(layout="slides_speaker", slots=["beijing/slides/slides", "speaker"]),
        SceneView(layout="full", slots=["clip"]),
        SceneView(layout="full", slots=[], slate=SlateView(kind="break", title="休息")),
    ]
    cues = tuple(
        msgspec.structs.replace(event.cues[0], id=f"c-{n}", scene=scene)
        for n, scene in enumerate(scenes)
    )
    form = ProgrammeFormat(height=1080, frame_rate=30)
    event = msgspec.structs.replace(event, cues=cues, programme=form)
    file = tmp_path / "event.toml"
    file.write_text(event_toml(event), encoding="utf-8")
    assert read_event(file) == event
