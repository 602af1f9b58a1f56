"""An encoder in the picture: for its seat where no page shows a camera, and beside it else."""

import pytest

from mixer.wire.ids import PublicationId, WorkerKind
from mixer.wire.picture import Scene, SourceDelay
from server.translate import wanted
from signaling.seats import DeviceKind
from tests.unit.server.test_translate import intent, sitting

ENCODER = "north/encoder/camera"


def slots(*kinds: DeviceKind) -> list[str]:
    people = [sitting(number, "north", kind) for number, kind in enumerate(kinds, 1)]
    (scene,) = [
        one for one in wanted(WorkerKind.PICTURE, intent(*people)) if isinstance(one, Scene)
    ]
    assert all(slot.title for slot in scene.slots)
    return [slot.seat for slot in scene.slots]


@pytest.mark.parametrize(
    ("kinds", "shown"),
    [
        ([], "north"),
        ([DeviceKind.MAIN], "north"),
        ([DeviceKind.CAMERA2], "north"),
        ([DeviceKind.ENCODER], ENCODER),
        ([DeviceKind.MAIN, DeviceKind.ENCODER], "north"),
    ],
)
def test_a_seat_is_its_page_else_its_encoder(kinds: list[DeviceKind], shown: str) -> None:
    assert slots(*kinds) == [shown, "site-1"]


def test_each_picture_follows_the_sound_that_came_with_it() -> None:
    page, encoder = sitting(1, "north"), sitting(2, "north", DeviceKind.ENCODER)
    delays = {
        PublicationId(page.wiring.tracks[0].publication): 80,
        PublicationId(encoder.wiring.tracks[0].publication): 120,
    }
    resources = wanted(WorkerKind.PICTURE, intent(page, encoder, delays_ns=delays))
    assert [one for one in resources if isinstance(one, SourceDelay)] == [
        SourceDelay(seat="north", delay_ns=80),
        SourceDelay(seat=ENCODER, delay_ns=120),
    ]
