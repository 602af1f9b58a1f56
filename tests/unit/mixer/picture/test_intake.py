import time
from collections.abc import Callable

import pytest

from mixer.picture.feed import Feed
from mixer.picture.intake import MAX_SOURCES, Intakes
from mixer.rtp import payload_type
from mixer.rtp.packet import RtpPacket
from mixer.wire.frame import Frame, FrameKind
from mixer.wire.ids import Codec, Layer, MediaKind, PublicationId
from mixer.wire.link import (
    LinkEnded,
    LinkKeyframe,
    LinkMessage,
    LinkStream,
    LinkSubscribe,
    LinkUnsubscribe,
)
from mixer.wire.picture import PictureSource
from mixer.wire.resources import StreamCodec
from tests.picture_streams import Camera

MS = 1_000_000


class Desk:
    def __init__(self) -> None:
        self.sent: list[LinkMessage] = []
        self.intakes = Intakes(self.sent.append)

    def put(self, publication: int, seat: str) -> None:
        self.intakes.put(
            PictureSource(publication=PublicationId(publication), seat=seat, title=seat)
        )

    def stream(self, publication: int, life: int) -> None:
        self.intakes.message(
            LinkStream(
                publication=PublicationId(publication),
                layer=Layer(0),
                kind=MediaKind.VIDEO,
                codec=StreamCodec(codec=Codec.VP8, clock_rate=90_000),
                life=life,
            )
        )

    def subscribed(self) -> set[int]:
        held: set[int] = set()
        for message in self.sent:
            if isinstance(message, LinkSubscribe):
                held.add(message.publication)
            elif isinstance(message, LinkUnsubscribe):
                held.discard(message.publication)
        return held

    def keyframes(self) -> int:
        return sum(isinstance(message, LinkKeyframe) for message in self.sent)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def wait(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


def packet(publication: int, kind: int, payload: bytes) -> Frame:
    raw = RtpPacket(kind, 1, 0, 1, payload, marker=True).serialize()
    return Frame(FrameKind.RTP, publication, 0, 0, 1, 0, 0, raw)


def test_only_seats_of_the_scene_are_subscribed(desk: Desk) -> None:
    desk.put(1, "a")
    desk.put(2, "b")
    assert desk.subscribed() == set()
    desk.intakes.want(["b", "nobody"])
    assert desk.subscribed() == {2}
    desk.intakes.want(["a"])
    assert desk.subscribed() == {1}
    desk.intakes.remove(PublicationId(1))
    assert desk.subscribed() == set()


def test_the_newest_publication_of_a_seat_is_taken(desk: Desk) -> None:
    desk.intakes.want(["a"])
    desk.put(4, "a")
    desk.put(9, "a")
    desk.put(5, "a")
    assert desk.subscribed() == {9}
    desk.intakes.remove(PublicationId(9))
    assert desk.subscribed() == {5}


def test_a_media_process_that_came_back_is_subscribed_again(desk: Desk) -> None:
    desk.intakes.want(["a"])
    desk.put(1, "a")
    desk.sent.clear()
    desk.intakes.link_up()
    assert desk.subscribed() == {1}


def test_key_frames_are_asked_for_twice_a_second_until_one_comes(desk: Desk) -> None:
    desk.intakes.want(["a"])
    desk.put(1, "a")
    desk.stream(1, life=1)
    for now_ms in range(0, 2000, 40):
        desk.intakes.advance(now_ms * MS)
    assert desk.keyframes() == 4
    desk.intakes.frames(Camera(1).frames(10**9))
    desk.sent.clear()
    for now_ms in range(2000, 4000, 40):
        desk.intakes.advance(now_ms * MS)
    assert desk.keyframes() == 0
    wait(lambda: desk.intakes.decoded() == 1)


def test_after_a_loss_the_picture_stands_until_a_key_frame(desk: Desk) -> None:
    desk.intakes.want(["a"])
    desk.put(1, "a")
    camera = Camera(1)
    desk.intakes.frames(camera.frames(10**9))
    wait(lambda: desk.intakes.decoded() == 1)
    camera.frames(10**9 + 40 * MS)  # lost
    desk.intakes.frames(camera.frames(10**9 + 80 * MS))
    for now_ms in range(0, 400, 40):
        desk.intakes.advance(now_ms * MS)
    assert desk.keyframes() == 1
    assert desk.intakes.counts()["after_loss"] == 1
    desk.intakes.frames(camera.frames(10**9 + 120 * MS, keyframe=True))
    wait(lambda: desk.intakes.decoded() == 2)
    assert desk.intakes.feed("a").at(30).picture is not None


def test_a_new_life_of_a_stream_begins_anew_with_any_codec(desk: Desk) -> None:
    desk.intakes.want(["a"])
    desk.put(1, "a")
    desk.stream(1, life=1)
    desk.intakes.frames(Camera(1, "vp8").frames(10**9))
    wait(lambda: desk.intakes.decoded() == 1)
    desk.intakes.message(LinkEnded(publication=PublicationId(1)))
    desk.stream(1, life=2)
    desk.intakes.frames(Camera(1, "h264").frames(2 * 10**9))
    wait(lambda: desk.intakes.decoded() == 2)
    desk.intakes.frames(Camera(1, "vp8").frames(3 * 10**9))
    wait(lambda: desk.intakes.decoded() == 3)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (packet(1, payload_type.OPUS, b"x"), "unsupported_codec"),
        (packet(2, payload_type.VP8, b"x"), "not_subscribed"),
        (Frame(FrameKind.RTP, 1, 0, 0, 1, 0, 0, b""), "malformed_packet"),
        (Frame(FrameKind.RTP, 1, 0, 0, 1, 0, 0, b"\x80\x60"), "malformed_packet"),
        (packet(1, payload_type.VP8, b"\x90\x80\x80\x01garbage"), "before_keyframe"),
    ],
)
def test_what_cannot_be_used_is_dropped_by_name(desk: Desk, frame: Frame, reason: str) -> None:
    desk.intakes.want(["a"])
    desk.put(1, "a")
    desk.intakes.frames([frame])
    assert desk.intakes.counts()[reason] == 1


