"""A director chooses how steps of the rundown go on air, and writes in the event's theme."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.harness.chromium import fresh_context
from tests.harness.serving import ROOT, Serving, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(200),
]

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
MADE = ROOT / "build" / "screenshots"
ACCENTS = {"red": "rgb(217, 164, 65)", "default": "rgb(38, 150, 178)"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(serving: Serving, browser: Browser) -> AsyncIterator[Page]:
    context, _ = await fresh_context(browser)
    opened = await context.new_page()
    await opened.goto(serving.link("director"))
    await opened.locator("lx-control-page .page[data-state=seated]").wait_for()
    MADE.mkdir(parents=True, exist_ok=True)
    yield opened
    await context.close()


async def taken_after(serving: Serving, revision: int) -> dict[str, Any]:
    """The programme once another scene is on air."""

    def newer() -> dict[str, Any] | None:
        found = serving.state("programme")
        return found if found["revision"] > revision else None

    found: dict[str, Any] | None = await asyncio.to_thread(wait_for, newer, 5, "a take")
    assert found is not None
    return found


async def how(serving: Serving, page: Page, *, cue: str = "") -> tuple[str, int, str]:
    """What Go on a step, or the key N, did: transition, its length, and the step on air."""
    revision = (await asyncio.to_thread(serving.state, "programme"))["revision"]
    if cue:
        await page.locator(f"lx-rundown li[data-cue={cue}] wa-button").click()
    else:
        await page.evaluate("document.activeElement?.blur()")
        await page.keyboard.press("n")
    taken = await taken_after(serving, revision)
    current = (await asyncio.to_thread(serving.state, "rundown"))["current"]
    return taken["transition"], taken["duration_ms"], current


async def test_steps_cut_until_a_dissolve_is_chosen(serving: Serving, page: Page) -> None:
    by = {name: page.locator(f"lx-rundown [data-by={name}]") for name in ("cut", "dissolve")}
    assert await by["cut"].get_attribute("aria-pressed") == "true"
    assert (await how(serving, page, cue="call-in-1"))[0] == "cut"
    await page.locator("lx-transition-bar #dissolve").select_option("1000")
    await by["dissolve"].get_by_text("1.0").wait_for()
    await by["dissolve"].click()
    assert await by["dissolve"].get_attribute("aria-pressed") == "true"
    assert await by["cut"].get_attribute("aria-pressed") == "false"
    assert await how(serving, page, cue="call-in-2") == ("dissolve", 1000, "call-in-2")
    assert await how(serving, page) == ("dissolve", 1000, "call-in-3")
    await page.screenshot(path=MADE / "control-steps-1366.png")
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.locator("lx-rundown").scroll_into_view_if_needed()
    await page.wait_for_timeout(300)
    await page.screenshot(path=MADE / "control-steps-390.png")
    await page.set_viewport_size({"width": 1366, "height": 768})


async def test_the_choice_is_remembered_and_can_be_taken_back(serving: Serving, page: Page) -> None:
    await page.reload()
    await page.locator("lx-control-page .page[data-state=seated]").wait_for()
    dissolve = page.locator("lx-rundown [data-by=dissolve]")
    assert await dissolve.get_attribute("aria-pressed") == "true"
    cut = page.locator("lx-rundown [data-by=cut]")
    await cut.focus()
    await page.keyboard.press("Enter")
    assert await cut.get_attribute("aria-pressed") == "true"
    assert (await how(serving, page))[::2] == ("cut", "call-in-4")


async def test_a_lower_third_is_written_in_the_theme_that_is_on(
    serving: Serving, page: Page
) -> None:
    await page.locator("#tab-caption").click()
    await page.locator("lx-caption-editor wa-input[data-name=title] input").fill("骆文景")
    panel = page.locator("lx-caption-editor lx-caption-mirror .panel")
    await panel.wait_for()
    graphics = (await asyncio.to_thread(serving.state, "programme"))["graphics"]
    for theme, accent in ACCENTS.items():
        body = {"graphics": {**graphics, "theme": theme}}
        await asyncio.to_thread(serving.call, "PUT", "/programme/graphics", body)
        await page.wait_for_function(
            "([panel, accent]) => getComputedStyle(panel).borderLeftColor === accent",
            arg=[await panel.element_handle(), accent],
        )
        await page.screenshot(path=MADE / f"control-theme-{theme}-1366.png")


async def test_the_choice_can_be_used_by_all(page: Page) -> None:
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]] == []
