"""Two pages with a coded picture and a steady tone, each behind a bad line of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from mixer.wire.control import Description, FinishSend, NegotiateReceive, NegotiateSend
from mixer.wire.ids import Layer, MediaKind, SubscriptionId
from mixer.wire.resources import Peer, Publication, Subscription
from tests.browser.media_pages import ANSWER, HALL, PUBLICATIONS, RIDS, VIEWER, stage
from tests.harness.coded_picture import PAGE_SCRIPT
from tests.harness.line import Impairment
from tests.harness.relay import Relay, relay
from tests.system.media_rig import Media

PUBLISH = """
async ({ codec, width, height, fps, layers }) => {
  const pc = (window.pc = new RTCPeerConnection());
  const sound = pc.addTransceiver(coded.tone(440), { direction: "sendonly" });
  const picture = pc.addTransceiver(coded.camera(width, height, fps), {
    direction: "sendonly", sendEncodings: layers });
  const ordered = (kind, ...names) => {
    const { codecs } = RTCRtpSender.getCapabilities(kind);
    return names.flatMap((name) => codecs.filter((one) => one.mimeType.toLowerCase() === name));
  };
  sound.setCodecPreferences(ordered("audio", "audio/red", "audio/opus"));
  picture.setCodecPreferences(ordered("video", codec, "video/rtx"));
  await pc.setLocalDescription();
  return { sdp: pc.localDescription.sdp,
           mids: pc.getTransceivers().map((t) => [t.mid, t.sender.track.kind]) };
}"""
SUBSCRIBE = """
async (sdp) => {
  const pc = (window.pc = new RTCPeerConnection());
  pc.ontrack = ({ track }) => {
    if (track.kind === "video") window.seen = coded.watch(track);
    else coded.listen(track).then((heard) => (window.heard = heard));
  };
  await pc.setRemoteDescription({ type: "offer", sdp });
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}"""
MEASURED = """
async () => {
  const found = { seen: window.seen, heard: window.heard, audio: {}, video: {} };
  for (const report of (await window.pc.getStats()).values())
    if (report.type === "inbound-rtp") found[report.kind] = report;
  return found;
}"""
FORGET = """
() => {
  Object.assign(window.seen,
    { frames: 0, corrupt: [], longestGap_ms: 0, heights: {}, backwards: 0 });
  Object.assign(window.heard, { loud_ms: 0, gaps_ms: [] });
}"""
Measured = dict[str, dict[str, Any]]
THREE_LAYERS = [
    {"rid": "l", "scaleResolutionDownBy": 4, "maxBitrate": 200_000},
    {"rid": "m", "scaleResolutionDownBy": 2, "maxBitrate": 500_000},
    {"rid": "h", "maxBitrate": 1_200_000},
]


@dataclass
class LossyCall:
    """A publisher and a viewer; both relays' figures may change while they talk."""

    media: Media
    publisher: Page
    viewer: Page
    up: Relay
    down: Relay

    async def publish(self, codec: str, *, layered: bool = False) -> None:
        """Send a tone and the coded picture, in one size or three."""
        size = {"width": 960, "height": 540} if layered else {"width": 320, "height": 180}
        layers = THREE_LAYERS if layered else [{"maxBitrate": 600_000}]
        wish = {**size, "codec": codec, "fps": 12 if layered else 15, "layers": layers}
        offer = await self.publisher.evaluate(PUBLISH, wish)
        await self.media.put(Peer(id=HALL, direction="receive"))
        for mid, kind in offer["mids"]:
            rids = RIDS if layered and kind == "video" else ()
            await self.media.put(
                Publication(
                    id=PUBLICATIONS[kind], peer=HALL, mid=mid, kind=MediaKind(kind), rids=rids
                )
            )
        answer = await self.media.command(NegotiateReceive(peer=HALL, sdp=offer["sdp"]))
        assert isinstance(answer, Description)
        await self.publisher.evaluate(ANSWER, self.up.through(answer.sdp))

    async def subscribe(self) -> None:
        """Receive both."""
        await self.media.put(Peer(id=VIEWER, direction="send"))
        await self.prefer(0)
        await self._take("audio")
        offer = await self.media.command(NegotiateSend(peer=VIEWER))
        assert isinstance(offer, Description)
        described = await self.viewer.evaluate(SUBSCRIBE, self.down.through(offer.sdp))
        await self.media.command(FinishSend(peer=VIEWER, sdp=described))

    async def prefer(self, layer: int) -> None:
        """Take this layer of the picture."""
        await self._take("video", layer)

    async def _take(self, kind: str, layer: int = 0) -> None:
        publication = PUBLICATIONS[kind]
        await self.media.put(
            Subscription(
                id=SubscriptionId(publication + 10),
                peer=VIEWER,
                publication=publication,
                kind=MediaKind(kind),
                layer=Layer(layer),
            )
        )

    async def measured(self) -> Measured:
        """What the viewer saw and heard, and its statistics."""
        found: Measured = await self.viewer.evaluate(MEASURED)
        return found

    async def flows(self, timeout_s: float = 20.0) -> Measured:
        """Wait until picture and sound come, then measure from here on; the figures of now."""
        async with asyncio.timeout(timeout_s):
            while True:
                found = await self.measured()
                seen, heard = found.get("seen") or {}, found.get("heard") or {}
                if seen.get("frames", 0) > 15 and heard.get("loud_ms", 0) > 500:
                    break
                await asyncio.sleep(0.1)
        await self.viewer.evaluate(FORGET)
        return found


@contextlib.asynccontextmanager
async def lossy_call(tmp_path: Path, line: Impairment, seed: int = 1) -> AsyncIterator[LossyCall]:
    """Both sides behind lines that are equally bad both ways."""
    async with stage(tmp_path, 2) as (media, (publisher, viewer)):
        port = media.udp_port
        with relay(port, line, seed=seed) as up, relay(port, line, seed=seed + 100) as down:
            for page in (publisher, viewer):
                await page.add_script_tag(path=PAGE_SCRIPT)
            yield LossyCall(media, publisher, viewer, up, down)
