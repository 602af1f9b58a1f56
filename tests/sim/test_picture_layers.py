"""Simulcast, orientation and aspect: which layer is taken in, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pytest
from av.video.codeccontext import VideoCodecContext

from mixer.picture.decode import DecodeDrop
from mixer.picture.intake import NEVER_CAME_NS, STALLED_NS
from mixer.wire.frame import ROTATION_SHIFT, Frame
from mixer.wire.ids import FRAME_NS, PublicationId
from mixer.wire.link import LinkMessage, LinkSubscribe, LinkUnsubscribe
from mixer.wire.picture import PictureSource
from tests.picture_streams import BLUE, GREEN, RED, YELLOW, Camera, Rgb, plain_frame
from tests.picture_studio import START, Studio

MS = 1_000_000
SIZES = ((320, 180), (640, 360), (1280, 720))
COLOURS = (RED, GREEN, BLUE)


class Simulcast:
    """A source of three layers, of a colour each; sends those that are told."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.sending = {0, 1, 2}
        self._cameras = [
            Camera(1, "vp8", size, rgb) for size, rgb in zip(SIZES, COLOURS, strict=True)
        ]
        self._now_ns = 0

    def put(self) -> None:
        self.studio.intakes.put(
            PictureSource(publication=PublicationId(1), seat="a", title="a", layers=3)
        )

    def step(self, count: int = 1, *, keyframes: bool = True) -> None:
        for _ in range(count):
            self._now_ns += FRAME_NS
            at_ns = self.studio.frame * FRAME_NS - 100 * MS
            for layer in sorted(self.sending):
                frames = self._cameras[layer].frames(at_ns, keyframe=keyframes)
                self.studio.intakes.frames([frame._replace(layer=layer) for frame in frames])
            self.studio.intakes.advance(self._now_ns)
            self.studio.step(settle=False)

    def shows(self, rgb: Rgb) -> bool:
        return self.studio.reader.shows(rgb, 640, 360, 12)


class Wishes:
    """What the intakes asked media for."""

    def __init__(self) -> None:
        self.layers: set[int] = set()

    def note(self, message: LinkMessage) -> None:
        if isinstance(message, LinkSubscribe):
            self.layers.add(message.layer)
        elif isinstance(message, LinkUnsubscribe):
            self.layers.discard(message.layer)


@pytest.fixture
def wishes() -> Wishes:
    return Wishes()


@pytest.fixture
def studio(wishes: Wishes) -> Iterator[Studio]:
    made = Studio()
    made.intakes._send = wishes.note
    made.put_scene(1, START, "full", "a")
    yield made
    made.intakes.close(60)
    made.painter.shutdown()


def settle(source: Simulcast, rgb: Rgb, most: int = 60) -> None:
    for _ in range(most):
        source.step()
        if source.shows(rgb):
            return
    pytest.fail("the layer's picture did not come")


def test_the_layer_follows_the_place_and_nothing_is_missed(studio: Studio, wishes: Wishes) -> None:
    source = Simulcast(studio)
    studio.intakes.want({"a": 1280})
    source.put()
    assert wishes.layers == {2}
    settle(source, BLUE)
    studio.intakes.want({"a": 220})
    assert wishes.layers == {2, 0}  # the old one until the new one has a key frame
    settle(source, RED)
    assert wishes.layers == {0}
    studio.intakes.want({"a": 620})
    settle(source, GREEN)
    assert wishes.layers == {1}
    assert studio.reader.numbers == list(range(START, studio.frame))


def test_a_layer_that_never_comes_is_replaced_by_the_next_lower_one_at_once(
    studio: Studio, wishes: Wishes
) -> None:
    source = Simulcast(studio)
    source.sending = {0, 1}
    studio.intakes.want({"a": 1280})
    source.put()
    frames = NEVER_CAME_NS // FRAME_NS + 4
    settle(source, GREEN, frames)
    assert wishes.layers == {1, 2}
    source.sending = {0, 1, 2}
    settle(source, BLUE)
    assert wishes.layers == {2}


