"""Chromium on both ends of the media process alone: what it sends, what it decodes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from mixer.wire.control import (
    Description,
    FinishSend,
    NegotiateReceive,
    NegotiateSend,
    PeerState,
)
from mixer.wire.ids import Layer, MediaKind, PeerId, PublicationId, SubscriptionId
from mixer.wire.resources import Peer, Publication, Subscription
from tests.harness.chromium import FAKE_DEVICES, chromium
from tests.system.media_rig import Media, running_media

pytestmark = pytest.mark.browser

HALL, VIEWER = PeerId(1), PeerId(2)
PUBLICATIONS = {"audio": PublicationId(10), "video": PublicationId(11)}
PUBLISH = """
async (codec) => {
  const pc = (window.pc = new RTCPeerConnection());
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { width: 640, height: 360, frameRate: 15 }, audio: true });
  for (const track of stream.getTracks()) {
    const transceiver = pc.addTransceiver(track, { direction: "sendonly", streams: [stream] });
    if (track.kind === "video") {
      const { codecs } = RTCRtpSender.getCapabilities("video");
      const rest = ["video/rtx"];
      transceiver.setCodecPreferences(
        codecs.filter((c) => c.mimeType === codec || rest.includes(c.mimeType)));
    }
  }
  await pc.setLocalDescription();
  return { sdp: pc.localDescription.sdp,
           mids: pc.getTransceivers().map((t) => [t.mid, t.sender.track.kind]) };
}"""
RESTART = """
async () => {
  window.pc.restartIce();
  await window.pc.setLocalDescription();
  return window.pc.localDescription.sdp;
}"""
SUBSCRIBE = """
async (sdp) => {
  const pc = (window.pc ??= new RTCPeerConnection());
  pc.ontrack = ({ track }) => {
    const element = document.createElement(track.kind);
    Object.assign(element, { autoplay: true, muted: true, srcObject: new MediaStream([track]) });
    document.body.append(element);
  };
  await pc.setRemoteDescription({ type: "offer", sdp });
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}"""
ANSWER = "(sdp) => window.pc.setRemoteDescription({ type: 'answer', sdp })"
STATISTICS = """
async () => {
  const found = {};
  for (const report of (await window.pc.getStats()).values())
    if (["inbound-rtp", "outbound-rtp"].includes(report.type)) found[report.kind] = report;
  return found;
}"""

LIPS_MS = 300.0
"""The two are read one after the other on a machine that does other things too."""
Statistics = dict[str, dict[str, Any]]


@contextlib.asynccontextmanager
async def pages(browser: Browser, count: int) -> AsyncIterator[list[Page]]:
    """Empty pages of a secure origin."""
    context = await browser.new_context()
    await context.route(
        "http://localhost/**",
        lambda route: route.fulfill(body="<html></html>", content_type="text/html"),
    )
    opened = [await context.new_page() for _ in range(count)]
    for page in opened:
        await page.goto("http://localhost/")
    yield opened
    await context.close()


async def publish(media: Media, page: Page, codec: str) -> None:
    offer = await page.evaluate(PUBLISH, codec)
    await media.put(Peer(id=HALL, direction="receive"))
    for mid, kind in offer["mids"]:
        await media.put(
            Publication(id=PUBLICATIONS[kind], peer=HALL, mid=mid, kind=MediaKind(kind))
        )
    await answer(media, page, offer["sdp"])


async def answer(media: Media, page: Page, sdp: str) -> None:
    described = await media.command(NegotiateReceive(peer=HALL, sdp=sdp))
    assert isinstance(described, Description)
    await page.evaluate(ANSWER, described.sdp)


async def subscribe(media: Media, page: Page, *kinds: str) -> None:
    await media.put(Peer(id=VIEWER, direction="send"))
    for kind in kinds:
        publication = PUBLICATIONS[kind]
        await media.put(
            Subscription(
                id=SubscriptionId(publication + 10),
                peer=VIEWER,
                publication=publication,
                kind=MediaKind(kind),
                layer=Layer(0),
            )
        )
    offer = await media.command(NegotiateSend(peer=VIEWER))
    assert isinstance(offer, Description)
    described = await page.evaluate(SUBSCRIBE, offer.sdp)
    await media.command(FinishSend(peer=VIEWER, sdp=described))


async def statistics(page: Page, right: Callable[[Statistics], bool], what: str) -> Statistics:
    """Read a page's statistics until they are right."""
    for _ in range(150):
        found: Statistics = await page.evaluate(STATISTICS)
        if right(found):
            return found
        await asyncio.sleep(0.1)
    pytest.fail(f"did not happen: {what}: {found}")


def apart_ms(found: Statistics) -> float:
    """How far the picture shown is from the sound played, on the sender's clock."""
    shown, played = (
        found[kind].get("estimatedPlayoutTimestamp", 0.0) for kind in ("video", "audio")
    )
    return float(shown - played) if shown and played else float("inf")


def decodes(pictures: int) -> Callable[[Statistics], bool]:
    return lambda found: found.get("video", {}).get("framesDecoded", 0) >= pictures


async def state(media: Media, peer: PeerId, wanted: str) -> None:
    for _ in range(100):
        states = [
            event.state
            for event in media.events
            if isinstance(event, PeerState) and event.peer == peer
        ]
        if states[-1:] == [wanted]:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"peer {peer} went {states}, not {wanted}")


@contextlib.asynccontextmanager
async def stage(tmp_path: Path, count: int) -> AsyncIterator[tuple[Media, list[Page]]]:
    async with (
        running_media(tmp_path) as media,
        async_playwright() as playwright,
        chromium(playwright, FAKE_DEVICES) as browser,
        pages(browser, count) as opened,
    ):
        yield media, opened


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
