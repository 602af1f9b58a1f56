"""The director's sound panel: what it sets, what it shows, and that meters cost no layout."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page

from server.simulate.voice import speech_like
from tests.harness.chromium import fresh_context
from tests.harness.serving import Serving, wait_for
from tests.harness.sound_peer import SoundPeer, repeated

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
]

MEASURED_S = 4
SITES = ("beijing", "hunan", "bj-studio")
MOVED = """
() => {
  window.moved = 0;
  const page = document.querySelector("lx-control-page").shadowRoot;
  const panel = page.querySelector("lx-sound-panel").shadowRoot;
  for (const strip of panel.querySelectorAll("lx-strip")) {
    const meter = strip.shadowRoot.querySelector("lx-sound-meter").shadowRoot;
    new MutationObserver((all) => { window.moved += all.length; })
      .observe(meter.querySelector(".shade"), { attributes: true });
  }
}
"""
ALONE = """
() => {
  const style = document.createElement("style");
  style.textContent = "main, lx-header { display: none !important }";
  document.querySelector("lx-control-page").shadowRoot.append(style);
}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sites(serving: Serving) -> AsyncIterator[list[SoundPeer]]:
    """They speak, so that their meters always move."""
    peers = [
        SoundPeer(serving.link(seat), repeated(speech_like(number, 7)))
        for number, seat in enumerate(SITES)
    ]
    for peer in peers:
        await peer.open()
    await asyncio.to_thread(serving.put_on_air, "two_halls", "beijing", "hunan")
    yield peers
    for peer in peers:
        await peer.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(serving: Serving, sites: list[SoundPeer], browser: Browser) -> AsyncIterator[Page]:
    context, _ = await fresh_context(browser, locale="en")
    page = await context.new_page()
    await page.goto(serving.link("director"))
    await page.locator("lx-control-page .page[data-state=seated]").wait_for()
    await page.locator("#sound").click()
    await page.locator("lx-sound-panel lx-strip").first.wait_for()
    yield page
    await context.close()


def strip(desk: Page, seat: str = "beijing") -> Locator:
    return desk.locator("lx-strip").filter(has=desk.locator(f"[data-seat={seat}]"))


async def until(serving: Serving, key: str, **wanted: object) -> None:
    await asyncio.to_thread(
        wait_for,
        lambda: all(serving.state(key).get(name) == value for name, value in wanted.items()),
        5,
        f"{key} is {wanted}",
    )


async def test_a_strip_sets_all_that_a_source_has(serving: Serving, desk: Page) -> None:
    one = strip(desk)
    await one.locator("input[type=range]").first.fill("-6")
    await until(serving, "sound/beijing", gain_db=-6)
    await one.locator("button.mute").click()
    await until(serving, "sound/beijing", muted=True)
    await one.locator("button.mute").click()
    await one.locator("select[data-name=audible]").select_option("open")
    await one.locator("select[data-name=hears]").select_option("clean")
    await until(serving, "sound/beijing", muted=False, audible="open", hears="clean")
    await one.locator("button.more-key").click()
    await one.locator("[data-name=pan]").fill("-0.5")
    await one.locator("[data-name=delay]").fill("120")
    await one.locator("[data-name=delay]").press("Tab")
    await one.locator("[data-name=high-pass]").select_option("120")
    await until(serving, "sound/beijing", pan=-0.5, delay_ms=120, high_pass_hz=120)
    await one.locator("[data-name=tone]").check()
    await until(serving, "sound", tones=["beijing"])
    await one.locator("[data-name=tone]").uncheck()
    await until(serving, "sound", tones=[])


async def test_listening_talking_and_the_cut_are_told_to_the_server(
    serving: Serving, desk: Page
) -> None:
    one = strip(desk)
    await one.locator("button.listen").click()
    await until(serving, "sound", listening={"director": "beijing"})
    await one.locator("button.listen").click()
    await until(serving, "sound", listening={})
    await one.locator("button.talk").hover()
    await desk.mouse.down()
    await until(serving, "sound", talking={"director": ["beijing"]})
    await desk.mouse.up()
    await until(serving, "sound", talking={})
    await desk.locator("#cut-sound").click()
    await until(serving, "sound", cut=True)
    await desk.locator("lx-sound-panel .cut").wait_for()
    await desk.locator("#cut-sound").click()
    await until(serving, "sound", cut=False)


async def test_loudness_is_shown_and_its_target_set(serving: Serving, desk: Page) -> None:
    await desk.wait_for_function(
        """() => {
          const page = document.querySelector("lx-control-page").shadowRoot;
          const shown = page.querySelector("lx-sound-panel").shadowRoot
            .querySelector("lx-loudness").shadowRoot.querySelector("dd").innerText;
          const lufs = parseFloat(shown);
          return lufs < -10 && lufs > -60;
        }"""
    )
    await desk.locator("lx-sound-panel .top select").select_option("-23")
    await until(serving, "sound", target_lufs=-23)


async def test_meters_move_25_times_a_second_without_layout(desk: Page) -> None:
    cdp = await desk.context.new_cdp_session(desk)
    await cdp.send("Performance.enable")

    async def layouts() -> float:
        told = await cdp.send("Performance.getMetrics")
        return float(next(one["value"] for one in told["metrics"] if one["name"] == "LayoutCount"))

    # The rest of the page has a clock and pictures of its own.
    await desk.evaluate(ALONE)
    await desk.evaluate(MOVED)
    await desk.wait_for_timeout(500)
    moved, before = await desk.evaluate("window.moved"), await layouts()
    await desk.wait_for_timeout(MEASURED_S * 1000)
    moved = await desk.evaluate("window.moved") - moved
    grown = await layouts() - before
    # Three strips are told 25 times a second; a busy machine shows fewer, of like ones none.
    assert moved > 3 * 10 * MEASURED_S
    # The figures of loudness are texts and change four times a second; meters add nothing.
    assert grown < 6 * MEASURED_S < moved
