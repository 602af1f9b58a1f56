"""The picture worker between a fake media process and no server: what comes in, what goes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mixer.wire.control import Apply, ControlError, Metrics, ReadMetrics, SceneApplied
from mixer.wire.ids import Layer
from mixer.wire.link import (
    LinkHello,
    LinkKeyframe,
    LinkPublish,
    LinkUnpublish,
)
from mixer.wire.picture import (
    Caption,
    PictureProgramme,
    Scene,
    Slot,
)
from mixer.wire.resources import (
    Clock,
)
from tests.picture_stand import PATIENCE_S, PROGRAMME, Stand, opened_stand, scene, source
from tests.picture_streams import BLUE, GREEN, RED, Camera, ProgrammeReader


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with opened_stand(tmp_path) as made:
        yield made


async def test_each_seat_is_found_in_its_slot_and_only_seats_on_air_are_subscribed(
    stand: Stand,
) -> None:
    stand.cameras = [
        Camera(1, "vp8", (320, 180), RED),
        Camera(2, "h264", (640, 360), GREEN),
        Camera(3, "vp8", (320, 180), BLUE),
    ]
    await stand.worker.apply(
        Apply(
            put=(
                stand.clock,
                PictureProgramme(publication=PROGRAMME),
                *(source(number, seat) for number, seat in ((1, "a"), (2, "b"), (3, "c"))),
                scene(1, "two_halls", "a", "b"),
            )
        )
    )
    reader = stand.media.programme
    await stand.until(
        lambda: (
            reader.picture is not None
            and reader.shows(RED, 328, 300)
            and reader.shows(GREEN, 952, 300)
        )
    )
    assert stand.media.wanted == {1, 2}
    await stand.worker.apply(
        Apply(put=(scene(2, "full", "c", at_ns=stand.now_ns() + 300_000_000),))
    )
    await stand.until(lambda: stand.applied() == [1, 2])
    await stand.until(lambda: reader.shows(BLUE, 640, 360) and reader.shows(BLUE, 20, 20))
    await stand.until(lambda: stand.media.wanted == {3})
    low = stand.media.low
    assert low.picture is not None
    assert (low.picture.width, low.picture.height) == (640, 360)
    assert reader.numbers == list(range(reader.numbers[0], reader.numbers[-1] + 1))
    assert reader.sequences[0] == reader.numbers[0] * 64


async def test_a_scene_comes_on_air_at_its_frame(stand: Stand) -> None:
    await stand.worker.apply(Apply(put=(stand.clock, PictureProgramme(publication=PROGRAMME))))
    at_ns = stand.now_ns() + 400_000_000
    await stand.worker.apply(Apply(put=(scene(7, "full", "nobody", at_ns=at_ns),)))
    await stand.until(lambda: bool(stand.applied()))
    event = next(event for event in stand.events if isinstance(event, SceneApplied))
    assert event.frame >= -(-at_ns // 40_000_000)
    assert stand.worker.observed()[-1].key == "scene"


async def test_an_unknown_layout_is_refused_and_the_scene_stays(stand: Stand) -> None:
    await stand.worker.apply(Apply(put=(scene(1, "full", "a"),)))
    with pytest.raises(ControlError, match="unknown_layout"):
        await stand.worker.apply(Apply(put=(scene(2, "spiral", "a"),)))
    held = stand.worker.observed()
    assert [getattr(one, "revision", None) for one in held] == [1]


async def test_media_asking_for_a_key_frame_gets_one_soon(stand: Stand) -> None:
    await stand.worker.apply(Apply(put=(stand.clock, PictureProgramme(publication=PROGRAMME))))
    reader = stand.media.programme
    await stand.until(lambda: len(reader.numbers) > 15)
    publish = [m for m in stand.media.messages if isinstance(m, LinkPublish)]
    assert publish[0].layers == 2
    before = len(reader.keyframes)
    stand.media.tell(LinkKeyframe(publication=PROGRAMME, layer=Layer(1)))
    await stand.until(lambda: len(reader.keyframes) > before)


async def test_frames_of_a_restarted_media_process_are_published_anew(stand: Stand) -> None:
    await stand.worker.apply(Apply(put=(stand.clock, PictureProgramme(publication=PROGRAMME))))
    await stand.until(lambda: len(stand.media.programme.numbers) > 3)
    assert stand.media._writer is not None
    stand.media._writer.close()
    stand.media.programme = ProgrammeReader()
    await stand.until(lambda: len(stand.media.programme.keyframes) > 0)
    hellos = [m for m in stand.media.messages if isinstance(m, LinkHello)]
    assert len(hellos) == 2


async def test_a_scene_put_twice_under_one_revision_ends_as_the_later_one(stand: Stand) -> None:
    stand.cameras = [Camera(1, rgb=RED), Camera(2, rgb=GREEN)]
    await stand.worker.apply(
        Apply(
            put=(
                stand.clock,
                PictureProgramme(publication=PROGRAMME),
                source(1, "a"),
                source(2, "b"),
                scene(4, "full", "a"),
                scene(4, "full", "b"),
            )
        )
    )
    reader = stand.media.programme
    await stand.until(lambda: reader.picture is not None and reader.shows(GREEN, 640, 360))
    assert stand.media.wanted == {2}


async def test_another_clock_begins_another_timeline(stand: Stand) -> None:
    await stand.worker.apply(Apply(put=(stand.clock, PictureProgramme(publication=PROGRAMME))))
    await stand.until(lambda: len(stand.media.programme.numbers) > 3)
    stand.media.programme = ProgrammeReader()
    later = Clock(
        event=2,
        origin_monotonic_ns=stand.clock.origin_monotonic_ns - 3600 * 10**9,
        origin_wall_ns=0,
    )
    await stand.worker.apply(Apply(put=(later,)))
    await stand.until(lambda: stand.media.programme.keyframes[-1:] > [90_000 + 25_000])


async def test_a_programme_taken_away_is_unpublished(stand: Stand) -> None:
    await stand.worker.apply(Apply(put=(stand.clock, PictureProgramme(publication=PROGRAMME))))
    await stand.until(lambda: len(stand.media.programme.numbers) > 3)
    await stand.worker.apply(Apply(remove=("picture_programme",)))
    await stand.until(
        lambda: any(isinstance(message, LinkUnpublish) for message in stand.media.messages)
    )
    assert [resource.key for resource in stand.worker.observed()] == ["clock"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_programme_thread_ended_by_a_bug_is_started_again(stand: Stand) -> None:
    await stand.worker.apply(Apply(put=(stand.clock, PictureProgramme(publication=PROGRAMME))))
    await stand.until(lambda: len(stand.media.programme.numbers) > 3)
    programme = stand.worker._programme
    assert programme is not None
    programme.renditions = None  # type: ignore[assignment]
    await stand.until(lambda: stand.worker._programme is not programme)
    last = stand.media.programme.numbers[-1]
    stand.media.programme = ProgrammeReader()
    await stand.until(lambda: len(stand.media.programme.numbers) > 3)
    assert stand.media.programme.numbers[0] > last


async def test_metrics_tell_frames_holes_and_decoders(stand: Stand) -> None:
    stand.cameras = [Camera(1)]
    await stand.worker.apply(
        Apply(
            put=(
                stand.clock,
                PictureProgramme(publication=PROGRAMME),
                source(1, "a"),
                Scene(
                    revision=1,
                    at_ns=0,
                    layout="grid",
                    slots=(Slot(seat="a", title="北京"),),
                    caption=Caption(title="张三", subtitle="主任"),
                    strap="场外连线一",
                ),
            )
        )
    )

    async def values() -> dict[str, float]:
        metrics = await stand.worker.command(ReadMetrics())
        assert isinstance(metrics, Metrics)
        return {sample.name: sample.value for sample in metrics.samples}

    async with asyncio.timeout(PATIENCE_S):
        while (await values())["lianxian_picture_decoded_total"] < 5:
            await asyncio.sleep(0.05)
    found = await values()
    assert found["lianxian_picture_frames_total"] > 0
    assert found["lianxian_picture_holes_total"] == 0
    assert found["lianxian_picture_decoders"] == 1
