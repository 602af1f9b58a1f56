"""What workers report reaches the pages it concerns."""

import asyncio
from typing import Any, Self

import pytest

from mixer.wire.control import (
    Condition,
    DelayReport,
    LevelReport,
    PeerQuality,
    PeerState,
    RecordingState,
    SceneApplied,
)
from mixer.wire.ids import MediaKind, PeerId, PublicationId, WorkerKind
from mixer.wire.picture import SourceDelay
from mixer.wire.resources import (
    Mark,
    RecordedTrack,
    RecordingSession,
    Subscription,
)
from server.application import Application
from server.conference import record
from tests.unit.server.conftest import FakeWorkers, offer
from tests.unit.server.page import Page, token_of

TRACKS = [{"mid": "0", "kind": "audio", "source": "microphone"}]


class Scene:
    """A director who watches a site that publishes and subscribes."""

    def __init__(self, application: Application, workers: FakeWorkers) -> None:
        self.application = application
        self.workers = workers
        self.desk = Page(application)
        self.site = Page(application)
        self.published: Any = None
        self.offered: Any = None

    async def __aenter__(self) -> Self:
        await self.desk.open(token_of(self.application, "director"))
        await self.site.open(token_of(self.application, "bj-tax"))
        await self.site.ask("join", has_audio=True, has_video=False)
        self.published = await self.site.ask("publish", sdp=offer(), tracks=TRACKS)
        self.offered = await self.site.ask("subscribe")
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.desk.close()
        await self.site.close()

    @property
    def publication(self) -> PublicationId:
        return PublicationId(self.published["publications"][0]["publication"])

    def tell(self, kind: WorkerKind, event: Any) -> None:
        assert self.workers.listener is not None
        self.workers.listener.worker_event(kind, event)

    def device(self, page: Page) -> Any:
        devices = page.state.get("seat/bj-tax", {}).get("devices") or [{}]
        return devices[0]


async def test_levels_and_figures_reach_the_desk_and_not_the_members(
    application: Application, workers: FakeWorkers
) -> None:
    async with Scene(application, workers) as scene:
        peer = PeerId(scene.published["peer"])
        scene.tell(WorkerKind.MEDIA, PeerState(peer=peer, state="connected"))
        quality = PeerQuality(
            peer=peer, rtt_ms=42.4, loss_fraction=0.03, jitter_ms=3.0, bitrate=320_000.0
        )
        scene.tell(WorkerKind.MEDIA, quality)
        scene.tell(WorkerKind.SOUND, LevelReport(levels_db={scene.publication: -18.4}))
        await scene.desk.until(
            lambda page: page.state.get("seat/bj-tax", {}).get("level_db") == -18
        )
        await scene.site.until(lambda page: scene.device(page).get("connection") == "connected")
        seen = scene.device(scene.desk)
        assert (seen["quality"], seen["rtt_ms"], seen["loss_percent"]) == (3, 42, 3.0)
        assert seen["bitrate_kbps"] == 320
        await scene.site.until(lambda page: scene.device(page)["quality"] == 3)
        assert scene.device(scene.site)["rtt_ms"] == 42  # its own
        async with asyncio.timeout(5):
            other = await Page(application).open(token_of(application, "bj-member"))
            await other.until(lambda page: scene.device(page).get("quality") == 3)
        assert scene.device(other)["rtt_ms"] == 0
        assert scene.device(other)["up"] is None
        await other.close()
        assert seen["up"]["cause"] == "loss"
        assert seen["down"]["cause"] == "measuring"


async def test_the_way_down_tells_the_round_trip_of_the_way_up(
    application: Application, workers: FakeWorkers
) -> None:
    async with Scene(application, workers) as scene:
        for peer, rtt_ms in ((scene.published["peer"], 0.0), (scene.offered["peer"], 64.0)):
            told = PeerQuality(
                peer=PeerId(peer), rtt_ms=rtt_ms, loss_fraction=0.0, jitter_ms=0.0, bitrate=9e4
            )
            scene.tell(WorkerKind.MEDIA, told)
        await scene.desk.until(lambda page: (scene.device(page).get("down") or {}).get("rtt_ms"))
        seen = scene.device(scene.desk)
        assert (seen["up"]["rtt_ms"], seen["rtt_ms"], seen["quality"]) == (64, 64, 5)
        assert scene.site.state["seat/bj-tax"]["level_db"] == -100


