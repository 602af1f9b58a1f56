import pytest

from signaling.phase import MOVES, OPEN_PHASES, Phase, check_open, move
from signaling.wire.errors import SignalingError


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("wanted", Phase)
def test_every_move_is_allowed_by_the_table_or_refused(phase: Phase, wanted: Phase) -> None:
    if wanted in MOVES[phase]:
        assert move(phase, wanted) is wanted
    else:
        with pytest.raises(SignalingError, match=r"event\.illegal_move"):
            move(phase, wanted)


def test_a_phase_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SignalingError, match=r"event\.illegal_move"):
        move(Phase.LIVE, "encore")


@pytest.mark.parametrize("phase", Phase)
def test_people_join_until_the_end(phase: Phase) -> None:
    if phase in OPEN_PHASES:
        check_open(phase)
    else:
        with pytest.raises(SignalingError, match=r"event\.ended"):
            check_open(phase)


def test_every_phase_can_be_reached_and_the_last_one_is_final() -> None:
    assert {phase for following in MOVES.values() for phase in following} == set(Phase)
    assert MOVES[Phase.ARCHIVED] == ()
