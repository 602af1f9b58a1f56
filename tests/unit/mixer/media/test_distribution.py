"""What each worker on the link is sent."""

from __future__ import annotations

import pytest

from mixer.forward.interface import TappedPacket
from mixer.media.distribution import Distribution
from mixer.media.link_client import LinkClient, LinkDrop
from mixer.media.ring import KEPT_NS
from mixer.media.streams import stream_of
from mixer.rtp import payload_type as types
from mixer.wire.frame import FLAG_KEYFRAME, FLAG_REPLAY, Frame, FrameKind, FrameReader
from mixer.wire.ids import Codec, Layer, MediaKind, PublicationId, WorkerKind
from mixer.wire.link import (
    MAX_BUFFER_BYTES,
    LinkEnded,
    LinkMessage,
    LinkStream,
    LinkSubscribe,
    LinkUnsubscribe,
    read_message,
)
from mixer.wire.resources import StreamCodec

HALL = PublicationId(10)
LOW = Layer(0)
SECOND = 1_000_000_000


class Taps:
    """Stands for the media process."""

    def __init__(self) -> None:
        self.tapped: set[int] = set()
        self.keyframes = 0

    def set_tap(self, stream: int, *, tapped: bool) -> None:
        (self.tapped.add if tapped else self.tapped.discard)(stream)

    def want_keyframe(self, publication: PublicationId, layer: int) -> None:
        self.keyframes += 1


class Worker:
    """A client whose outbox is read by the test."""

    def __init__(self, kind: WorkerKind = WorkerKind.RECORDER) -> None:
        self.unsent = 0
        self.client = LinkClient(kind, 1, lambda: self.unsent)
        self._reader = FrameReader()

    def frames(self) -> list[Frame]:
        return [frame for frame in self._read() if frame.kind != FrameKind.MESSAGE]

    def sequences(self) -> list[int]:
        return [frame.sequence for frame in self.frames()]

    def messages(self) -> list[LinkMessage]:
        return [
            read_message(frame.payload) for frame in self._read() if frame.kind == FrameKind.MESSAGE
        ]

    def everything(self) -> list[LinkMessage | int]:
        return [
            read_message(frame.payload) if frame.kind == FrameKind.MESSAGE else frame.sequence
            for frame in self._read()
        ]

    def _read(self) -> list[Frame]:
        return self._reader.feed(self.client.take_output())


class Scene:
    """A hall's video, already published."""

    def __init__(self) -> None:
        self.taps = Taps()
        self.distribution = Distribution(self.taps)
        self.distribution.published(HALL, MediaKind.VIDEO)
        self.now_ns = 0

    def packet(self, sequence: int, *, life: int = 1, keyframe: bool = False) -> None:
        self.distribution.packets(
            [
                TappedPacket(
                    stream_of(HALL, LOW), life, types.VP8, keyframe, sequence, 5, 4, b"packet"
                )
            ],
            self.now_ns,
        )

    def subscribe(self, worker: Worker, **wish: object) -> None:
        message = LinkSubscribe(publication=HALL, layer=LOW, **wish)  # type: ignore[arg-type]
        self.distribution.subscribe(worker.client, message)

    def record(self, worker: Worker, after: int = -1, life: int = 0) -> None:
        self.subscribe(worker, acknowledged=True, after=after, life=life)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_stream_is_announced_before_its_first_packet(scene: Scene) -> None:
    worker = Worker()
    scene.subscribe(worker)
    scene.packet(100, keyframe=True)
    announced, sequence = worker.everything()
    assert isinstance(announced, LinkStream)
    assert (announced.publication, announced.kind, announced.life) == (HALL, MediaKind.VIDEO, 1)
    assert announced.codec.codec is Codec.VP8
    assert sequence == 100


def test_frames_say_when_and_what(scene: Scene) -> None:
    worker = Worker()
    scene.subscribe(worker)
    scene.packet(100, keyframe=True)
    (frame,) = worker.frames()
    assert frame == Frame(FrameKind.RTP, HALL, LOW, FLAG_KEYFRAME, 100, 5, 4, b"packet")


