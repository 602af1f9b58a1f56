"""A clip plays into the programme of a real server: a director by mouse, a hall that receives."""

import asyncio
from collections.abc import AsyncIterator
from statistics import median
from typing import NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from mixer.wire.ids import FRAME_NS, NANOSECONDS
from tests.harness.camera import BLUE, GREEN, RED
from tests.harness.chromium import PICTURE, fresh_context, join_room
from tests.harness.seen import Place, colour_of, listen, site_at, watch
from tests.harness.serving import Serving, wait_for
from tests.harness.simulated import SimulatedSites
from tests.picture_films import make_film

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
]

FULL = Place(0, 0, 1280, 720)
MIDDLE = Place(320, 180, 640, 360)
SITE, SITE_NUMBER = "hunan", 1
FILM, FILM_S = "opening.mp4", 8.0
TONE_HZ = 3777.0
"""Of the film: no voice and no beep of a site has it."""
APART_DB = 20.0
COLOURS = {"red": RED.rgb, "green": GREEN.rgb, "blue": BLUE.rgb}
FRAME_MS = FRAME_NS * 1000 / NANOSECONDS
MOST_FRAMES = 2
PANICS = 3
"""One of them may meet a machine that is busy otherwise."""


class Pages(NamedTuple):
    """A director's page, and the room of a hall that takes programme and return."""

    desk: Page
    hall: Page


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pages(serving: Serving, browser: Browser) -> AsyncIterator[Pages]:
    folder = serving.data / "clips"
    folder.mkdir(exist_ok=True)
    make_film(folder / FILM, FILM_S, BLUE.rgb, size=(640, 360), tone_hz=TONE_HZ)
    sites = SimulatedSites(serving, SITE)
    try:
        await asyncio.to_thread(sites.wait_joined)
        await asyncio.to_thread(serving.put_on_air, "full", SITE)
        context, _ = await fresh_context(browser)
        hall, desk = await context.new_page(), await context.new_page()
        await join_room(hall, serving.link("beijing", query=PICTURE))
        await desk.goto(serving.link("director"))
        await desk.locator("lx-control-page .page[data-state=seated]").wait_for()
        yield Pages(desk, hall)
        await context.close()
    finally:
        sites.end()


async def until_clip(serving: Serving, state: str, timeout_s: float = 5.0) -> None:
    await asyncio.to_thread(
        wait_for,
        lambda: serving.state("clip").get("state") == state,
        timeout_s,
        f"the clip is {state}",
    )


async def until_on_air(serving: Serving, *slots: str) -> None:
    def is_so() -> bool:
        programme = serving.state("programme")
        scene = programme["on_air"]
        # Under a slate the slots are still told.
        shown = scene["slate"] is None and scene["slots"] == list(slots)
        return bool(shown and programme["frame"] >= 0)

    await asyncio.to_thread(wait_for, is_so, 5, f"{slots} on air")


async def until_site(page: Page) -> None:
    for _ in range(30):
        if await site_at(page, FULL) == SITE_NUMBER:
            return
    pytest.fail(f"{SITE} is never seen")


async def until_colour(page: Page, name: str) -> None:
    seen: tuple[float, ...] = ()
    for _ in range(30):
        (shown,) = (await watch(page, MIDDLE, frames=1)).places
        seen = shown.rgb
        if colour_of(seen, COLOURS) == name:
            return
    pytest.fail(f"the film is never seen; last {seen}")


async def test_a_clip_is_cued_taken_seen_and_heard_and_the_site_comes_back(
    serving: Serving, pages: Pages
) -> None:
    desk, hall = pages
    await until_site(hall)
    (quiet_db,) = await listen(hall, TONE_HZ)
    await desk.locator("#tab-clips").click()
    await desk.locator(f"lx-clip-panel [data-clip='{FILM}']").click()
    await until_clip(serving, "cued")
    await desk.locator("#clip-preview").click()
    await asyncio.to_thread(
        wait_for,
        lambda: serving.state("programme")["preview"]["slots"] == ["clip"],
        5,
        "the clip in preview",
    )
    await desk.locator("#take").click()
    await until_on_air(serving, "clip")
    await until_clip(serving, "playing")  # a take begins it
    await desk.locator("lx-clip-panel [data-clip-state=playing]").wait_for()
    await until_colour(hall, "blue")
    (loud_db,) = await listen(hall, TONE_HZ, seconds=2.5)
    assert loud_db > quiet_db + APART_DB
    await until_clip(serving, "ended", FILM_S + 5)
    # Its last picture stands until somebody goes on.
    await until_colour(hall, "blue")
    await back(serving, desk)
    await until_site(hall)
    (after_db,) = await listen(hall, TONE_HZ)
    assert after_db < loud_db - APART_DB


async def test_after_a_panic_the_site_is_back_at_once(serving: Serving, pages: Pages) -> None:
    desk, hall = pages
    late = []
    for _ in range(PANICS):
        await desk.locator("#panic").click()
        await desk.locator("#panic[data-open=true]").click()
        await asyncio.to_thread(
            wait_for,
            lambda: serving.state("programme")["on_air"]["slate"] is not None,
            5,
            "the standby slate",
        )
        # Longer than the feed keeps pictures: without its decoder it would have to wait.
        await asyncio.sleep(4.0)
        late.append(await back(serving, desk))
        await until_site(hall)
    assert min(late) > -1, late  # nothing is on air before its time
    assert median(late) < MOST_FRAMES, late


async def back(serving: Serving, desk: Page) -> float:
    """Back to the last good picture, by the desk's button; how many frames after the command."""
    await desk.locator("#back").click()
    await until_on_air(serving, SITE)
    programme = serving.state("programme")
    frames: float = programme["frame"] - programme["at_ms"] / FRAME_MS
    return frames
