from pathlib import Path

import msgspec

from server.event_file import read_event
from server.event_toml import event_toml
from server.settings import SAMPLE_EVENT
from signaling.wire.state import CaptionView


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