def test_a_new_life_is_announced_between_its_packets(scene: Scene) -> None:
    worker = Worker()
    scene.subscribe(worker)
    scene.packet(100)
    scene.packet(5, life=2)
    _, first, announced, second = worker.everything()
    assert (first, second) == (100, 5)
    assert isinstance(announced, LinkStream)
    assert announced.life == 2


def test_subscribing_taps_asks_for_a_key_frame_and_leaving_ends_it(scene: Scene) -> None:
    worker = Worker()
    scene.subscribe(worker)
    assert scene.taps.tapped == {stream_of(HALL, LOW)}
    assert scene.taps.keyframes == 1
    scene.distribution.unsubscribe(worker.client, LinkUnsubscribe(publication=HALL, layer=LOW))
    assert scene.taps.tapped == set()


def test_a_subscription_may_come_before_its_publication() -> None:
    scene = Scene()
    scene.distribution.unpublished(HALL, 0)
    worker = Worker()
    scene.subscribe(worker)
    scene.taps.tapped.clear()
    scene.distribution.published(HALL, MediaKind.VIDEO)
    assert scene.taps.tapped == {stream_of(HALL, LOW)}
    scene.packet(1)
    assert worker.sequences() == [1]


def test_the_end_of_a_publication_is_told_once_to_each_worker(scene: Scene) -> None:
    worker = Worker()
    scene.subscribe(worker)
    scene.packet(1)
    worker.messages()
    scene.distribution.unpublished(HALL, 0)
    scene.distribution.unpublished(HALL, 0)
    assert worker.messages() == [LinkEnded(publication=HALL)]
    scene.distribution.published(HALL, MediaKind.VIDEO)
    scene.packet(2)
    assert isinstance(worker.everything()[0], LinkStream)


def test_a_workers_publication_is_announced_at_once(scene: Scene) -> None:
    codec = StreamCodec(codec=Codec.AAC, clock_rate=48_000, configuration=b"\x11\x90")
    programme = PublicationId(20)
    worker = Worker()
    scene.distribution.subscribe(
        worker.client, LinkSubscribe(publication=programme, layer=LOW, acknowledged=True)
    )
    scene.distribution.published(programme, MediaKind.AUDIO, codec, (9,))
    (announced,) = worker.messages()
    assert isinstance(announced, LinkStream)
    assert (announced.codec, announced.life) == (codec, 9)
    unit = Frame(FrameKind.ACCESS_UNIT, programme, 0, 0, 0, 0, 7, b"aac")
    scene.distribution.access_unit(unit, 0)
    assert worker.frames() == [unit]


# --- a worker that does not read ----------------------------------------------------------------


def test_a_full_worker_loses_whole_frames_until_a_key_frame(scene: Scene) -> None:
    worker = Worker()
    scene.subscribe(worker)
    worker.unsent = MAX_BUFFER_BYTES + 1
    worker.client.note_written()
    asked = scene.taps.keyframes
    scene.packet(1)
    scene.packet(2)
    assert scene.taps.keyframes == asked + 1
    worker.unsent = 0
    worker.client.note_written()
    scene.packet(3)
    scene.packet(4, keyframe=True)
    scene.packet(5)
    assert worker.sequences() == [4, 5]
    drops = scene.distribution.drops.counts
    assert (drops[LinkDrop.FULL], drops[LinkDrop.AWAITING_KEYFRAME]) == (2, 1)


def test_a_full_recorder_loses_nothing(scene: Scene) -> None:
    worker = Worker()
    scene.record(worker)
    worker.unsent = MAX_BUFFER_BYTES + 1
    worker.client.note_written()
    for number in range(5):
        scene.packet(number)
    assert worker.frames() == []
    worker.unsent = 0
    worker.client.note_written()
    scene.distribution.tick(scene.now_ns)
    scene.packet(5)
    frames = worker.frames()
    assert [frame.sequence for frame in frames] == [0, 1, 2, 3, 4, 5]
    assert not any(frame.flags & FLAG_REPLAY for frame in frames)


