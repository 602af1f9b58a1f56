"""Chromium on both ends of the media process alone: what it sends, what it decodes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.browser.media_pages import (
    LIPS_MS,
    RESTART,
    VIEWER,
    answer,
    apart_ms,
    decodes,
    publish,
    stage,
    state,
    statistics,
    subscribe,
)

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("codec", ["video/VP8", "video/H264"])
async def test_a_page_publishes_and_another_sees_and_hears(tmp_path: Path, codec: str) -> None:
    async with stage(tmp_path, 2) as (media, (hall, viewer)):
        await publish(media, hall, codec)
        await subscribe(media, viewer, "video", "audio")
        seen = await statistics(
            viewer,
            lambda found: (
                decodes(30)(found)
                and found["audio"].get("totalSamplesReceived", 0) > 48_000
                and abs(apart_ms(found)) < LIPS_MS
            ),
            "30 pictures, a second of sound, both at one time by the sender reports",
        )
        assert seen["video"]["frameWidth"] > 0
        assert seen["video"]["packetsLost"] == 0
        sent = await statistics(
            hall,
            lambda found: found["video"].get("targetBitrate", 0) >= 1_000_000,
            "the publisher may send more than 1 Mbit/s",
        )
        assert sent["video"]["framesEncoded"] > 0
        assert await media.metric("drops_total", reason="srtp_refused") == 0
        await viewer.evaluate("window.pc.close()")
        await state(media, VIEWER, "closed")


async def test_an_ice_restart_and_a_late_subscription_keep_the_call(tmp_path: Path) -> None:
    async with stage(tmp_path, 2) as (media, (hall, viewer)):
        await publish(media, hall, "video/VP8")
        await subscribe(media, viewer, "video")
        await statistics(viewer, decodes(5), "pictures")
        await answer(media, hall, await hall.evaluate(RESTART))
        await subscribe(media, viewer, "video", "audio")
        before = await statistics(viewer, lambda found: "audio" in found, "sound as well")
        count = before["video"]["framesDecoded"]
        await statistics(viewer, decodes(count + 20), "pictures go on")
        assert await media.metric("handshakes_total") == 2
        assert await media.metric("peers", state="connected") == 2


async def test_a_page_that_is_loaded_again_connects_anew(tmp_path: Path) -> None:
    async with stage(tmp_path, 2) as (media, (hall, viewer)):
        calls: tuple[Callable[[], Awaitable[None]], ...] = (
            lambda: publish(media, hall, "video/VP8"),
            lambda: subscribe(media, viewer, "video"),
        )
        for call in calls:
            await call()
        await statistics(viewer, decodes(5), "pictures")
        for page, call in zip((hall, viewer), calls, strict=True):
            await page.reload()
            await call()
        await statistics(viewer, decodes(5), "pictures after both were loaded again")
        assert await media.metric("handshakes_total") == 4