async def test_a_member_is_told_that_its_own_line_has_no_room_for_the_picture(
    application: Application, workers: FakeWorkers
) -> None:
    async with Scene(application, workers) as scene:
        held = workers.of(WorkerKind.MEDIA, Subscription)
        pictures = [
            one.id for one in held if isinstance(one, Subscription) and one.kind is MediaKind.VIDEO
        ]
        peer = PeerId(scene.offered["peer"])
        scene.tell(WorkerKind.MEDIA, PeerState(peer=peer, state="connected"))
        for lacks, cause, picture in (
            ({pictures[0]: -1}, "paused", "paused"),
            ({pictures[0]: 0}, "narrow", "low"),
            ({}, "good", ""),
        ):
            quality = PeerQuality(
                peer=peer,
                rtt_ms=40.0,
                loss_fraction=0.0,
                jitter_ms=1.0,
                bitrate=90_000.0,
                estimate_bps=120_000.0,
                narrowed=lacks,
            )
            scene.tell(WorkerKind.MEDIA, quality)
            for page in (scene.site, scene.desk):
                await page.until(
                    lambda one, cause=cause: (
                        (scene.device(one).get("down") or {}).get("cause") == cause
                    )
                )
                assert scene.device(page)["down"]["picture"] == picture


async def test_levels_are_told_at_most_ten_times_a_second(
    application: Application, workers: FakeWorkers
) -> None:
    async with Scene(application, workers) as scene:
        await scene.desk.until(lambda page: scene.device(page).get("connection") == "connecting")
        before = len(scene.desk.messages)
        for level in range(50):
            report = LevelReport(levels_db={scene.publication: -60.0 + level})
            scene.tell(WorkerKind.SOUND, report)
        await scene.desk.until(lambda page: page.state["seat/bj-tax"]["level_db"] == -11)
        assert len(scene.desk.messages) - before <= 2


async def test_picture_learns_the_delay_of_the_sound(
    application: Application, workers: FakeWorkers
) -> None:
    async with Scene(application, workers) as scene:
        report = DelayReport(delays_ns={scene.publication: 90_000_000, PublicationId(999999): 5})
        scene.tell(WorkerKind.SOUND, report)
        assert workers.of(WorkerKind.PICTURE, SourceDelay) == [
            SourceDelay(seat="bj-tax", delay_ns=90_000_000)
        ]


async def test_a_new_life_of_media_asks_every_page_to_connect_anew(
    application: Application, workers: FakeWorkers
) -> None:
    async with Scene(application, workers) as scene:
        assert workers.listener is not None
        workers.listener.worker_lost(WorkerKind.MEDIA)
        await scene.desk.until(lambda page: "condition/worker.away/media" in page.state)
        workers.listener.worker_connected(WorkerKind.MEDIA, 2, new_life=True)
        await scene.site.until(lambda page: len(page.notices) == 2)
        assert scene.site.notices == [
            {"type": "reconnect", "direction": direction, "reason": "media_restarted"}
            for direction in ("publish", "subscribe")
        ]
        await scene.desk.until(lambda page: "condition/worker.away/media" not in page.state)
        assert scene.desk.notices == []


