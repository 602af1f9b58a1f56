"""Each page in the middle of an event, at the sizes people have.

The pictures go to ``build/screenshots``; ``LIANXIAN_SCREENSHOTS=1`` puts them into
``docs/images`` as well, which also happens where one is missing there.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Playwright

from server.simulate.draw import backdrop, draw_marks, text_mask
from tests.harness.camera import write_wav
from tests.harness.chromium import (
    FAKE_DEVICES,
    PICTURE,
    chromium,
    fresh_context,
    in_call,
)
from tests.harness.seen import VIDEO
from tests.harness.serving import ROOT, Serving, wait_for
from tests.harness.simulated import SimulatedSites

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
]

DESK, PHONE = (1366, 768), (390, 844)
CONTROL_SIZES = {"control": DESK, "control-wide": (1920, 1080), "control-phone": PHONE}
OWN_SEAT, OWN_NUMBER, OWN_NAME = "bj-studio", 2, "北京演播室"
SEATS = ("beijing", "hunan", "bj-school", "bj-tax", "hn-school", "hn-studio")
SCENE = {
    "layout": "hall_remote",
    "slots": ["beijing", OWN_SEAT],
    "caption": {"title": "骆文景", "subtitle": "北京演播室 · 演播室主播"},
    "strap": "场外连线一",
}
MADE, SHOWN = ROOT / "build" / "screenshots", ROOT / "docs" / "images"


@pytest.fixture(scope="module")
def event(serving: Serving) -> Iterator[Serving]:
    """Some sites are there, a call-in is on air, one recording is done and one runs."""
    sites = SimulatedSites(serving, *SEATS)
    try:
        sites.wait_joined()
        serving.call("POST", "/event/phase", {"phase": "live"})
        serving.call("POST", "/programme/cue", {"cue": "opening"})
        serving.start_recording()
        wait_for(lambda: serving.state("recording")["duration_ms"] > 2500, 10, "some seconds")
        serving.call("POST", "/programme/cue", {"cue": "call-in-1"})
        wait_for(lambda: serving.state("recording")["duration_ms"] > 4500, 10, "some more")
        serving.stop_recording()
        yield serving
    finally:
        sites.end()


def write_film(path: Path, width: int = 640, height: int = 360, rate: int = 15) -> Path:
    """What the own camera shows: the backdrop of a simulated site."""
    name = text_mask(OWN_NAME, round(0.8 * width), round(0.16 * height))
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{rate}:1 Ip A1:1 C420mpeg2\n".encode())
        for index in range(2 * rate):
            planes = backdrop(OWN_NUMBER, width, height, index / rate)
            draw_marks(planes, OWN_NUMBER, index / rate, name)
            file.write(b"FRAME\n" + b"".join(np.ascontiguousarray(p).tobytes() for p in planes))
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def camera(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Browser]:
    folder = tmp_path_factory.mktemp("film")
    film, sound = write_film(folder / "film.y4m"), write_wav(folder / "tone.wav", 440.0)
    async with chromium(
        playwright,
        FAKE_DEVICES,
        f"--use-file-for-fake-video-capture={film}",
        f"--use-file-for-fake-audio-capture={sound}",
    ) as started:
        yield started


async def open_page(browser: Browser, address: str, size: tuple[int, int]) -> Page:
    context, _ = await fresh_context(browser, width=size[0], height=size[1])
    page = await context.new_page()
    await page.goto(address)
    return page


async def keep(page: Page, name: str) -> None:
    """Take the picture; nothing may reach beyond the page's width."""
    MADE.mkdir(parents=True, exist_ok=True)
    await page.evaluate("document.fonts.ready")
    path = MADE / f"{name}.png"
    await page.screenshot(path=path)
    wider = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wider <= 0, f"{name} is {wider} pixels wider than the window"
    if os.environ.get("LIANXIAN_SCREENSHOTS") or not (SHOWN / path.name).exists():
        shutil.copy(path, SHOWN / path.name)


async def join_page(event: Serving, camera: Browser, size: tuple[int, int]) -> Page:
    page = await open_page(camera, event.link(OWN_SEAT, query=PICTURE), size)
    await page.locator("lx-join-page main[data-state=ready]").wait_for()
    await page.locator("lx-microphone-check [data-heard=true]").wait_for()
    preview = await page.locator("lx-preview video").element_handle()
    await page.wait_for_function("(video) => video.videoWidth > 0", arg=preview)
    return page


@pytest.mark.parametrize(("name", "size"), [("join", DESK), ("join-phone", PHONE)])
async def test_join(event: Serving, camera: Browser, name: str, size: tuple[int, int]) -> None:
    page = await join_page(event, camera, size)
    await keep(page, name)
    await page.context.close()


@pytest.mark.parametrize(("name", "size"), [("room", DESK), ("room-phone", PHONE)])
async def test_room(event: Serving, camera: Browser, name: str, size: tuple[int, int]) -> None:
    page = await join_page(event, camera, size)
    await page.locator("#join").click()
    await in_call(page)
    await put_on_air(event, SCENE)
    await page.locator("[data-on-air=true] .air .mark").wait_for()
    await page.wait_for_function(
        "(video) => video.getVideoPlaybackQuality().totalVideoFrames > 40",
        arg=await page.locator(VIDEO).element_handle(),
    )
    await keep(page, name)
    await page.locator("#leave").click()
    await page.locator("#leave-now").click()
    await page.locator("[data-state=over]").wait_for()
    await page.context.close()


async def put_on_air(event: Serving, scene: dict[str, Any]) -> None:
    await asyncio.to_thread(event.call, "PUT", "/programme/preview", {"scene": scene})
    await asyncio.to_thread(event.call, "POST", "/programme/take", {})


async def test_control(event: Serving, browser: Browser) -> None:
    page = await open_page(browser, event.link("director"), DESK)
    await page.locator("lx-control-page .page[data-state=seated]").wait_for()
    await asyncio.to_thread(event.call, "POST", "/programme/cue", {"cue": "call-in-1"})
    opening = page.locator("lx-rundown li[data-cue=call-in-2] button.title")
    await opening.click()
    await asyncio.to_thread(event.start_recording)
    await page.locator("lx-recording [data-state=recording]").wait_for()
    await page.wait_for_function(
        "(video) => video.getVideoPlaybackQuality().totalVideoFrames > 60",
        arg=await page.locator(VIDEO).element_handle(),
    )
    for tile in SEATS:
        await page.wait_for_function(
            "(video) => video.videoWidth > 0",
            arg=await page.locator(f"lx-tiles [data-picture={tile}] video").element_handle(),
        )
    await page.locator("lx-caption-editor [data-person=骆文景]").click()
    for name, (width, height) in CONTROL_SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        await page.wait_for_timeout(1000)
        await keep(page, name)
    await asyncio.to_thread(event.stop_recording)
    await page.context.close()


async def test_archive(event: Serving, browser: Browser) -> None:
    page = await open_page(browser, event.link("archivist", page="archive"), DESK)
    await page.locator("lx-session-list button[data-session]").last.click()
    video = await page.locator("lx-session-view video").element_handle()
    await page.wait_for_function("(video) => video.readyState >= 2", arg=video)
    await page.locator("nav.chapters button[data-at]").nth(1).click()
    await page.wait_for_function("(video) => video.currentTime > 0.5", arg=video)
    await page.locator("lx-session-view h2").click()
    await keep(page, "archive")
    await page.context.close()
