"""A member's and a desk's own line as it grows narrow: what the server sends, what a page says.

The whole server, pages behind a relay that has a rate, a hall whose picture is hard to code.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Playwright

from tests.harness.camera import write_wav
from tests.harness.chromium import (
    FAKE_DEVICES,
    PICTURE,
    chromium,
    fresh_context,
    join_room,
)
from tests.harness.line import Impairment
from tests.harness.relay import Relay
from tests.harness.serving import ROOT, Serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
]

HALL, MEMBER = "beijing", "bj-studio"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
MADE = ROOT / "build" / "screenshots"
PAUSED_ZH = "网络较慢，画面已暂停，声音继续"
PAUSED_EN = "Slow connection: picture paused, sound goes on"
LOW_ZH = "网络较慢，画质已降低，声音正常"
UP = Impairment(delay_ms=20)
WIDE = 5_000_000


def narrow(rate_bps: int) -> Impairment:
    return Impairment(rate_bps=rate_bps, queue_bytes=rate_bps // 8 * 3 // 10, delay_ms=20)


def write_restless(path: Path, width: int = 640, height: int = 360, rate: int = 15) -> Path:
    """Two seconds of coarse noise, another one in each picture: as many bits as a coder may use."""
    dice = np.random.default_rng(7)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{rate}:1 Ip A1:1 C420mpeg2\n".encode())
        for _ in range(2 * rate):
            coarse = dice.integers(40, 216, (height // 8, width // 8), dtype=np.uint8)
            luma = np.repeat(np.repeat(coarse, 8, axis=0), 8, axis=1)
            grey = np.full((height // 2, width // 2), 128, np.uint8)
            file.write(b"FRAME\n" + luma.tobytes() + grey.tobytes() * 2)
    return path


@pytest.fixture(scope="module")
def relay(serving: Serving) -> Iterator[Relay]:
    with Relay(serving.udp_port, up=UP, down=narrow(WIDE)) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def camera(
    serving: Serving, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Browser]:
    """A hall with a restless picture is on air; its browser has room for other pages."""
    folder = tmp_path_factory.mktemp("film")
    film, sound = write_restless(folder / "film.y4m"), write_wav(folder / "tone.wav", 440.0)
    async with chromium(
        playwright,
        FAKE_DEVICES,
        f"--use-file-for-fake-video-capture={film}",
        f"--use-file-for-fake-audio-capture={sound}",
    ) as browser:
        context, _ = await fresh_context(browser, width=640, height=480)
        page = await context.new_page()
        await join_room(page, serving.link(HALL, query=PICTURE))
        await asyncio.to_thread(serving.put_on_air, "full", HALL)
        yield browser


class Seen:
    """What the server sends to a seat."""

    def __init__(self, serving: Serving, seat: str) -> None:
        self._serving = serving
        self._seat = seat

    async def picture(self) -> str:
        """``main``, ``low``, ``paused`` or empty."""
        return await asyncio.to_thread(self._picture)

    def _picture(self) -> str:
        samples = self._serving.metrics()
        ours = rf'lianxian_server_peer{{.*seat="{self._seat}".*direction="send"'
        ours_too = rf'lianxian_server_peer{{.*direction="send".*seat="{self._seat}"'
        named = [
            found[1]
            for key in samples
            if re.match(ours, key) or re.match(ours_too, key)
            if (found := re.search(r'peer="(\d+)"', key))
        ]
        if len(named) != 1:
            return ""
        peer = f'peer="{named[0]}"'

        def total(name: str) -> float:
            return sum(
                value
                for key, value in samples.items()
                if key.startswith(f"lianxian_media_{name}{{") and peer in key
            )

        if total("subscription_paused"):
            return "paused"
        # The sound's layer is 0.
        return {0: "low", 1: "main"}.get(int(total("subscription_current_layer")), "")

    async def until(self, picture: str, within_s: float) -> None:
        began = time.monotonic()
        while (now := await self.picture()) != picture:
            if time.monotonic() - began > within_s:
                pytest.fail(f"{self._seat} gets {now!r}, not {picture!r} in {within_s} s")
            await asyncio.sleep(0.2)


async def keep(page: Page, name: str, *sizes: tuple[int, int]) -> None:
    """Pictures for a person to look at."""
    MADE.mkdir(parents=True, exist_ok=True)
    for width, height in sizes:
        await page.set_viewport_size({"width": width, "height": height})
        await page.wait_for_timeout(300)
        await page.screenshot(path=MADE / f"{name}-{width}.png")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def member(serving: Serving, camera: Browser, relay: Relay) -> AsyncIterator[Page]:
    context, _ = await fresh_context(camera)
    await context.add_init_script(relay.script)
    page = await context.new_page()
    await join_room(page, serving.link(MEMBER, query=PICTURE))
    yield page
    await context.close()


async def test_behind_5_mbits_a_member_is_on_main(serving: Serving, member: Page) -> None:
    await Seen(serving, MEMBER).until("main", 10)
    await member.wait_for_function(
        "(video) => video.videoWidth === 1280",
        arg=await member.locator("lx-programme video").element_handle(),
    )
    assert await member.locator("lx-programme .note").count() == 0


async def test_behind_500_kbits_it_is_on_low_and_told_why(
    serving: Serving, member: Page, relay: Relay
) -> None:
    relay.change(down=narrow(500_000))
    await Seen(serving, MEMBER).until("low", 10)
    told = member.locator("lx-call-bar lx-quality [data-cause=narrow_receiving]")
    await told.wait_for()
    assert LOW_ZH in await told.inner_text()
    await keep(member, "room-low", (390, 844), (1366, 768))


async def test_behind_120_kbits_it_is_on_sound_alone_and_told_why(
    serving: Serving, member: Page, relay: Relay
) -> None:
    relay.change(down=narrow(120_000))
    await Seen(serving, MEMBER).until("paused", 10)
    note = member.locator("lx-programme .note")
    await note.wait_for()
    assert await note.inner_text() == PAUSED_ZH
    told = member.locator("lx-call-bar lx-quality [data-cause=picture_paused]")
    await told.wait_for()
    assert PAUSED_ZH in await told.inner_text()
    assert await loudest(member) > 0.001
    await keep(member, "room-paused", (390, 844), (1366, 768))


async def loudest(page: Page) -> float:
    """The highest sample that arrives in a second; a tone is on air."""
    video = page.locator("lx-programme video")
    return float(
        await video.evaluate(
            """async (video) => {
              const [track] = video.srcObject.getAudioTracks();
              const context = new AudioContext();
              const analyser = context.createAnalyser();
              context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
              const samples = new Float32Array(analyser.fftSize);
              let loudest = 0;
              for (let turn = 0; turn < 20; turn += 1) {
                await new Promise((resolve) => setTimeout(resolve, 50));
                analyser.getFloatTimeDomainData(samples);
                loudest = Math.max(loudest, ...samples.map(Math.abs));
              }
              await context.close();
              return loudest;
            }"""
        )
    )


async def test_when_it_opens_again_main_comes_back_and_nothing_is_told(
    serving: Serving, member: Page, relay: Relay
) -> None:
    relay.change(down=narrow(WIDE))
    await Seen(serving, MEMBER).until("main", 10)
    await member.locator("lx-programme .note").wait_for(state="detached")
    await member.locator("lx-call-bar lx-quality [data-cause=picture_paused]").wait_for(
        state="detached"
    )


async def test_a_page_that_is_small_asks_for_low_and_is_not_called_slow(
    serving: Serving, member: Page
) -> None:
    seen = Seen(serving, MEMBER)
    await member.set_viewport_size({"width": 390, "height": 844})
    await seen.until("low", 5)
    await member.wait_for_timeout(2_500)
    assert await member.locator("lx-quality [data-cause=narrow_receiving]").count() == 0
    await member.set_viewport_size({"width": 1366, "height": 768})
    await seen.until("main", 10)


async def test_the_desk_is_told_of_its_own_line_and_of_a_site_s(
    serving: Serving, camera: Browser, member: Page, relay: Relay
) -> None:
    with Relay(serving.udp_port, up=UP, down=narrow(160_000)) as own:
        context, _ = await fresh_context(camera, locale="en")
        await context.add_init_script(own.script)
        page = await context.new_page()
        await page.goto(serving.link("director"))
        await page.locator("lx-control-page .page[data-state=seated]").wait_for()
        relay.change(down=narrow(120_000))
        note = page.locator("lx-programme-pane .note")
        await note.wait_for(timeout=40_000)
        assert await note.inner_text() == PAUSED_EN
        tile = page.locator(f"lx-tiles button[data-picture={HALL}] .paused")
        await tile.wait_for()
        await page.locator("lx-preview-pane [data-mark=narrow]").wait_for()
        await page.locator("#tab-sites").click()
        site = page.locator(f"lx-site-list li[data-seat={MEMBER}] lx-quality details")
        await page.wait_for_function(
            "(details) => details.dataset.cause === 'picture_paused'",
            arg=await site.element_handle(),
            timeout=30_000,
        )
        assert "sound alone" in await site.inner_text()
        await keep(page, "control-paused", (390, 844), (1366, 768))
        await context.close()
    relay.change(down=narrow(WIDE))


CAUSES = re.search(
    r"export type Cause =([^;]+);",
    (ROOT / "web" / "client" / "quality.ts").read_text(encoding="utf-8"),
)
SHOW_ALL = """async (causes) => {
  document.body.replaceChildren();
  const main = document.createElement("main");
  const heading = document.createElement("h1");
  heading.textContent = "lx-quality";
  main.append(heading);
  document.body.append(main);
  const measured = (cause, grade) => ({ cause, grade, rtt_ms: 40, lossSending_percent: 1.2,
    lossReceiving_percent: 0, sending_kbps: 900, receiving_kbps: 90, decoded_fps: 25,
    sent_fps: 15, carries_kbps: 120 });
  const made = [];
  for (const site of ["", "Hunan"]) {
    for (const [index, cause] of [undefined, ...causes].entries()) {
      const element = document.createElement("lx-quality");
      element.site = site;
      element.quality = cause === undefined ? undefined : measured(cause, 1 + (index % 5));
      element.style.display = "block";
      main.append(element);
      await element.updateComplete;
      const details = element.renderRoot.querySelector("details");
      if (details !== null && index % 2 === 1) {
        details.open = true;
      }
      made.push(element);
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 1200));
  return made.map((one) => one.renderRoot.textContent.trim().length > 0);
}"""


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
async def test_the_quality_of_a_connection_can_be_read_by_all_in_every_state(
    serving: Serving, camera: Browser, locale: str, width: int, height: int
) -> None:
    assert CAUSES is not None
    causes = re.findall(r'"(\w+)"', CAUSES[1])
    assert {"good", "picture_paused", "narrow_receiving"} <= set(causes)
    context, _ = await fresh_context(camera, locale=locale, width=width, height=height)
    page = await context.new_page()
    await page.goto(serving.link("director", page="control"))
    await page.evaluate("() => customElements.whenDefined('lx-quality')")
    said = await page.evaluate(SHOW_ALL, causes)
    assert said == [True] * (2 * len(causes) + 2)
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    await keep(page, f"quality-{locale}", (width, height))
    assert [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]] == []
    await context.close()
