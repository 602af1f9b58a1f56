"""Sound by the director's hand, over the wire."""

from typing import Any

import pytest
from sqlalchemy import select

from mixer.wire.control import Condition, LevelReport, LoudnessReport, PeerQuality
from mixer.wire.ids import PeerId, PublicationId, WorkerKind
from mixer.wire.resources import SoundReturn, SoundSource
from mixer.wire.sound import ListenIn, SoundFeatures, SoundPanic, Talkback
from server.application import DATABASE_FILE, Application, start_application
from server.conference.returns import DOWN_AFTER_S, UP_AFTER_S, review
from server.settings import Settings
from server.store.audit import AuditRow
from server.store.database import Database
from tests.unit.server.conftest import FakeWorkers, offer
from tests.unit.server.page import Page, token_of

MICROPHONE = [{"mid": "0", "kind": "audio", "source": "microphone"}]
TALKBACK = [{"mid": "0", "kind": "audio", "source": "talkback"}]
SITE = "bj-tax"


async def director(application: Application) -> Page:
    page = await Page(application).open(token_of(application, "director"))
    await page.ask("join", has_audio=False, has_video=False)
    return page


async def site(application: Application) -> tuple[Page, PublicationId]:
    page = await Page(application).open(token_of(application, SITE))
    await page.ask("join", has_audio=True, has_video=False)
    published = await page.ask("publish", sdp=offer(), tracks=MICROPHONE)
    return page, PublicationId(published["publications"][0]["publication"])


def tell(workers: FakeWorkers, event: Any) -> None:
    assert workers.listener is not None
    workers.listener.worker_event(WorkerKind.SOUND, event)


async def test_a_fader_reaches_sound_and_every_desk_and_no_member(
    application: Application, workers: FakeWorkers
) -> None:
    desk = await director(application)
    page, publication = await site(application)
    answer = await desk.ask("set_seat_sound", seat=SITE, gain_db=-4.5)
    assert answer["type"] == "done"
    await desk.until(lambda one: one.state[f"sound/{SITE}"]["gain_db"] == -4.5)
    (source,) = workers.of(WorkerKind.SOUND, SoundSource)
    assert isinstance(source, SoundSource)
    assert (source.publication, source.gain_db) == (publication, -4.5)
    assert "sound" not in page.state
    assert f"sound/{SITE}" not in page.state
    await desk.close()
    await page.close()


@pytest.mark.parametrize(
    "request_fields",
    [
        {"kind": "set_seat_sound", "seat": SITE, "muted": True},
        {"kind": "cut_sound", "cut": True},
        {"kind": "set_tone", "output": "programme", "on": True},
        {"kind": "set_loudness", "target_lufs": -23.0},
        {"kind": "set_echo_duck", "on": True},
        {"kind": "listen_in", "seat": SITE},
        {"kind": "talk", "seats": [SITE]},
        {"kind": "watch_levels", "per_s": 25},
    ],
)
async def test_a_member_may_nothing_of_it(
    application: Application, request_fields: dict[str, Any]
) -> None:
    page, _ = await site(application)
    fields = dict(request_fields)
    answer = await page.ask(fields.pop("kind"), **fields)
    assert answer["error"] == "right.missing"
    await page.close()


async def test_a_desk_talks_while_it_holds_the_key_and_no_longer(
    application: Application, workers: FakeWorkers
) -> None:
    desk = await director(application)
    refused = await desk.ask("talk", seats=[SITE])
    assert refused["error"] == "sound.no_microphone"
    assert (await desk.ask("publish", sdp=offer(), tracks=TALKBACK))["type"] == "published"
    await desk.ask("talk", seats=[SITE])
    (talkback,) = workers.of(WorkerKind.SOUND, Talkback)
    assert isinstance(talkback, Talkback)
    assert talkback.groups == (application.conference.numbers.seats[SITE].group,)
    await desk.until(lambda one: one.state["sound"]["talking"] == {"director": [SITE]})
    await desk.ask("talk", seats=[])
    assert workers.of(WorkerKind.SOUND, Talkback) == []
    await desk.ask("talk", seats=[SITE])
    await desk.close()
    watching = await director(application)
    await watching.until(lambda one: one.state["sound"]["talking"] == {})
    assert workers.of(WorkerKind.SOUND, Talkback) == []
    await watching.close()


async def test_a_director_publishes_nothing_but_talkback(application: Application) -> None:
    desk = await director(application)
    answer = await desk.ask("publish", sdp=offer(), tracks=MICROPHONE)
    assert answer["error"] == "right.missing"
    await desk.close()
    page, _ = await site(application)
    answer = await page.ask("publish", sdp=offer(), tracks=TALKBACK)
    assert answer["error"] == "right.missing"
    await page.close()


