"""A hall sends back what it hears: pages name that hall, its delay and level, and nobody else."""

import asyncio
import re
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from mixer.sound.codec import SAMPLE_RATE
from server.simulate.voice import speech_like
from tests.harness.chromium import fresh_context
from tests.harness.serving import Serving, wait_for
from tests.harness.sound_peer import Echo, SoundPeer, in_front, repeated

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

SITES = ("beijing", "hunan", "bj-studio")
DELAY_MS, LEVEL_DB = 180, -12
PACKET_MS = 20
CODEC_MS = 10
"""Look-ahead of the two encoders on the way there and back."""
NO_DEVICES = """localStorage.setItem("lianxian.choices",
    JSON.stringify({ wantsAudio: false, wantsVideo: false }));"""
SAYS = re.compile(r"(\d+) (?:毫秒|ms).*?(-\d+) dB")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sites(serving: Serving) -> AsyncIterator[dict[str, SoundPeer]]:
    """All three talk all the time; Hunan's loudspeakers are heard by a device of their own."""
    voices = {seat: repeated(speech_like(number, 7)) for number, seat in enumerate(SITES)}
    made = {
        seat: SoundPeer(serving.link(seat), voice, device="camera2" if seat == "hunan" else "main")
        for seat, voice in voices.items()
    }
    try:
        for site in made.values():
            await site.open()
        await asyncio.to_thread(serving.put_on_air, "grid", *SITES)
        with in_front():
            yield made
    finally:
        for site in made.values():
            await site.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def director(serving: Serving, browser: Browser) -> AsyncIterator[Page]:
    context, _ = await fresh_context(browser)
    page = await context.new_page()
    await page.goto(serving.link("director"))
    await page.locator("lx-control-page .page[data-state=seated]").wait_for()
    yield page
    await context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def operator(serving: Serving, browser: Browser) -> AsyncIterator[Page]:
    """The hall's own page; the microphone is the other device's."""
    context, _ = await fresh_context(browser, locale="en")
    await context.add_init_script(NO_DEVICES)
    page = await context.new_page()
    await page.goto(serving.link("hunan", page="room"))
    await page.locator("lx-room-page .page").wait_for()
    yield page
    await context.close()


async def told(page: Page) -> tuple[int, int]:
    """Delay in ms and level in dB that the warning tells."""
    text = await page.locator("lx-echo-warning [data-echo=hunan]").inner_text()
    found = SAYS.search(text)
    assert found is not None, text
    return int(found[1]), int(found[2])


async def test_pages_name_the_hall_that_sends_back_what_it_hears(
    sites: dict[str, SoundPeer], director: Page, operator: Page
) -> None:
    warning = "lx-echo-warning [data-echo]"
    sites["hunan"].room = None  # as a run before this one may have left it
    await director.locator(warning).wait_for(state="detached", timeout=15_000)
    await sites["hunan"].hears(3)
    assert await director.locator(warning).count() == 0

    sites["hunan"].room = Echo(DELAY_MS, LEVEL_DB)
    begun = time.monotonic()
    await director.locator("lx-echo-warning [data-echo=hunan]").wait_for(timeout=5000)
    assert time.monotonic() - begun >= 2
    assert await director.locator(warning).count() == 1
    delay_ms, level_db = await told(director)
    expected_ms = DELAY_MS + PACKET_MS + CODEC_MS
    assert delay_ms == pytest.approx(expected_ms, abs=40)
    assert level_db == pytest.approx(LEVEL_DB, abs=4)
    assert "湖南" in await director.locator(warning).inner_text()

    await operator.locator("lx-echo-warning [data-echo=hunan]").wait_for(timeout=5000)
    assert await operator.locator(warning).count() == 1
    assert "Hunan" in await operator.locator(warning).inner_text()


async def test_the_director_turns_it_down_and_it_ends_when_the_room_is_quiet(
    serving: Serving, sites: dict[str, SoundPeer], director: Page
) -> None:
    await director.locator("lx-echo-warning [data-echo=hunan] wa-button").click()
    await asyncio.to_thread(
        wait_for, lambda: serving.state("sound/hunan").get("gain_db") == -12, 5, "12 dB less"
    )
    sites["hunan"].room = None
    await director.locator("lx-echo-warning [data-echo]").wait_for(state="detached", timeout=12_000)
    await sites["hunan"].hears(4)
    assert await director.locator("lx-echo-warning [data-echo]").count() == 0
    assert sites["hunan"].ear.end > 10 * SAMPLE_RATE
