"""Made on demand: free while nobody takes it, right when somebody does, never in the way."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame

from mixer.picture.colour import planes_of
from mixer.picture.encode import Rendition
from mixer.picture.picture_format import STANDARD, PictureFormat
from mixer.picture.rendition_spec import vp8_spec
from mixer.picture.side_encoder import MAX_PICTURES, SideEncoder
from mixer.wire.control import Apply, ControlError, SceneApplied
from mixer.wire.frame import Frame
from mixer.wire.ids import Codec, PublicationId
from mixer.wire.link import LinkPublish
from mixer.wire.picture import (
    Caption,
    Multiview,
    PictureProgramme,
    PreviewScene,
    Renditions,
    Scene,
    Slot,
)
from tests.picture_stand import PROGRAMME, Stand, opened_stand, scene, source
from tests.picture_streams import BLUE, GREEN, RED, Camera, ProgrammeReader
from tests.picture_studio import wait

CLEAN, VP8, MASTER, PREVIEW, MULTI = (PublicationId(number) for number in range(901, 906))
ALL = Renditions(clean=CLEAN, vp8=VP8, master=MASTER, preview=PREVIEW)
OFFERED = PictureProgramme(publication=PROGRAMME, renditions=ALL)


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with opened_stand(tmp_path) as made:
        yield made


def read(stand: Stand, publication: int, codec: str = "h264") -> ProgrammeReader:
    reader = ProgrammeReader(0, codec)
    reader.feed(stand.media.frames.get(publication, []))
    return reader


async def shows(stand: Stand, publication: int, true: Callable[[ProgrammeReader], bool]) -> None:
    codec = "vp8" if publication == VP8 else "h264"

    def seen() -> bool:
        reader = read(stand, publication, codec)
        return reader.picture is not None and true(reader)

    await stand.until(seen)


async def on_air(stand: Stand, *, caption: bool = False) -> None:
    stand.cameras = [Camera(1, rgb=RED), Camera(2, rgb=GREEN)]
    await stand.worker.apply(
        Apply(
            put=(
                stand.clock,
                OFFERED,
                source(1, "a"),
                source(2, "b"),
                Scene(
                    revision=1,
                    at_ns=0,
                    layout="full",
                    slots=(Slot(seat="a", title="a"),),
                    caption=Caption(title="顾长青", subtitle="馆员") if caption else None,
                ),
            )
        )
    )
    reader = stand.media.programme
    await stand.until(lambda: reader.picture is not None and reader.shows(RED, 640, 200))


async def test_nothing_is_made_until_somebody_takes_it(stand: Stand) -> None:
    await on_air(stand)
    published = {m.publication: m for m in stand.media.messages if isinstance(m, LinkPublish)}
    assert set(published) == {PROGRAMME, CLEAN, VP8, MASTER, PREVIEW}
    assert published[VP8].codec.codec is Codec.VP8
    assert {published[one].layers for one in (CLEAN, VP8, MASTER, PREVIEW)} == {1}
    assert stand.media.frames == {}
    metrics = await stand.metrics()
    assert metrics["encoder_seconds_totalvp8"] == 0
    stand.media.take(VP8)
    await shows(stand, VP8, lambda reader: reader.shows(RED, 640, 200, 12))
    assert set(stand.media.frames) == {VP8}
    stand.media.take(VP8, taken=False)
    await stand.until(lambda: not stand.worker._programme.sides.taken("vp8"))  # type: ignore[union-attr]
    count = len(stand.media.frames[VP8])
    before = len(stand.media.programme.numbers)
    await stand.until(lambda: len(stand.media.programme.numbers) > before + 12)
    assert len(stand.media.frames[VP8]) <= count + 60
    stand.media.take(VP8)
    await stand.until(lambda: len(stand.media.frames[VP8]) > count + 10)
    reader = read(stand, VP8, "vp8")
    assert reader.sequences == list(range(reader.sequences[0], reader.sequences[-1] + 1))
    assert len(reader.keyframes) >= 2


async def test_clean_has_no_captions_and_master_is_coded_better(stand: Stand) -> None:
    await on_air(stand, caption=True)
    for one in (CLEAN, MASTER):
        stand.media.take(one)
    # The lower third's panel is dark, the camera's picture red.
    await shows(stand, CLEAN, lambda reader: reader.shows(RED, 300, 660))
    await shows(stand, MASTER, lambda reader: not reader.shows(RED, 300, 660))
    main, master = stand.media.programme, read(stand, MASTER)
    assert not main.shows(RED, 300, 660)
    assert str(master._context.profile) == "High"
    assert main.numbers == list(range(main.numbers[0], main.numbers[-1] + 1))


async def test_preview_is_decoded_and_seen_before_the_take(stand: Stand) -> None:
    await on_air(stand)
    await stand.worker.apply(Apply(put=(PreviewScene(scene=scene(7, "full", "b")),)))
    await stand.until(lambda: stand.media.wanted == {1, 2})
    await stand.until(lambda: (7, True) in stand.ready())
    stand.media.take(PREVIEW)
    await shows(stand, PREVIEW, lambda reader: reader.shows(GREEN, 320, 180))
    reader = read(stand, PREVIEW)
    assert reader.picture is not None
    assert (reader.picture.width, reader.picture.height) == (640, 360)
    assert all(number % 2 == 0 for number in reader.numbers)
    await stand.worker.apply(Apply(remove=("preview_scene",)))
    await stand.until(lambda: stand.media.wanted == {1})


async def test_what_is_in_preview_is_on_air_without_waiting_for_pictures(stand: Stand) -> None:
    await on_air(stand)
    for revision, seat in enumerate("baba", start=10):
        await stand.worker.apply(Apply(put=(PreviewScene(scene=scene(revision, "full", seat)),)))
        await stand.until(lambda wanted=(revision, True): wanted in stand.ready())  # type: ignore[misc]
        taken = _waiting(scene(revision, "full", seat, at_ns=stand.now_ns()), 60_000_000_000)
        await stand.worker.apply(Apply(put=(taken,)))
        await stand.until(lambda wanted=revision: wanted in stand.applied())  # type: ignore[misc]
        told = [event for event in stand.events if isinstance(event, SceneApplied)][-1]
        assert told.at_ns == told.frame * 40_000_000
        rgb = GREEN if seat == "b" else RED
        await stand.until(lambda wanted=rgb: stand.media.programme.shows(wanted, 640, 360))  # type: ignore[misc]


async def test_a_direct_take_waits_for_a_picture_and_the_old_one_stays(stand: Stand) -> None:
    await on_air(stand)
    stand.cameras = [stand.cameras[0]]  # seat b's camera sends nothing yet
    at_ns = stand.now_ns()
    later = Scene(
        revision=5,
        at_ns=at_ns,
        layout="full",
        slots=(Slot(seat="b", title="b"),),
        wait_ns=60_000_000_000,
    )
    await stand.worker.apply(Apply(put=(later,)))
    reader = stand.media.programme
    count = len(reader.numbers)
    await stand.until(lambda: len(reader.numbers) > count + 10)
    assert reader.shows(RED, 640, 360)
    assert 5 not in stand.applied()
    stand.cameras.append(Camera(2, rgb=GREEN))
    await stand.until(lambda: 5 in stand.applied())
    await stand.until(lambda: reader.shows(GREEN, 640, 360))
    assert reader.numbers == list(range(reader.numbers[0], reader.numbers[-1] + 1))


async def test_a_direct_take_of_a_silent_source_waits_no_longer_than_it_may(stand: Stand) -> None:
    await on_air(stand)
    stand.cameras = [stand.cameras[0]]
    patient = scene(5, "full", "b", at_ns=stand.now_ns())
    await stand.worker.apply(Apply(put=(_waiting(patient, 400_000_000),)))
    await stand.until(lambda: 5 in stand.applied())
    told = [event for event in stand.events if isinstance(event, SceneApplied)][-1]
    assert told.at_ns - patient.at_ns >= 390_000_000


def _waiting(one: Scene, wait_ns: int) -> Scene:
    return Scene(
        revision=one.revision,
        at_ns=one.at_ns,
        layout=one.layout,
        slots=one.slots,
        wait_ns=wait_ns,
    )


async def test_the_multiview_shows_preview_programme_and_all_sources(stand: Stand) -> None:
    await on_air(stand)
    stand.cameras.append(Camera(3, rgb=BLUE))
    slots = tuple(Slot(seat=seat, title=seat) for seat in "abc")
    view = Multiview(publication=MULTI, slots=slots, on_air=("a",), in_preview=("b",))
    await stand.worker.apply(
        Apply(put=(source(3, "c"), PreviewScene(scene=scene(7, "full", "b")), view))
    )
    await stand.until(lambda: stand.media.wanted == {1, 2})
    stand.media.take(MULTI)
    await stand.until(lambda: stand.media.wanted == {1, 2, 3})
    await shows(
        stand,
        MULTI,
        lambda reader: (
            reader.shows(GREEN, 320, 180)
            and reader.shows(RED, 960, 180)
            and reader.shows(RED, 300, 540)
            and reader.shows(GREEN, 640, 540)
            and reader.shows(BLUE, 980, 540)
        ),
    )
    stand.media.take(MULTI, taken=False)
    await stand.until(lambda: stand.media.wanted == {1, 2})


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"width": 800, "height": 600}, "unsupported_size"),
        ({"frame_rate": 50}, "unsupported_rate"),
        ({"renditions": Renditions(master_kbps=10)}, "unsupported_bitrate"),
    ],
)
async def test_a_format_that_is_not_made_is_refused(
    stand: Stand, wrong: dict[str, object], error: str
) -> None:
    spec = PictureProgramme(publication=PROGRAMME, **wrong)  # type: ignore[arg-type]
    with pytest.raises(ControlError, match=error):
        await stand.worker.apply(Apply(put=(stand.clock, spec)))


@pytest.mark.parametrize(("width", "height", "rate"), [(1920, 1080, 30), (1280, 720, 30)])
async def test_larger_and_faster_formats(stand: Stand, width: int, height: int, rate: int) -> None:
    form = PictureFormat(width, height, rate)
    stand.media.programme = ProgrammeReader(form=form)
    stand.media.low = ProgrammeReader(0, form=form)
    stand.cameras = [Camera(1, rgb=RED), Camera(2, rgb=GREEN)]
    spec = PictureProgramme(publication=PROGRAMME, width=width, height=height, frame_rate=rate)
    await stand.worker.apply(
        Apply(put=(stand.clock, spec, source(1, "a"), source(2, "b"), scene(1, "two_halls", *"ab")))
    )
    reader, scale = stand.media.programme, width / 1280
    await stand.until(
        lambda: (
            reader.picture is not None
            and reader.shows(RED, round(328 * scale), round(300 * scale))
            and reader.shows(GREEN, round(952 * scale), round(300 * scale))
        )
    )
    assert reader.picture is not None
    assert (reader.picture.width, reader.picture.height) == (width, height)
    low = stand.media.low.picture
    assert low is not None
    assert (low.width, low.height) == (640, 360)
    count = len(reader.numbers)
    await stand.until(lambda: len(reader.numbers) >= count + rate)
    assert reader.numbers == list(range(reader.numbers[0], reader.numbers[-1] + 1))


# --- a side encoder by itself -----------------------------------------------------------------


def picture(seed: int) -> np.ndarray:
    dice = np.random.default_rng(seed)
    return dice.integers(16, 235, (1080, 1280), dtype=np.uint8)


def test_an_encoder_that_is_behind_drops_pictures_by_name_and_blocks_nobody() -> None:
    entered, release = threading.Event(), threading.Event()

    class Stuck(Rendition):
        def encode(self, canvas: VideoFrame, number: int) -> list[Frame]:
            entered.set()
            release.wait()
            return super().encode(canvas, number)

    sent: list[list[Frame]] = []
    side = SideEncoder("vp8", Stuck(vp8_spec(STANDARD), PublicationId(5)), sent.append)
    side.take(taken=True)
    frame = VideoFrame.from_ndarray(picture(1), format="yuv420p")
    side.offer(frame, 0)
    entered.wait()
    # The encoder stands until the end of this: whoever waited for it would wait for ever.
    for number in range(1, 20):
        side.offer(frame, number)
    assert side.behind == 19 - MAX_PICTURES
    release.set()
    assert side.stop()
    assert 1 <= len(sent) <= 1 + MAX_PICTURES


def test_a_bug_in_an_encoder_costs_pictures_of_its_rendition_only() -> None:
    class Broken(Rendition):
        def encode(self, canvas: object, number: int) -> list[Frame]:
            raise RuntimeError("a bug")

    side = SideEncoder("vp8", Broken(vp8_spec(STANDARD), PublicationId(5)), lambda _frames: None)
    side.take(taken=True)

    side.offer(VideoFrame.from_ndarray(picture(1), format="yuv420p"), 1)
    wait(lambda: side.bugs > 0)
    assert side.stop()


def test_vp8_keeps_to_its_bit_rate_and_its_colours() -> None:

    rendition = Rendition(vp8_spec(STANDARD), PublicationId(5))
    frames: list[Frame] = []
    for number in range(1000, 1050):
        rolled = np.roll(picture(1) // 4 + 100, 3 * number, axis=1)
        made = VideoFrame.from_ndarray(np.ascontiguousarray(rolled), format="yuv420p")
        frames += rendition.encode(made, number)
    assert rendition.size_bytes * 8 / 2 < 2 * rendition.spec.maxrate
    reader = ProgrammeReader(0, "vp8")
    reader.feed(frames)
    assert reader.picture is not None
    assert reader.keyframes[0] == 1000
    assert abs(float(np.mean(planes_of(reader.picture).y)) - 131) < 3