async def test_a_desk_listens_to_a_site_before_it_is_on_air(
    application: Application, workers: FakeWorkers
) -> None:
    desk = await director(application)
    await desk.ask("subscribe", sound="monitor")
    await desk.ask("listen_in", seat=SITE)
    assert len(workers.of(WorkerKind.SOUND, ListenIn)) == 1
    await desk.ask("listen_in", seat="")
    assert workers.of(WorkerKind.SOUND, ListenIn) == []
    await desk.close()


async def test_levels_come_to_who_asked_and_sound_measures_that_often(
    application: Application, workers: FakeWorkers
) -> None:
    desk = await director(application)
    page, publication = await site(application)
    seen: list[Any] = []
    desk.client.on("levels", seen.append)
    report = LevelReport(
        levels_db={publication: -12.34}, rms_db={publication: -20.0}, clipped=(publication,)
    )
    tell(workers, report)
    await desk.ask("get_state")
    assert seen == []
    await desk.ask("watch_levels", per_s=25)
    assert workers.of(WorkerKind.SOUND, SoundFeatures) == [SoundFeatures(meters_per_s=25)]
    loudness = LoudnessReport(
        momentary_lufs=-22.2, short_lufs=-23.0, integrated_lufs=-23.4, true_peak_db=-3.0
    )
    tell(workers, loudness)
    tell(workers, report)
    await desk.ask("get_state")
    (levels,) = seen
    assert levels["seats"] == {SITE: {"peak_db": -12.3, "rms_db": -20.0, "clipped": True}}
    assert levels["loudness"]["short_lufs"] == -23.0
    await desk.close()
    watching = await director(application)
    assert workers.of(WorkerKind.SOUND, SoundFeatures) == []
    await watching.close()
    await page.close()


async def test_an_echo_is_told_by_the_seat_s_name(
    application: Application, workers: FakeWorkers
) -> None:
    desk = await director(application)
    group = str(application.conference.numbers.seats[SITE].group)
    values = {"delay_ms": "180", "level_db": "-12.0"}
    tell(workers, Condition(id="sound.echo", subject=group, active=True, values=values))
    key = f"condition/sound.echo/{SITE}"
    await desk.until(lambda one: key in one.state)
    told = desk.state[key]["values"]
    assert told["delay_ms"] == "180"
    assert told["name"]
    assert workers.listener is not None
    workers.listener.worker_connected(WorkerKind.SOUND, 2, new_life=True)
    await desk.until(lambda one: key not in one.state)
    await desk.close()


async def test_the_cut_and_the_settings_outlive_the_server(
    workers: FakeWorkers, settings: Settings
) -> None:
    application = await start_application(settings, workers)
    desk = await director(application)
    for gain_db in (-1.0, -2.0, -3.0):
        await desk.ask("set_seat_sound", seat=SITE, gain_db=gain_db)
    await desk.ask("cut_sound", cut=True)
    assert workers.of(WorkerKind.SOUND, SoundPanic) == [SoundPanic()]
    await desk.close()
    await application.stop()
    again = FakeWorkers()
    second = await start_application(settings, again)
    assert again.of(WorkerKind.SOUND, SoundPanic) == [SoundPanic()]
    assert second.conference.cores.sound.settings.of(SITE).gain_db == -3.0
    await second.stop()
    database = await Database.open(settings.data_dir / DATABASE_FILE)
    async with database.session() as session:
        rows = list(await session.scalars(select(AuditRow).order_by(AuditRow.id)))
    await database.close()
    assert sorted(row.action for row in rows) == ["cut_sound", "set_seat_sound"]
    assert '"gain_db":-3.0' in next(row for row in rows if row.action == "set_seat_sound").detail


async def test_a_sites_return_gets_the_bit_rate_that_its_line_is_estimated_to_carry(
    application: Application, workers: FakeWorkers
) -> None:
    page, _ = await site(application)
    offered = await page.ask("subscribe")

    def estimated(estimate_bps: float) -> None:
        told = PeerQuality(
            peer=PeerId(offered["peer"]),
            rtt_ms=20,
            loss_fraction=0.0,
            jitter_ms=1,
            bitrate=1e6,
            estimate_bps=estimate_bps,
        )
        assert workers.listener is not None
        workers.listener.worker_event(WorkerKind.MEDIA, told)

    def bitrate() -> int:
        (heard,) = workers.of(WorkerKind.SOUND, SoundReturn)
        assert isinstance(heard, SoundReturn)
        return heard.bitrate

    assert bitrate() == 64_000
    estimated(170_000.0)
    for _ in range(DOWN_AFTER_S):
        review(application.conference)
    # A fifth of the line, by the rungs: 24, 32, 48, 64 kb/s.
    assert bitrate() == 32_000
    estimated(2_000_000.0)
    for _ in range(2 * UP_AFTER_S):
        review(application.conference)
    assert bitrate() == 64_000
    await page.close()
