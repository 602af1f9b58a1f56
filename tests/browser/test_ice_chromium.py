"""How Chromium reaches the media process: TCP where UDP does not pass, IPv6, both."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.browser.media_pages import (
    RESTART,
    VIEWER,
    Choice,
    answer,
    decodes,
    publish,
    stage,
    state,
    statistics,
    subscribe,
)

pytestmark = pytest.mark.browser

PAIR = """
async () => {
  const found = await window.pc.getStats();
  for (const pair of found.values())
    if (pair.type === "candidate-pair" && pair.nominated && pair.state === "succeeded") {
      const { protocol, address, port } = found.get(pair.remoteCandidateId);
      return { protocol, address, port };
    }
}"""


def over(protocol: str, host: str) -> Choice:
    return lambda candidate: f" {protocol} " in candidate and f" {host} " in candidate


async def reached(page: Page) -> tuple[str, str]:
    pair = await page.evaluate(PAIR)
    assert pair
    return pair["protocol"], pair["address"]


@pytest.mark.parametrize(
    ("protocol", "host"), [("tcp", "127.0.0.1"), ("tcp", "::1"), ("udp", "::1")]
)
async def test_pictures_go_both_ways(tmp_path: Path, protocol: str, host: str) -> None:
    async with stage(tmp_path, 2, "::") as (media, (hall, viewer)):
        choice = over(protocol, host)
        await publish(media, hall, "video/VP8", choice)
        await subscribe(media, viewer, "video", "audio", choice=choice)
        before = (await statistics(viewer, decodes(20), "20 pictures"))["video"]["framesDecoded"]
        for page in (hall, viewer):
            assert await reached(page) == (protocol, host)
        if protocol == "udp":
            return
        assert await media.metric("streams") >= 2
        assert await media.metric("drops_total", reason="stream_full") == 0
        # An ICE restart on the same connection: another TCP connection, the same publication.
        await answer(media, hall, await hall.evaluate(RESTART), choice)
        await statistics(viewer, decodes(before + 20), "pictures go on")
        assert await media.metric("handshakes_total") == 2
        await viewer.evaluate("window.pc.close()")
        await state(media, VIEWER, "closed")
        assert await media.metric("drops_total", reason="control_bug") == 0
