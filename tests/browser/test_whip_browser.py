"""A browser encoder and player that we did not write (whip-whep), from a page of another origin."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, Playwright, Route

from tests.harness.chromium import FAKE_DEVICES, chromium, fresh_context
from tests.harness.serving import ROOT, Serving, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(120),
]

SEAT = "hunan"
LOOPBACK = "--disable-features=LocalNetworkAccessChecks"
"""The page is the test's own, from no address; Chromium would ask before it speaks to loopback."""
ORIGIN = "http://encoder.localhost:9"
CLIENT = ROOT / "web" / "node_modules" / "whip-whep"
HTML = """<!doctype html><script type="module">
import { WHIPClient } from "./whip.js";
import { WHEPClient } from "./whep.js";
window.clients = { WHIPClient, WHEPClient };
</script>"""
SEND = """async ({ url, token }) => {
  const stream = await navigator.mediaDevices.getUserMedia(
    { audio: true, video: { width: 640, height: 360, frameRate: 15 } });
  window.sending = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  for (const track of stream.getTracks())
    window.sending.addTransceiver(track, { direction: "sendonly", streams: [stream] });
  window.encoder = new window.clients.WHIPClient();
  await window.encoder.publish(window.sending, url, token);
}"""
PLAY = """async ({ url, token }) => {
  window.playing = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  window.playing.addTransceiver("audio", { direction: "recvonly" });
  window.playing.addTransceiver("video", { direction: "recvonly" });
  window.player = new window.clients.WHEPClient();
  await window.player.view(window.playing, url, token);
}"""
COUNT = """async ([connection, type, field]) => {
  const stats = [...(await window[connection].getStats()).values()];
  return stats.find((one) => one.type === type && one.kind === "video")?.[field] ?? 0;
}"""
SENT = ["sending", "outbound-rtp", "framesSent"]
DECODED = ["playing", "inbound-rtp", "framesDecoded"]


@pytest.fixture(scope="module")
def whip_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    # After a restart this client joins several candidates by a comma, so it gets one.
    data: Path = tmp_path_factory.mktemp("whip") / "data"
    running = Serving(data, ice_tcp="false")
    try:
        running.start()
        yield running
    finally:
        running.end()


async def fulfil(route: Route) -> None:
    name = route.request.url.removeprefix(f"{ORIGIN}/")
    if name.endswith(".js"):
        await route.fulfill(body=(CLIENT / name).read_text(), content_type="text/javascript")
    else:
        await route.fulfill(body=HTML, content_type="text/html")


@pytest_asyncio.fixture(loop_scope="module")
async def page(playwright: Playwright) -> AsyncIterator[Page]:
    async with chromium(playwright, FAKE_DEVICES, LOOPBACK) as browser:
        context, _ = await fresh_context(browser, width=640, height=400)
        opened = await context.new_page()
        await context.route(f"{ORIGIN}/**", fulfil)
        await opened.goto(f"{ORIGIN}/")
        await opened.wait_for_function("window.clients !== undefined")
        yield opened
        await context.close()


async def reaches(page: Page, counter: list[str], least: int) -> int:
    async with asyncio.timeout(20):
        while (count := int(await page.evaluate(COUNT, counter))) < least:
            await asyncio.sleep(0.2)
    return count


def devices(serving: Serving, seat: str) -> list[dict[str, Any]]:
    return list(serving.state(f"seat/{seat}")["devices"])


async def test_it_sends_and_plays_restarts_ice_and_leaves(whip_server: Serving, page: Page) -> None:
    serving = whip_server
    token = serving.link(SEAT).partition("#t=")[2]
    for script, kind in ((SEND, "whip"), (PLAY, "whep")):
        address = f"{serving.base_url}/{kind}/{SEAT}"
        await page.evaluate(script, {"url": address, "token": token})
    sent = await reaches(page, SENT, 15)
    await reaches(page, DECODED, 25)
    before = await asyncio.to_thread(devices, serving, SEAT)
    assert [(one["kind"], one["connection"]) for one in before] == [
        ("encoder", "connected"),
        ("player", "connected"),
    ]

    etag = await page.evaluate("window.encoder.etag")
    await page.evaluate("window.encoder.restart()")
    assert await page.evaluate("window.encoder.etag") not in {"", None, etag}
    await reaches(page, SENT, sent + 30)
    assert await page.evaluate("window.sending.iceConnectionState") in {"connected", "completed"}
    after = await asyncio.to_thread(devices, serving, SEAT)
    assert [one["id"] for one in after] == [one["id"] for one in before]
    assert await asyncio.to_thread(serving.metric, "lianxian_media_handshakes_total") == 2

    await page.evaluate("Promise.all([window.encoder.stop(), window.player.stop()])")
    await asyncio.to_thread(wait_for, lambda: devices(serving, SEAT) == [], 5, "both have left")