async def test_a_page_that_was_away_when_media_died_is_told_when_it_is_back(
    application: Application, workers: FakeWorkers
) -> None:
    token = token_of(application, "bj-tax")
    page = await Page(application).open(token)
    joined = await page.ask("join", has_audio=True, has_video=False)
    await page.ask("publish", sdp=offer(), tracks=TRACKS)
    await page.close()
    assert workers.listener is not None
    workers.listener.worker_connected(WorkerKind.MEDIA, 2, new_life=True)
    back = await Page(application).open(token, resume=joined["resume"])
    await back.until(lambda one: bool(one.notices))
    assert back.notices == [
        {"type": "reconnect", "direction": "publish", "reason": "media_restarted"}
    ]
    await back.ask("publish", sdp=offer("FF:00"), tracks=TRACKS)
    await back.close()
    again = await Page(application).open(token, resume=joined["resume"])
    await again.ask("get_state")
    assert again.notices == []
    await again.close()


async def test_the_same_life_of_media_disturbs_nobody(
    application: Application, workers: FakeWorkers
) -> None:
    async with Scene(application, workers) as scene:
        assert workers.listener is not None
        workers.listener.worker_connected(WorkerKind.MEDIA, 1, new_life=False)
        await scene.site.ask("get_state")
        assert scene.site.notices == []


async def test_a_closed_line_is_made_anew_by_its_page(
    application: Application, workers: FakeWorkers
) -> None:
    async with Scene(application, workers) as scene:
        peer = PeerId(scene.offered["peer"])
        for _ in range(2):
            scene.tell(WorkerKind.MEDIA, PeerState(peer=peer, state="closed", reason="dtls"))
        await scene.site.until(lambda page: bool(page.notices))
        await scene.site.ask("get_state")
        assert scene.site.notices == [
            {"type": "reconnect", "direction": "subscribe", "reason": "dtls"}
        ]


async def test_the_frame_that_showed_a_take_is_told(
    application: Application, workers: FakeWorkers
) -> None:
    async with Scene(application, workers) as scene:
        workers.shows = False
        asked = asyncio.create_task(scene.desk.ask("go_cue", cue="call-in-1"))
        await scene.desk.until(lambda page: page.state["programme"]["waiting"])
        assert scene.desk.state["programme"]["frame"] == -1
        seats = scene.desk.state["programme"]["seats_on_air"]
        revision = scene.desk.state["programme"]["revision"]
        assert not asked.done()
        await scene.desk.ask("set_transition", transition="cut", duration_ms=600)
        scene.tell(
            WorkerKind.PICTURE, SceneApplied(revision=revision, frame=4711, at_ns=188_440_000_000)
        )
        taken = await asked
        assert (taken["revision"], taken["frame"], taken["at_ms"]) == (revision, 4711, 188_440)
        await scene.desk.until(lambda page: page.state["programme"]["frame"] == 4711)
        assert scene.desk.state["programme"]["seats_on_air"] != seats


