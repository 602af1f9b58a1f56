"""The desk directs, records and finds the recording in the archive."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.harness.chromium import Traffic, fresh_context
from tests.harness.seen import VIDEO, Place, site_at, watch
from tests.harness.serving import Serving, wait_for
from tests.harness.simulated import SimulatedSites

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
]

SEATS = ("beijing", "hunan", "bj-studio")
NUMBERS = {"beijing": 0, "hunan": 1, "bj-studio": 2}
LEFT, RIGHT = Place(48, 134, 584, 328), Place(648, 134, 584, 328)
HALL, REMOTE = Place(48, 100, 744, 418), Place(808, 280, 424, 238)
LOWER_THIRD = Place(64, 540, 560, 140)


@pytest.fixture(scope="module")
def sites(serving: Serving) -> Iterator[SimulatedSites]:
    running = SimulatedSites(serving, *SEATS)
    try:
        running.wait_joined()
        yield running
    finally:
        running.end()


class Desk:
    """The director's page."""

    def __init__(self, page: Page, traffic: Traffic) -> None:
        self.page = page
        self.traffic = traffic


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(serving: Serving, sites: SimulatedSites, browser: Browser) -> AsyncIterator[Desk]:
    context, traffic = await fresh_context(browser)
    page = await context.new_page()
    await page.goto(serving.link("director"))
    await page.locator("lx-control-page .page[data-state=seated]").wait_for()
    await page.wait_for_function(
        "(video) => video.videoWidth > 0", arg=await page.locator(VIDEO).element_handle()
    )
    yield Desk(page, traffic)
    await context.close()


def on_air(serving: Serving) -> dict[str, Any]:
    scene: dict[str, Any] = serving.state("programme")["on_air"]
    return scene


async def until_on_air(serving: Serving, text: str, **wanted: object) -> None:
    await asyncio.to_thread(
        wait_for,
        lambda: all(on_air(serving)[key] == value for key, value in wanted.items()),
        5,
        text,
    )


async def until_preview(serving: Serving, wanted: Callable[[dict[str, Any]], bool]) -> None:
    await asyncio.to_thread(
        wait_for, lambda: wanted(serving.state("programme")["preview"]), 5, "the preview is told"
    )


async def until_site(page: Page, slot: Place, seat: str) -> None:
    number = None
    for _ in range(30):
        number = await site_at(page, slot)
        if number == NUMBERS[seat]:
            return
    pytest.fail(f"{seat} is never seen in {slot}; last read {number}")


async def test_a_layout_is_chosen_filled_and_taken(serving: Serving, desk: Desk) -> None:
    page = desk.page
    await page.locator("lx-layout-chooser [data-layout=hall_remote]").click()
    await until_preview(serving, lambda scene: scene["layout"] == "hall_remote")
    await page.locator("lx-slots [data-slot='0'] select").select_option("hunan")
    await page.locator("lx-slots [data-slot='1'] select").select_option("bj-studio")
    await until_preview(serving, lambda scene: scene["slots"] == ["hunan", "bj-studio"])
    await page.locator("#take").click()
    await until_on_air(serving, "it is taken", layout="hall_remote", slots=["hunan", "bj-studio"])
    await until_site(page, HALL, "hunan")
    await until_site(page, REMOTE, "bj-studio")
    await page.locator("lx-tiles [data-picture=hunan][data-tally=air]").wait_for()


async def test_the_key_n_puts_the_next_cue_on_air(serving: Serving, desk: Desk) -> None:
    await desk.page.locator("lx-rundown").hover()
    await desk.page.keyboard.press("n")
    await until_on_air(serving, "the first cue", layout="two_halls", slots=["beijing", "hunan"])
    await desk.page.locator("li[data-cue=opening][aria-current=step]").wait_for()
    await until_site(desk.page, LEFT, "beijing")
    await until_site(desk.page, RIGHT, "hunan")


