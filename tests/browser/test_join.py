"""Coming in: links, devices, languages, keys, a seat that is taken."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Playwright

from tests.harness.chromium import (
    FAKE_DEVICES,
    PICTURE,
    Traffic,
    chromium,
    fresh_context,
    in_call,
    join_room,
)
from tests.harness.serving import Serving, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
]
READY = "lx-join-page main[data-state=ready]"


@pytest_asyncio.fixture(loop_scope="module")
async def person(browser: Browser) -> AsyncIterator[Page]:
    """A fresh person with camera and microphone; what is asked stays on this machine."""
    context, traffic = await fresh_context(browser)
    yield await context.new_page()
    await check_and_close(context, traffic)


async def check_and_close(context: BrowserContext, traffic: Traffic) -> None:
    assert traffic.foreign() == {}
    assert traffic.errors == []
    await context.close()


async def test_the_start_page_lists_all_links(serving: Serving, person: Page) -> None:
    await person.goto(serving.admin_link().replace("/join#", "/#"))
    await person.locator("main[data-state=listed]").wait_for()
    assert await person.locator("lx-link-list li").count() == len(serving.links())


async def test_the_join_page_shows_the_camera_and_hears_the_microphone(
    serving: Serving, person: Page
) -> None:
    await person.goto(serving.link("beijing", query=PICTURE))
    await person.locator(READY).wait_for()
    preview = person.locator("lx-preview video")
    await person.wait_for_function(
        """(video) => video.videoWidth === 640 &&
            video.getVideoPlaybackQuality().totalVideoFrames > 5""",
        arg=await preview.element_handle(),
    )
    await person.locator("lx-microphone-check [data-heard=true]").wait_for()


async def test_enter_joins_and_the_token_is_not_left_in_the_address(
    serving: Serving, person: Page
) -> None:
    await person.goto(serving.link("bj-tax", query=PICTURE))
    await person.locator(READY).wait_for()
    await person.keyboard.press("Enter")
    await in_call(person)
    assert serving.link("bj-tax").partition("#t=")[2] not in person.url
    await person.locator("#leave").click()
    await person.locator("#leave-now").click()
    await person.locator("[data-state=over]").wait_for()
    await asyncio.to_thread(
        wait_for, lambda: serving.state("seat/bj-tax")["devices"] == [], 5, "the seat is free"
    )


async def test_without_a_camera_a_person_joins_with_sound_and_is_told(
    serving: Serving, playwright: Playwright
) -> None:
    async with chromium(playwright, f"{FAKE_DEVICES}=device-count=0") as bare:
        context, traffic = await fresh_context(bare, locale="en-GB")
        page = await context.new_page()
        await page.goto(serving.link("bj-library", query=PICTURE))
        await page.locator(READY).wait_for()
        await page.locator("[data-error='client.no_camera']").wait_for()
        assert "sound only" in await page.locator("#join").inner_text()
        await page.locator("#join").click()
        await in_call(page)
        (device,) = serving.state("seat/bj-library")["devices"]
        assert (device["has_audio"], device["has_video"]) == (True, False)
        await asyncio.to_thread(
            wait_for,
            lambda: serving.state("seat/bj-library")["level_db"] > -60,
            10,
            "the server hears the microphone",
        )
        await check_and_close(context, traffic)


async def test_a_taken_seat_can_be_taken_over(
    serving: Serving, browser: Browser, person: Page
) -> None:
    link = serving.link("hn-museum", query=PICTURE)
    await join_room(person, link)
    context, traffic = await fresh_context(browser)
    second = await context.new_page()
    await second.goto(link)
    await second.locator(READY).wait_for()
    await second.locator(".who .tag.warning").wait_for()
    await second.locator("#join").click()
    await second.locator("#take-over").wait_for()
    assert len(serving.state("seat/hn-museum")["devices"]) == 1
    await second.locator("#take-over").click()
    await in_call(second)
    await person.locator("[data-error='gone.taken_over']").wait_for()
    assert len(serving.state("seat/hn-museum")["devices"]) == 1
    await check_and_close(context, traffic)


@pytest.mark.parametrize(
    ("locale", "title", "other"),
    [("zh-CN", "京湘两地远程交流", "en"), ("en-GB", "Beijing–Hunan Remote Exchange", "zh-CN")],
)
async def test_a_page_speaks_the_language_of_the_browser_until_told_otherwise(
    serving: Serving, browser: Browser, locale: str, title: str, other: str
) -> None:
    context, traffic = await fresh_context(browser, locale=locale)
    page = await context.new_page()
    await page.goto(serving.link("hunan", query=PICTURE))
    await page.locator(READY).wait_for()
    heading = page.locator("lx-header h1")
    assert await heading.inner_text() == title
    before = await page.locator("#join").inner_text()
    await page.locator("lx-header wa-button[lang]").click()
    await page.wait_for_function("(wanted) => document.documentElement.lang === wanted", arg=other)
    assert await heading.inner_text() != title
    assert await page.locator("#join").inner_text() != before
    await check_and_close(context, traffic)


async def test_a_damaged_link_says_what_is_wrong_and_what_to_do(
    serving: Serving, person: Page
) -> None:
    await person.goto(serving.link("hunan")[:-4] + "AAAA")
    fault = person.locator("lx-fault [data-error='link.altered']")
    await fault.wait_for()
    assert len(await fault.locator("p").all()) == 2


async def test_a_link_that_is_withdrawn_ends_the_visit(serving: Serving, person: Page) -> None:
    await join_room(person, serving.link("bj-newsroom", query=PICTURE))
    links = serving.call("GET", "/links", seat="administrator")["links"]
    (number,) = [link["id"] for link in links if link["seat"] == "bj-newsroom"]
    serving.call("DELETE", f"/links/{number}", seat="administrator")
    await person.locator("[data-error='gone.revoked']").wait_for()
    await person.reload()
    await person.locator("[data-error='link.revoked']").wait_for()
