"""Which layers are told as taken, and when."""

from __future__ import annotations

import pytest

from mixer.media.streams import stream_of
from mixer.media.taking import LOOK_NS, RELEASE_NS, Taking
from mixer.wire.control import Event, LayersTaken
from mixer.wire.ids import Layer, MediaKind, PublicationId

CAMERA, MICROPHONE, PROGRAMME = PublicationId(10), PublicationId(11), PublicationId(12)


class Scene:
    """A camera of three layers, a microphone, the programme of two layers."""

    def __init__(self) -> None:
        self.browsers = {CAMERA: (MediaKind.VIDEO, 3), MICROPHONE: (MediaKind.AUDIO, 1)}
        self.workers = {PROGRAMME: 2}
        self.taken: set[int] = set()
        self.events: list[Event] = []
        self.told: list[tuple[PublicationId, int, bool]] = []
        self.taking = Taking(self, lambda: self.taken, self.events.append)
        self.now_ns = 5 * RELEASE_NS

    def made_by_browsers(self) -> dict[PublicationId, tuple[MediaKind, int]]:
        return self.browsers

    def made_by_workers(self) -> dict[PublicationId, int]:
        return self.workers

    def tell_taken(self, publication: PublicationId, layer: Layer, *, taken: bool) -> None:
        self.told.append((publication, layer, taken))

    def take(self, *streams: tuple[PublicationId, int]) -> None:
        self.taken = {stream_of(publication, layer) for publication, layer in streams}

    def run(self, duration_ns: int = LOOK_NS) -> list[tuple[int, ...]]:
        """Let time pass; what the server was told of the camera."""
        self.events.clear()
        self.told.clear()
        end_ns = self.now_ns + duration_ns
        while self.now_ns < end_ns:
            self.now_ns += 20_000_000
            self.taking.tick(self.now_ns)
        layers = []
        for event in self.events:
            assert isinstance(event, LayersTaken)
            assert event.publication == CAMERA
            layers.append(event.layers)
        return layers


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_newcomer_sends_everything_until_its_takers_had_time_to_come(scene: Scene) -> None:
    assert scene.run() == [(0, 1, 2)]
    assert scene.run(RELEASE_NS // 2) == []
    scene.take((CAMERA, 1))
    assert scene.run(RELEASE_NS) == [(1,)]


def test_a_layer_is_released_within_two_seconds_and_taken_again_within_a_tenth(
    scene: Scene,
) -> None:
    scene.take((CAMERA, 0), (CAMERA, 2))
    scene.run(2 * RELEASE_NS)
    scene.take((CAMERA, 0))
    assert scene.run(2 * RELEASE_NS) == [(0,)]
    scene.take((CAMERA, 0), (CAMERA, 2))
    assert scene.run(LOOK_NS) == [(0, 2)]


def test_a_layer_that_is_left_for_a_moment_stays(scene: Scene) -> None:
    scene.take((CAMERA, 1))
    scene.run(2 * RELEASE_NS)
    scene.take()
    assert scene.run(RELEASE_NS // 2) == []
    scene.take((CAMERA, 1))
    assert scene.run(2 * RELEASE_NS) == []


def test_nobody_takes_a_picture_at_all(scene: Scene) -> None:
    assert scene.run(2 * RELEASE_NS) == [(0, 1, 2), ()]


def test_a_worker_hears_of_every_layer_when_it_announces_and_then_of_changes(
    scene: Scene,
) -> None:
    scene.take((PROGRAMME, 1))
    scene.run()
    assert scene.told == [(PROGRAMME, 0, False), (PROGRAMME, 1, True)]
    scene.take()
    scene.run(2 * RELEASE_NS)
    assert scene.told == [(PROGRAMME, 1, False)]
    scene.taking.forget_worker(PROGRAMME)
    scene.take((PROGRAMME, 0))
    scene.run()
    assert scene.told == [(PROGRAMME, 0, True), (PROGRAMME, 1, False)]


def test_a_server_that_came_hears_everything_again(scene: Scene) -> None:
    scene.take((CAMERA, 0))
    scene.run(2 * RELEASE_NS)
    scene.taking.forget_server()
    assert scene.run() == [(0,)]


def test_what_is_gone_is_forgotten(scene: Scene) -> None:
    scene.take((CAMERA, 0))
    scene.run(2 * RELEASE_NS)
    del scene.browsers[CAMERA]
    del scene.workers[PROGRAMME]
    assert scene.run(RELEASE_NS) == []
    scene.browsers[CAMERA] = (MediaKind.VIDEO, 3)
    scene.workers[PROGRAMME] = 2
    assert scene.run() == [(0, 1, 2)]
    assert len(scene.told) == 2


def test_who_came_is_looked_at_without_waiting(scene: Scene) -> None:
    scene.run(2 * RELEASE_NS)
    scene.take((CAMERA, 2))
    scene.taking.look_soon()
    assert scene.run(20_000_000) == [(2,)]