def test_a_layer_that_stops_is_left_and_taken_again(studio: Studio, wishes: Wishes) -> None:
    source = Simulcast(studio)
    studio.intakes.want({"a": 1280})
    source.put()
    settle(source, BLUE)
    source.sending = {0, 1}
    settle(source, GREEN, STALLED_NS // FRAME_NS + 12)
    source.sending = {0, 1, 2}
    settle(source, BLUE)
    assert wishes.layers == {2}
    assert studio.reader.numbers == list(range(START, studio.frame))


def test_pictures_tell_how_large_layers_are(studio: Studio, wishes: Wishes) -> None:
    source = Simulcast(studio)
    source._cameras = [
        Camera(1, "vp8", size, RED) for size in ((640, 360), (960, 540), (1920, 1080))
    ]
    studio.intakes.want({"a": 640})
    source.put()
    assert wishes.layers == {1}
    settle(source, RED)
    source.step(4)
    assert studio.intakes._open[PublicationId(1)]._known[1] == 960
    studio.intakes.want({"a": 540})
    source.step(4)
    assert wishes.layers == {0}


# --- orientation and aspect -------------------------------------------------------------------


class Corner(Camera):
    """A picture whose top left quarter has a colour of its own."""

    def coded(self, *, keyframe: bool = False) -> bytes:
        frame = plain_frame(*self.size, self.rgb)
        corner = plain_frame(*self.size, YELLOW)
        for plane, other in zip(frame.planes, corner.planes, strict=True):
            raw, from_other = bytearray(bytes(plane)), bytes(other)
            for row in range(plane.height // 2):
                begin = row * plane.line_size
                raw[begin : begin + plane.width // 2] = from_other[begin : begin + plane.width // 2]
            plane.update(bytes(raw))
        frame.pts, frame.time_base = self._count, Fraction(1, 25)
        del keyframe
        return b"".join(bytes(packet) for packet in self._context.encode(frame))


@pytest.mark.parametrize(
    ("turns", "corner"), [(0, "top left"), (1, "top right"), (2, "low right"), (3, "low left")]
)
def test_a_turned_phone_is_shown_upright(studio: Studio, turns: int, corner: str) -> None:
    camera = Corner(1, "vp8", (640, 360), BLUE)
    studio.intakes.want("a")
    studio.source(1, "a")

    def turned(frames: list[Frame]) -> list[Frame]:
        return [frame._replace(flags=frame.flags | turns << ROTATION_SHIFT) for frame in frames]

    for _ in range(6):
        studio.intakes.frames(turned(camera.frames(studio.frame * FRAME_NS - 100 * MS)))
        studio.step(settle=False)
    # Upright it fills the canvas; turned by a quarter it stands 404 wide in the middle.
    half_x, half_y = (160 if turns % 2 == 0 else 80), 150
    for name, x, y in (
        ("top left", 640 - half_x, 360 - half_y),
        ("top right", 640 + half_x, 360 - half_y),
        ("low right", 640 + half_x, 360 + half_y),
        ("low left", 640 - half_x, 360 + half_y),
    ):
        assert studio.reader.shows(YELLOW if name == corner else BLUE, x, y, 12), name
    if turns % 2:
        assert not studio.reader.shows(BLUE, 200, 600)
        assert not studio.reader.shows(YELLOW, 200, 600)


def test_a_picture_of_wide_pixels_is_shown_wide(studio: Studio) -> None:
    class Anamorphic(Camera):
        def __init__(self) -> None:
            super().__init__(1, "h264", (480, 576), RED)
            context = self._context
            assert isinstance(context, VideoCodecContext)
            context.sample_aspect_ratio = Fraction(32, 15)

    camera = Anamorphic()
    studio.intakes.want("a")
    studio.source(1, "a")
    for _ in range(6):
        studio.step(camera, settle=False)
    # 480 pixels of 32:15 are as wide as 1024 square ones: 16:9, without margins.
    assert studio.reader.shows(RED, 20, 360)
    assert studio.reader.shows(RED, 1260, 360)


def test_what_is_not_taken_in_is_counted_by_name(studio: Studio) -> None:
    camera = Camera(1, "vp8", SIZES[0], RED)
    studio.intakes.want("a")
    studio.source(1, "a")
    frames = camera.frames(studio.frame * FRAME_NS)
    studio.intakes.frames([frame._replace(layer=2) for frame in frames])
    counts = studio.intakes.counts()
    assert counts["not_subscribed"] == len(frames)
    assert counts[str(DecodeDrop.QUEUE_FULL)] == 0
