import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.sound import Audible, Hears, SeatSound, SoundDesk, SoundSettings, other_hall
from signaling.wire.errors import SignalingError
from signaling.wire.sound import SetSeatSound
from tests.unit.signaling.plans import event

PLAN = event()


def refused(desk: SoundDesk, asked: SetSeatSound) -> str:
    before = desk.settings
    with pytest.raises(SignalingError) as caught:
        desk.set_seat(asked)
    assert desk.settings == before
    return caught.value.error


def test_what_is_left_out_stays_as_it_is() -> None:
    desk = SoundDesk(PLAN)
    desk.set_seat(SetSeatSound(seat="north", gain_db=-6.0, pan=-0.5))
    desk.set_seat(SetSeatSound(seat="north", muted=True, audible="open", hears="clean"))
    assert desk.settings.of("north") == SeatSound(
        gain_db=-6.0, pan=-0.5, muted=True, audible=Audible.OPEN, hears=Hears.CLEAN
    )
    assert desk.settings.of("south") == SeatSound()


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (SetSeatSound(seat="north", gain_db=20.5), "sound.out_of_range"),
        (SetSeatSound(seat="north", gain_db=float("nan")), "sound.out_of_range"),
        (SetSeatSound(seat="north", pan=-1.1), "sound.out_of_range"),
        (SetSeatSound(seat="north", delay_ms=501.0), "sound.out_of_range"),
        (SetSeatSound(seat="north", high_pass_hz=5.0), "sound.out_of_range"),
        (SetSeatSound(seat="north", audible="loud"), "message.invalid"),
        (SetSeatSound(seat="north", gain_db=1.0, hears="self"), "message.invalid"),
        (SetSeatSound(seat="director", muted=True), "programme.unknown_seat"),
        (SetSeatSound(seat="nobody", muted=True), "programme.unknown_seat"),
    ],
)
def test_what_is_not_possible_is_refused_and_changes_nothing(
    asked: SetSeatSound, error: str
) -> None:
    assert refused(SoundDesk(PLAN), asked) == error


def test_a_high_pass_of_zero_is_off() -> None:
    desk = SoundDesk(PLAN, SoundSettings(seats={"north": SeatSound(high_pass_hz=80.0)}))
    assert desk.set_seat(SetSeatSound(seat="north", high_pass_hz=0.0)).high_pass_hz == 0.0


def test_the_other_hall_is_the_one_that_is_not_ours() -> None:
    north, south = PLAN.halls
    assert other_hall(PLAN, north) == south
    assert other_hall(PLAN, south) == north


def test_tones_are_by_output_and_end() -> None:
    desk = SoundDesk(PLAN)
    desk.set_tone("programme", on=True)
    desk.set_tone("south", on=True)
    desk.set_tone("south", on=True)
    assert list(desk.settings.tones) == ["programme", "south"]
    desk.set_tone("programme", on=False)
    assert list(desk.settings.tones) == ["south"]
    with pytest.raises(SignalingError):
        desk.set_tone("director", on=True)


def test_letting_go_ends_talking_and_listening() -> None:
    desk = SoundDesk(PLAN)
    desk.talk(7, ["north", "north", "site-1"])
    desk.listen(7, "site-2")
    assert desk.talking == {7: ("north", "site-1")}
    assert desk.let_go(7)
    assert (desk.talking, desk.listening) == ({}, {})
    assert not desk.let_go(7)


def test_an_unknown_seat_leaves_the_key_as_it_was() -> None:
    desk = SoundDesk(PLAN)
    desk.talk(7, ["north"])
    with pytest.raises(SignalingError):
        desk.talk(7, ["south", "moon"])
    assert desk.talking == {7: ("north",)}
    desk.talk(7, [])
    assert desk.talking == {}


def test_a_loudness_target_has_its_range_and_a_restart_counts() -> None:
    desk = SoundDesk(PLAN)
    desk.set_loudness(-23.0, restart=True)
    assert (desk.settings.target_lufs, desk.settings.loudness_period) == (-23.0, 1)
    with pytest.raises(SignalingError):
        desk.set_loudness(-5.0, restart=False)
    desk.set_loudness(None, restart=False)
    assert (desk.settings.target_lufs, desk.settings.loudness_period) == (None, 1)


@given(st.floats(), st.floats(), st.floats())
def test_gains_pans_and_delays_are_in_their_range_or_refused(
    gain_db: float, pan: float, delay_ms: float
) -> None:
    desk = SoundDesk(PLAN)
    try:
        desk.set_seat(SetSeatSound(seat="south", gain_db=gain_db, pan=pan, delay_ms=delay_ms))
    except SignalingError:
        assert desk.settings == SoundSettings()
        return
    after = desk.settings.of("south")
    assert -60 <= after.gain_db <= 20
    assert -1 <= after.pan <= 1
    assert 0 <= after.delay_ms <= 500
