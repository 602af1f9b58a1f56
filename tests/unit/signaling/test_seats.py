import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.seats import (
    GRACE_MS,
    MOVES,
    Device,
    DeviceKind,
    IllegalStepError,
    Presence,
    Seats,
    admitted_seat,
    device_kind,
)
from signaling.wire.errors import SignalingError
from signaling.wire.roles import Role
from tests.unit.signaling.plans import event


def device(number: int, seat: str = "north", kind: DeviceKind = DeviceKind.MAIN) -> Device:
    return Device(
        id=number,
        seat=seat,
        kind=kind,
        role=Role.MEMBER,
        link="link",
        resume_hash=f"hash-{number}",
        has_audio=True,
        has_video=True,
    )


def seated(*devices: Device) -> Seats:
    seats = Seats(event())
    for one in devices:
        seats.join(one, take_over=False)
    return seats


def test_a_seat_admits_one_device_of_each_kind() -> None:
    seats = seated(device(1), device(2, kind=DeviceKind.SLIDES))
    assert [one.id for one in seats.at("north")] == [1, 2]


def test_a_second_claimant_is_told() -> None:
    seats = seated(device(1))
    with pytest.raises(SignalingError) as refused:
        seats.join(device(2), take_over=False)
    assert refused.value.error == "seat.taken"
    assert refused.value.values == {"seat": "名north"}
    assert [one.id for one in seats.at("north")] == [1]


def test_a_second_claimant_may_take_over() -> None:
    seats = seated(device(1))
    left = seats.join(device(2), take_over=True)
    assert left is not None
    assert (left.id, left.presence) == (1, Presence.GONE)
    assert [one.id for one in seats.at("north")] == [2]


def test_an_unknown_seat_is_refused() -> None:
    with pytest.raises(SignalingError, match=r"seat\.unknown"):
        seated(device(1, seat="nowhere"))


def test_a_lost_device_comes_back_by_its_secret_within_the_grace() -> None:
    seats = seated(device(1))
    seats.lose(1, now_ms=1000)
    assert seats.expire(1000 + GRACE_MS - 1) == []
    found = seats.resume("hash-1", "north", DeviceKind.MAIN)
    assert found is not None
    assert found.presence is Presence.PRESENT
    assert seats.expire(1000 + 10 * GRACE_MS) == []


def test_after_the_grace_the_seat_is_free() -> None:
    seats = seated(device(1))
    seats.lose(1, now_ms=1000)
    assert [one.id for one in seats.expire(1000 + GRACE_MS)] == [1]
    assert seats.resume("hash-1", "north", DeviceKind.MAIN) is None
    assert seats.join(device(2), take_over=False) is None


@pytest.mark.parametrize(
    ("secret", "seat", "kind"),
    [
        ("hash-2", "north", DeviceKind.MAIN),
        ("hash-1", "south", DeviceKind.MAIN),
        ("hash-1", "north", DeviceKind.SLIDES),
    ],
)
def test_a_wrong_secret_seat_or_kind_does_not_come_back(
    secret: str, seat: str, kind: DeviceKind
) -> None:
    seats = seated(device(1))
    seats.lose(1, now_ms=0)
    assert seats.resume(secret, seat, kind) is None


def test_muting_is_kept_by_kind() -> None:
    seats = seated(device(1))
    assert seats.mute(1, "audio", muted=True).audio_muted
    assert seats.mute(1, "video", muted=True).audio_muted
    with pytest.raises(SignalingError, match=r"message\.invalid"):
        seats.mute(1, "smell", muted=True)


def test_an_unknown_device_kind_is_refused() -> None:
    with pytest.raises(SignalingError, match=r"device\.unknown_kind"):
        device_kind("toaster")


def test_a_third_hall_is_refused_at_the_door() -> None:
    with pytest.raises(SignalingError, match=r"event\.halls_full"):
        admitted_seat(event(), "west", "hall")


def test_an_eighteenth_site_is_refused_at_the_door() -> None:
    with pytest.raises(SignalingError, match=r"event\.sites_full"):
        admitted_seat(event(sites=17), "site-17", "remote")
    with pytest.raises(SignalingError, match=r"seat\.unknown"):
        admitted_seat(event(sites=3), "site-17", "remote")


@given(st.lists(st.sampled_from(["join", "take", "lose", "resume", "leave", "expire"])))
def test_any_order_of_steps_follows_the_table_or_is_refused(steps: list[str]) -> None:
    seats = Seats(event())
    number = 0
    for step in steps:
        before = {one.id: one.presence for one in seats.devices.values()}
        current = next(iter(before), 0)
        try:
            match step:
                case "join" | "take":
                    number += 1
                    seats.join(device(number), take_over=step == "take")
                case "lose":
                    seats.lose(current, 0)
                case "resume":
                    seats.resume(f"hash-{current}", "north", DeviceKind.MAIN)
                case "leave":
                    seats.leave(current)
                case "expire":
                    seats.expire(GRACE_MS)
        except (SignalingError, IllegalStepError, KeyError):
            assert {one.id: one.presence for one in seats.devices.values()} == before
        assert len(seats.devices) <= 1
        assert all(one.presence is not Presence.GONE for one in seats.devices.values())


def test_nobody_leaves_gone() -> None:
    assert not [state for state, _ in MOVES if state is Presence.GONE]
