import pytest
from msgspec.structs import replace

from signaling.programme.commands import SetPreview, TakeScene
from signaling.rundown import Rundown
from signaling.wire.errors import SignalingError
from signaling.wire.state import CaptionView
from tests.unit.signaling.plans import event


def test_a_step_is_one_command_of_the_programme_and_nothing_else() -> None:
    rundown = Rundown(event().cues)
    scene = rundown.cues["both"].scene
    assert rundown.on_air("both") == TakeScene(scene, "cut", 0, "both")
    assert rundown.on_air("both", "dissolve", 400) == TakeScene(scene, "dissolve", 400, "both")
    assert rundown.in_preview("both") == SetPreview(scene, "both")


def test_a_step_is_on_air_as_planned_whatever_its_captions() -> None:
    rundown = Rundown(event().cues)
    scene = rundown.cues["both"].scene
    caption = CaptionView(title="顾长青")
    assert rundown.as_planned("both", scene)
    assert rundown.as_planned("both", replace(scene, caption=caption, question="为什么"))
    assert not rundown.as_planned("both", replace(scene, slots=["south", "north"]))
    assert not rundown.as_planned("", scene)


def test_an_unknown_cue_is_refused() -> None:
    with pytest.raises(SignalingError, match=r"rundown\.unknown_cue"):
        Rundown(event().cues).on_air("encore")