def test_a_recorder_stuck_for_longer_than_the_ring_loses_by_name(scene: Scene) -> None:
    worker = Worker()
    scene.record(worker)
    worker.unsent = MAX_BUFFER_BYTES + 1
    worker.client.note_written()
    scene.packet(1)
    scene.now_ns = KEPT_NS + SECOND
    scene.packet(2)
    worker.unsent = 0
    worker.client.note_written()
    scene.distribution.tick(scene.now_ns)
    assert worker.sequences() == [2]
    assert scene.distribution.drops.counts[LinkDrop.RING_OVERRUN] == 1


# --- a recorder that dies -----------------------------------------------------------------------


def test_a_recorder_that_comes_back_gets_what_it_missed(scene: Scene) -> None:
    first = Worker()
    scene.record(first)
    for number in range(5):
        scene.packet(number)
    scene.distribution.leave(first.client)
    for number in range(5, 8):
        scene.packet(number)
    second = Worker()
    scene.record(second, after=2, life=1)
    scene.packet(8)
    frames = second.frames()
    assert [frame.sequence for frame in frames] == [3, 4, 5, 6, 7, 8]
    assert [bool(frame.flags & FLAG_REPLAY) for frame in frames] == [True] * 5 + [False]


def test_packets_that_came_out_of_order_are_not_lost_in_a_replay(scene: Scene) -> None:
    first = Worker()
    scene.record(first)
    for number in (1, 2, 4, 3, 5):
        scene.packet(number)
    scene.distribution.leave(first.client)
    second = Worker()
    scene.record(second, after=3, life=1)
    assert second.sequences() == [4, 5]


def test_another_life_is_replayed_from_its_beginning(scene: Scene) -> None:
    first = Worker()
    scene.record(first)
    scene.packet(500)
    scene.distribution.leave(first.client)
    scene.packet(3, life=2)
    second = Worker()
    scene.record(second, after=500, life=1)
    announced, sequence = second.everything()
    assert isinstance(announced, LinkStream)
    assert (announced.life, sequence) == (2, 3)


def test_acknowledging_is_no_promise_to_forget(scene: Scene) -> None:
    first = Worker()
    scene.record(first)
    for number in range(5):
        scene.packet(number)
    scene.distribution.acknowledge(first.client, HALL, LOW, 4)
    scene.distribution.leave(first.client)
    second = Worker()
    scene.record(second)
    assert second.sequences() == [0, 1, 2, 3, 4]


def test_unsubscribing_gives_the_ring_up(scene: Scene) -> None:
    first = Worker()
    scene.record(first)
    scene.packet(1)
    assert scene.distribution.ring_bytes() > 0
    scene.distribution.unsubscribe(first.client, LinkUnsubscribe(publication=HALL, layer=LOW))
    assert scene.distribution.ring_bytes() == 0
    second = Worker()
    scene.record(second)
    assert second.sequences() == []


def test_a_long_replay_goes_on_in_portions(scene: Scene) -> None:
    first = Worker()
    scene.record(first)
    scene.distribution.leave(first.client)
    for number in range(5000):
        scene.packet(number)
    second = Worker()
    scene.record(second)
    portions = [len(second.frames())]
    while portions[-1]:
        scene.distribution.tick(scene.now_ns)
        portions.append(len(second.frames()))
    assert portions == [2000, 2000, 1000, 0]


def test_a_ring_outlives_its_publication_as_long_as_its_packets(scene: Scene) -> None:
    worker = Worker()
    scene.record(worker)
    scene.packet(1)
    scene.distribution.leave(worker.client)
    scene.distribution.unpublished(HALL, scene.now_ns)
    scene.distribution.tick(KEPT_NS)
    assert scene.distribution.streams() == [(HALL, LOW)]
    scene.distribution.tick(KEPT_NS + 1)
    assert scene.distribution.streams() == []


def test_other_workers_do_not_keep_a_ring(scene: Scene) -> None:
    worker = Worker(WorkerKind.SOUND)
    scene.subscribe(worker)
    scene.packet(1)
    assert scene.distribution.ring_bytes() == 0
    assert scene.distribution.reading_count() == 1
    scene.distribution.leave(worker.client)
    assert scene.distribution.streams() == []