async def test_a_take_is_answered_without_a_frame_when_picture_does_not_tell(
    application: Application, workers: FakeWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.conference.acknowledging.LATEST_S", 0.0)
    async with Scene(application, workers) as scene:
        workers.shows = False
        taken = await scene.desk.ask("set_caption", caption=None)
        assert taken["frame"] == -1
        workers.away.add(WorkerKind.PICTURE)
        taken = await scene.desk.ask("set_caption", caption=None)
        assert taken["frame"] == -1


async def test_conditions_come_and_go(application: Application, workers: FakeWorkers) -> None:
    async with Scene(application, workers) as scene:
        low = Condition(id="disk.low", subject="data", active=True, values={"hours": "2"})
        scene.tell(WorkerKind.RECORDER, low)
        key = "condition/disk.low/data"
        await scene.desk.until(lambda page: page.state.get(key, {}).get("values") == {"hours": "2"})
        assert key not in scene.site.state
        scene.tell(WorkerKind.RECORDER, Condition(id="disk.low", subject="data", active=False))
        await scene.desk.until(lambda page: key not in page.state)


async def test_a_recording_is_started_marked_stopped_and_verified(
    application: Application, workers: FakeWorkers
) -> None:
    async with Scene(application, workers) as scene:
        started = await scene.desk.ask("start_recording", title="彩排")
        assert started["type"] == "recording_started"
        (session,) = workers.of(WorkerKind.RECORDER, RecordingSession)
        assert isinstance(session, RecordingSession)
        assert session.directory == started["session"]
        assert session.about["title"] == "彩排"
        assert len(workers.of(WorkerKind.RECORDER, RecordedTrack)) == 3
        assert (await scene.desk.ask("start_recording"))["error"] == "recording.running"
        await scene.desk.ask("go_cue", cue="call-in-1")
        await scene.desk.ask("take")
        marks = workers.of(WorkerKind.RECORDER, Mark)
        assert [one.kind for one in marks if isinstance(one, Mark)] == ["layout", "cue", "layout"]
        scene.tell(WorkerKind.RECORDER, recording_state(session.id, "recording"))
        await scene.desk.until(lambda page: page.state["recording"]["files"] == 3)
        assert (await scene.desk.ask("stop_recording"))["type"] == "done"
        asked = [type(one).__name__ for kind, one in workers.asked if kind is WorkerKind.RECORDER]
        assert asked == ["FinishSession"]
        assert workers.of(WorkerKind.RECORDER, RecordedTrack) == []
        scene.tell(WorkerKind.RECORDER, recording_state(session.id, "verified"))
        assert workers.of(WorkerKind.RECORDER, RecordingSession) == []
        await scene.desk.until(lambda page: page.state["recording"]["state"] == "verified")
        assert (await scene.desk.ask("stop_recording"))["error"] == "recording.not_running"


async def test_a_recorder_that_was_away_is_asked_to_finish_when_it_is_back(
    application: Application, workers: FakeWorkers
) -> None:
    async with Scene(application, workers) as scene:
        await scene.desk.ask("start_recording")
        workers.away.add(WorkerKind.RECORDER)
        assert (await scene.desk.ask("stop_recording"))["type"] == "done"
        assert workers.asked[-1][0] is WorkerKind.MEDIA
        workers.away.clear()
        assert workers.listener is not None
        workers.listener.worker_connected(WorkerKind.RECORDER, 2, new_life=True)
        await record.finish(application.conference)
        await record.finish(application.conference)
        asked = [one for kind, one in workers.asked if kind is WorkerKind.RECORDER]
        assert len(asked) == 1


async def test_no_recording_is_started_on_a_full_disk(
    application: Application, workers: FakeWorkers, monkeypatch: Any
) -> None:
    monkeypatch.setattr(record, "free_bytes", lambda _folder: 1000)
    async with Scene(application, workers) as scene:
        refused = await scene.desk.ask("start_recording")
        assert (refused["error"], refused["values"]) == ("recording.no_space", {"needed": "500 MB"})
        assert workers.of(WorkerKind.RECORDER, RecordingSession) == []


def recording_state(session: int, state: str) -> RecordingState:
    return RecordingState(
        session=session, state=state, duration_ms=1000, files=3, size_bytes=5, hours_left=9.0
    )


@pytest.mark.parametrize("what", ["picture.source_left_out", "picture.decoder_hung"])
async def test_a_source_left_out_is_told_by_its_seat_and_forgotten_with_the_process(
    application: Application, workers: FakeWorkers, what: str
) -> None:
    async with Scene(application, workers) as scene:
        subject = str(scene.publication)
        left_out = Condition(id=what, subject=subject, active=True)
        scene.tell(WorkerKind.PICTURE, left_out)
        key = f"condition/{what}/{subject}"
        await scene.desk.until(lambda page: key in page.state)
        values = scene.desk.state[key]["values"]
        assert values["source"] == "microphone"
        devices = [one["id"] for one in scene.desk.state["seat/bj-tax"]["devices"]]
        assert [int(values["device"])] == devices
        assert values["name"] == "北京税务局"
        assert values["name_en"] == "Beijing Tax Office"
        assert key not in scene.site.state
        assert workers.listener is not None
        workers.listener.worker_connected(WorkerKind.PICTURE, 9, new_life=True)
        await scene.desk.until(lambda page: key not in page.state)
