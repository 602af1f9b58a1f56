from pathlib import Path

import numpy as np
import pytest

from server.simulate.loops import LoopForm, drawn_pictures, write_loop
from server.simulate.media_loop import load_loop
from server.simulate.voice import site_sound


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_a_loop_is_read_as_it_was_made(tmp_path: Path, codec: str) -> None:
    form = LoopForm(3, "湖南", 320, 180, 15, codec, 150_000)
    path = tmp_path / "loop.mkv"
    write_loop(path, form, drawn_pictures(form, 2), site_sound(3, 2))
    loop = load_loop(path)
    assert (loop.codec, loop.frames_per_second) == (codec, 15)
    assert len(loop.pictures) == 30
    assert len(loop.sound) == 100
    keyframes = [index for index, frame in enumerate(loop.pictures) if frame.keyframe]
    assert keyframes == [0, 15]
    if codec == "h264":
        assert all(frame.payload.startswith(b"\x00\x00") for frame in loop.pictures)
    assert loop.next_keyframe(16) == 14


def test_sites_say_different_things() -> None:
    assert not np.allclose(site_sound(1, 1), site_sound(2, 1))