async def test_a_caption_is_written_shown_and_taken_away(serving: Serving, desk: Desk) -> None:
    page = desk.page
    await page.locator("#caption-clear").click()
    await until_on_air(serving, "no caption", caption=None)
    assert await written(page) < 0.002
    title = page.locator("lx-caption-editor wa-input[data-name=title] input")
    await title.fill("顾长青")
    await page.locator("lx-caption-editor wa-input[data-name=subtitle] input").fill("主持人")
    await page.locator("#caption-show").click()
    caption = {"title": "顾长青", "subtitle": "主持人", "organisation": ""}
    await until_on_air(serving, "the caption", caption=caption)
    assert await written(page, least=0.01) > 0.01


async def written(page: Page, least: float = 0.0) -> float:
    """The share of white in the lower third; waits a while until it is as much as ``least``,
    or gone.
    """
    bright = -1.0
    for _ in range(15):
        (shown,) = (await watch(page, LOWER_THIRD, frames=1)).places
        bright = shown.bright
        if (bright > least) == (least > 0):
            break
    return bright


async def test_keys_typed_into_a_field_do_not_direct(serving: Serving, desk: Desk) -> None:
    before = on_air(serving)
    title = desk.page.locator("lx-caption-editor wa-input[data-name=title] input")
    await title.press("n")
    await title.press("r")
    await title.press("Enter")
    assert on_air(serving) == before
    assert serving.state("recording")["state"] == "idle"
    await title.fill("")


async def test_a_recording_is_made_verified_listed_and_played(
    serving: Serving, desk: Desk, browser: Browser
) -> None:
    page = desk.page
    await page.locator("lx-rundown").hover()
    await page.evaluate("document.activeElement?.blur()")
    await page.keyboard.press("r")
    await page.locator("lx-recording [data-state=recording]").wait_for()
    await page.wait_for_timeout(2500)
    await page.keyboard.press("r")
    await page.locator("#stop-now").click()
    await page.locator("lx-recording [data-state=verified]").wait_for(timeout=60_000)
    session = serving.state("recording")["session"]

    context, traffic = await fresh_context(browser)
    archive = await context.new_page()
    await archive.goto(serving.link("archivist", page="archive"))
    await check_archive(serving, archive, session)
    assert traffic.foreign() == {}
    assert traffic.errors == []
    await context.close()


async def check_archive(serving: Serving, page: Page, session: str) -> None:
    entry = page.locator(f"lx-session-list button[data-session='{session}']")
    await entry.locator("[data-state=verified]").wait_for()
    await entry.click()
    detail = serving.call("GET", f"/sessions/{session}", seat="archivist")
    assert await page.locator("tr[data-path]").count() == len(detail["files"])
    assert len(detail["files"]) == 1 + 2 * len(SEATS)
    video = page.locator("lx-session-view video")
    await page.wait_for_function(
        "(video) => video.readyState >= 2", arg=await video.element_handle()
    )
    await page.locator("nav.chapters button[data-at]").first.click()
    await page.wait_for_function(
        "(video) => video.currentTime > 0.5 && !video.paused", arg=await video.element_handle()
    )
    await video.evaluate("(video) => { video.loop = true; return video.play(); }")
    (left, right) = (await watch(page, LEFT, RIGHT, frames=6, video=video)).places
    assert left.moved > 0.01
    assert right.moved > 0.01
    programme = next(file for file in detail["files"] if file["role"] == "programme")
    async with page.expect_download() as waiting:
        row = page.locator(f"tr[data-path='{programme['path']}']")
        await row.locator("[data-action=download]").click()
    saved = await (await waiting.value).path()
    assert hashlib.sha256(saved.read_bytes()).hexdigest() == programme["sha256"]


async def test_the_desk_asked_no_other_host(desk: Desk) -> None:
    assert desk.traffic.foreign() == {}
    assert desk.traffic.errors == []
