"""Chromium behind a real relay that has a rate: what it is sent follows what the line carries."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from mixer.wire.control import Description, FinishSend, NegotiateSend, PeerQuality
from mixer.wire.ids import Layer, MediaKind, PeerId, SubscriptionId
from mixer.wire.resources import Clock, Peer, Priority, Subscription
from tests.browser.media_pages import STATISTICS, SUBSCRIBE, pages
from tests.browser.played_programme import PROGRAMME, SOUND, PlayedProgramme
from tests.harness.chromium import chromium
from tests.harness.line import Impairment
from tests.harness.relay import Relay
from tests.system.media_rig import Media, running_media, until

pytestmark = pytest.mark.browser

VIEWER = PeerId(2)
LOW, MAIN = 0, 1


def narrow(rate_bps: int) -> Impairment:
    return Impairment(rate_bps=rate_bps, queue_bytes=rate_bps // 8 * 3 // 10, delay_ms=25)


@contextlib.asynccontextmanager
async def member(tmp_path: Path, down: Impairment) -> AsyncIterator[tuple[Media, Page, Relay]]:
    """Programme and sound are played; a page is there that has not subscribed yet."""
    async with running_media(tmp_path) as media:
        origin_ns = time.monotonic_ns()
        clock = Clock(event=1, origin_monotonic_ns=origin_ns, origin_wall_ns=time.time_ns())
        await media.put(clock)
        played = PlayedProgramme(media.boot.link_socket, origin_ns)
        await until(lambda: played.link.connected, "the worker is linked")
        playing = asyncio.create_task(played.play())
        up = Impairment(delay_ms=25)
        async with async_playwright() as playwright, chromium(playwright) as browser:
            with Relay(media.worker.port, up=up, down=down) as relay:
                async with pages(browser, 1) as (page,):
                    yield media, page, relay
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        await played.die()


async def subscribe(media: Media, page: Page, relay: Relay) -> None:
    await media.put(Peer(id=VIEWER, direction="send"))
    for publication, kind, layer, priority in (
        (PROGRAMME, MediaKind.VIDEO, MAIN, Priority.ON_AIR),
        (SOUND, MediaKind.AUDIO, 0, Priority.SOUND),
    ):
        await media.put(
            Subscription(
                id=SubscriptionId(publication + 100),
                peer=VIEWER,
                publication=publication,
                kind=kind,
                layer=Layer(layer),
                priority=priority,
            )
        )
    offer = await media.command(NegotiateSend(peer=VIEWER))
    assert isinstance(offer, Description)
    described = await page.evaluate(SUBSCRIBE, relay.through(offer.sdp))
    await media.command(FinishSend(peer=VIEWER, sdp=described))


async def layer_of(media: Media) -> int:
    number = str(PROGRAMME + 100)
    return int(await media.metric("subscription_current_layer", subscription=number))


async def reached(media: Media, layer: int, within_s: float) -> float:
    """Seconds until the page was sent that layer."""
    began = time.monotonic()
    while await layer_of(media) != layer:
        assert time.monotonic() - began < within_s, f"not on layer {layer}"
        await asyncio.sleep(0.1)
    return time.monotonic() - began


async def sound_of(page: Page) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = await page.evaluate(STATISTICS)
    return found["audio"]


def assert_whole(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Sound that was made up, and not because nobody spoke, is less than one part in a hundred."""
    heard = after["totalSamplesReceived"] - before["totalSamplesReceived"]
    made_up = after["concealedSamples"] - before["concealedSamples"]
    assert heard > 48_000
    assert made_up < 0.01 * heard
    assert after["packetsLost"] == before["packetsLost"]


def estimates(media: Media) -> list[float]:
    return [event.estimate_bps for event in media.events if isinstance(event, PeerQuality)]


async def test_a_page_behind_500_kbits_gets_low_and_main_when_it_opens(tmp_path: Path) -> None:
    async with member(tmp_path, narrow(500_000)) as (media, page, relay):
        await subscribe(media, page, relay)
        await reached(media, LOW, 5)
        await asyncio.sleep(3)
        before = await sound_of(page)
        for _ in range(40):
            assert await layer_of(media) == LOW
            await asyncio.sleep(0.1)
        assert_whole(before, await sound_of(page))
        down = relay.counters().down
        assert down.queue_full < 0.1 * down.arrived
        assert 350_000 < estimates(media)[-1] < 800_000
        relay.change(down=narrow(5_000_000))
        await reached(media, MAIN, 10)
        before = await sound_of(page)
        await asyncio.sleep(3)
        assert await layer_of(media) == MAIN
        assert_whole(before, await sound_of(page))
        assert estimates(media)[-1] > 2_000_000
