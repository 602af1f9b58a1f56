"""Pages in Chromium against the media process alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
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
PUBLISH_LAYERS = """
async (codec) => {
  const pc = (window.pc = new RTCPeerConnection());
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { width: 1280, height: 720, frameRate: 15 } });
  const transceiver = pc.addTransceiver(stream.getTracks()[0], { direction: "sendonly",
    sendEncodings: [
      { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 150000 },
      { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 400000 },
      { rid: "h", maxBitrate: 1200000 }] });
  const { codecs } = RTCRtpSender.getCapabilities("video");
  transceiver.setCodecPreferences(
    codecs.filter((c) => c.mimeType === codec || c.mimeType === "video/rtx"));
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}"""
RIDS = ("l", "m", "h")
LAYERS = """
async () => {
  const found = {};
  for (const report of (await window.pc.getStats()).values())
    if (report.type === "outbound-rtp") found[report.rid] = report.framesSent;
  return found;
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


Choice = Callable[[str], bool]
"""Of a candidate's attribute: whether the page hears of it."""


def everything(_candidate: str) -> bool:
    return True


def only(sdp: str, choice: Choice) -> str:
    lines = sdp.split("\r\n")
    return "\r\n".join(line for line in lines if not line.startswith("a=candidate") or choice(line))


async def publish(media: Media, page: Page, codec: str, choice: Choice = everything) -> None:
    offer = await page.evaluate(PUBLISH, codec)
    await media.put(Peer(id=HALL, direction="receive"))
    for mid, kind in offer["mids"]:
        await media.put(
            Publication(id=PUBLICATIONS[kind], peer=HALL, mid=mid, kind=MediaKind(kind))
        )
    await answer(media, page, offer["sdp"], choice)


async def answer(media: Media, page: Page, sdp: str, choice: Choice = everything) -> None:
    described = await media.command(NegotiateReceive(peer=HALL, sdp=sdp))
    assert isinstance(described, Description)
    await page.evaluate(ANSWER, only(described.sdp, choice))


async def publish_layers(media: Media, page: Page, codec: str) -> None:
    """Three layers on one m-line: 180, 360 and 720 rows."""
    sdp = await page.evaluate(PUBLISH_LAYERS, codec)
    await media.put(Peer(id=HALL, direction="receive"))
    await media.put(
        Publication(id=PUBLICATIONS["video"], peer=HALL, mid="0", kind=MediaKind.VIDEO, rids=RIDS)
    )
    await answer(media, page, sdp)


async def subscribe(
    media: Media, page: Page, *kinds: str, choice: Choice = everything, layer: int = 0
) -> None:
    await media.put(Peer(id=VIEWER, direction="send"))
    for kind in kinds:
        publication = PUBLICATIONS[kind]
        await media.put(
            Subscription(
                id=SubscriptionId(publication + 10),
                peer=VIEWER,
                publication=publication,
                kind=MediaKind(kind),
                layer=Layer(layer if kind == "video" else 0),
            )
        )
    offer = await media.command(NegotiateSend(peer=VIEWER))
    assert isinstance(offer, Description)
    described = await page.evaluate(SUBSCRIBE, only(offer.sdp, choice))
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
async def stage(
    tmp_path: Path, count: int, udp_host: str = "127.0.0.1"
) -> AsyncIterator[tuple[Media, list[Page]]]:
    async with (
        running_media(tmp_path, udp_host=udp_host) as media,
        async_playwright() as playwright,
        chromium(playwright, FAKE_DEVICES) as browser,
        pages(browser, count) as opened,
    ):
        yield media, opened
