import pytest

from signaling.programme.core import SetPreview, Take
from signaling.rundown import Rundown
from signaling.wire.errors import SignalingError
from tests.unit.signaling.plans import event


def test_a_cue_is_preview_and_take_and_nothing_else() -> None:
    rundown = Rundown(event().cues)
    cue, commands = rundown.commands("both")
    assert commands == [SetPreview(cue.scene), Take()]
    assert rundown.current == ""


def test_it_knows_which_step_is_on_air() -> None:
    rundown = Rundown(event().cues)
    rundown.went("all")
    assert rundown.current == "all"
    rundown.left()
    assert rundown.current == ""


def test_an_unknown_cue_is_refused() -> None:
    with pytest.raises(SignalingError, match=r"rundown\.unknown_cue"):
        Rundown(event().cues).commands("encore")


def test_a_stored_step_that_no_longer_exists_is_dropped() -> None:
    assert Rundown(event().cues, current="gone").current == ""
    assert Rundown(event().cues, current="both").current == "both"