def test_too_large_pictures_are_refused_and_told_to_the_feed(desk: Desk) -> None:
    desk.intakes.want(["a"])
    desk.put(1, "a")
    desk.intakes.frames(Camera(1, "vp8", (4098, 64)).frames(10**9))
    assert desk.intakes.counts()["too_large"] == 1
    assert str(desk.intakes.feed("a").at(30).slate) == "too_large"
    for now_ms in range(0, 2000, 40):
        desk.intakes.advance(now_ms * MS)
    assert desk.keyframes() <= 1


def test_decoders_are_bounded(desk: Desk) -> None:
    seats = [str(number) for number in range(MAX_SOURCES + 3)]
    desk.intakes.want(seats)
    for number, seat in enumerate(seats):
        desk.put(number + 1, seat)
    assert desk.intakes.open_count == MAX_SOURCES
    assert desk.intakes.counts()["too_many_sources"] > 0


def test_counts_outlive_the_sources(desk: Desk) -> None:
    desk.intakes.want(["a"])
    desk.put(1, "a")
    desk.intakes.frames(Camera(1).frames(10**9))
    wait(lambda: desk.intakes.decoded() == 1)
    desk.intakes.frames([packet(1, payload_type.OPUS, b"x")])
    desk.intakes.want([])
    assert desk.intakes.decoded() == 1
    assert desk.intakes.counts()["unsupported_codec"] == 1
    assert desk.intakes.close(5)


def test_a_feed_belongs_to_its_seat_for_ever(desk: Desk) -> None:
    feed = desk.intakes.feed("a")
    assert isinstance(feed, Feed)
    desk.intakes.want(["a"])
    desk.put(1, "a")
    desk.intakes.remove(PublicationId(1))
    assert desk.intakes.feed("a") is feed
