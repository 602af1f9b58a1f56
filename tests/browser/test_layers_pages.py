"""What a page sends follows who takes it, and its connections outlive their paths."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.harness.chromium import PICTURE, fresh_context, join_room
from tests.harness.serving import Serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

KEEP_PEERS = """
window.peers = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.peers.push(this); }
};
"""
PUBLISHER = "window.peers.findLast((peer) => peer.getSenders().some((one) => one.track))"
SENT = f"""
async () => {{
  const peer = {PUBLISHER};
  const sender = peer.getSenders().find((one) => one.track?.kind === "video");
  const frames = {{}};
  for (const row of (await sender.getStats()).values())
    if (row.type === "outbound-rtp") frames[row.rid] = row.framesSent;
  return sender.getParameters().encodings.map(({{ rid, active }}) =>
    [rid, active, frames[rid] ?? 0]);
}}"""
LOSE_PATH = """
(which) => {
  const peer = window.peers.findLast((one) =>
    one.getSenders().some((sender) => sender.track) === (which === "publish"));
  const before = peer.localDescription.sdp.match(/ice-ufrag:(.*)/)[1];
  window.restarted = () => peer.remoteDescription.sdp.match(/ice-ufrag:(.*)/)[1];
  window.path = window.restarted();
  Object.defineProperty(peer, "iceConnectionState", {
    get: () => "disconnected", configurable: true });
  peer.dispatchEvent(new Event("iceconnectionstatechange"));
  window.find = () => { delete peer.iceConnectionState; };
}"""
RESTARTED = "(which) => lianxian[which]().restarts === 1 && window.restarted() !== window.path"

Sent = dict[str, tuple[bool, int]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(serving: Serving, browser: Browser) -> AsyncIterator[Page]:
    context, _ = await fresh_context(browser)
    await context.add_init_script(KEEP_PEERS)
    opened = await context.new_page()
    await join_room(opened, serving.link("bj-studio", query=PICTURE))
    yield opened
    await context.close()


async def until_sent(page: Page, right: Callable[[Sent], bool], what: str) -> Sent:
    sent: Sent = {}
    for _ in range(100):
        found: list[tuple[str, bool, int]] = await page.evaluate(SENT)
        sent = {rid: (active, frames) for rid, active, frames in found}
        if right(sent):
            return sent
        await asyncio.sleep(0.1)
    pytest.fail(f"did not happen: {what}: {sent}")


def only(*rids: str) -> Callable[[Sent], bool]:
    return lambda sent: {rid for rid, (active, _) in sent.items() if active} == set(rids)


async def grows(page: Page, rid: str) -> None:
    before = (await until_sent(page, only(rid), f"only {rid} is sent"))[rid][1]
    await until_sent(page, lambda sent: sent[rid][1] > before + 10, f"pictures of {rid} are sent")


async def test_layers_nobody_takes_are_not_sent(serving: Serving, page: Page) -> None:
    assert set(await until_sent(page, only(), "nobody takes anything")) == {"l", "h"}
    await asyncio.to_thread(serving.put_on_air, "full", "bj-studio")
    await grows(page, "h")
    await asyncio.to_thread(serving.put_on_air, "full", "beijing")
    await until_sent(page, only(), "nobody takes it any more")


async def test_a_recording_takes_the_largest(serving: Serving, page: Page) -> None:
    with serving.recorded():
        await grows(page, "h")
        await asyncio.to_thread(serving.stop_recording)
    await until_sent(page, only(), "nobody takes it any more")


@pytest.mark.parametrize("which", ["publish", "subscribe"])
async def test_another_path_is_found_on_the_same_connection(
    serving: Serving, page: Page, which: str
) -> None:
    handshakes = await asyncio.to_thread(serving.metric, "lianxian_media_handshakes_total")
    before = (await asyncio.to_thread(serving.state, "seat/bj-studio"))["devices"]
    await page.evaluate(LOSE_PATH, which)
    await page.wait_for_function(RESTARTED, arg=which)
    await page.evaluate("window.find()")
    await asyncio.to_thread(serving.put_on_air, "full", "bj-studio")
    await grows(page, "h")
    link: dict[str, Any] = await page.evaluate("(which) => lianxian[which]()", which)
    assert link == {"state": "connected", "connections": 1, "restarts": 1}
    after = await asyncio.to_thread(serving.metric, "lianxian_media_handshakes_total")
    assert after == handshakes
    devices = (await asyncio.to_thread(serving.state, "seat/bj-studio"))["devices"]
    assert [one["id"] for one in devices] == [one["id"] for one in before]
