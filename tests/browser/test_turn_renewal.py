"""A call through a relay that is longer than the credentials it began with."""

import asyncio
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Page, Playwright

from tests.harness.chromium import FAKE_DEVICES, PICTURE, chromium, fresh_context, join_room
from tests.harness.coturn import RELAY_ONLY, Coturn, relaying
from tests.harness.serving import Serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(200),
]

SEAT = "beijing"
HOURS = 0.01
"""36 s, renewed after 18."""
FRAMES = """async () => {
  const found = { sent: 0, decoded: 0 };
  const live = window.connections.filter((one) => one.signalingState !== "closed");
  found.made = window.connections.length;
  const used = live.map((one) => one.getConfiguration().iceServers[0].username);
  for (const connection of live) {
    for (const one of (await connection.getStats()).values()) {
      if (one.type === "inbound-rtp" && one.kind === "video") found.decoded += one.framesDecoded;
      if (one.type === "outbound-rtp" && one.kind === "video") found.sent += one.framesSent;
    }
  }
  const { publish, subscribe, state } = window.lianxian;
  const [server] = state().state.you.ice_servers;
  return { ...found, publish: publish(), subscribe: subscribe(), username: server.username, used };
}"""


@pytest.fixture(scope="module")
def relayed(coturn: Coturn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with relaying(coturn, tmp_path_factory.mktemp("turn"), turn_hours=str(HOURS)) as running:
        yield running


async def seen(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate(FRAMES)
    return found


async def flows(page: Page, within_s: float) -> dict[str, Any]:
    """Until pictures have gone on in both directions."""
    before = now = await seen(page)
    began = time.monotonic()
    while now["sent"] < before["sent"] + 15 or now["decoded"] < before["decoded"] + 15:
        if time.monotonic() - began > within_s:
            pytest.fail(f"pictures stand still: {before}, then {now}")
        await asyncio.sleep(0.3)
        now = await seen(page)
    return now


def held(serving: Serving) -> dict[str, list[str]]:
    """By what the server knows the seat: devices, peers, publications; and handshakes so far."""
    samples = serving.metrics()
    ours = re.compile(rf'lianxian_server_peer{{(?=.*seat="{SEAT}").*peer="(\d+)"')
    peers = sorted(found[1] for name in samples if (found := ours.search(name)))
    seat = serving.state(f"seat/{SEAT}")
    return {
        "devices": [one["id"] for one in seat["devices"]],
        "peers": peers,
        "publications": sorted(
            {
                found[1]
                for name in samples
                if name.startswith("lianxian_media_layer_packets_total")
                if (found := re.search(r'publication="(\d+)"', name))
            }
        ),
        "handshakes": [str(serving.metric("lianxian_media_handshakes_total"))],
    }


async def test_a_call_outlasts_its_credentials_and_finds_the_relay_again(
    relayed: Serving, coturn: Coturn, playwright: Playwright
) -> None:
    async with chromium(playwright, FAKE_DEVICES, "--ignore-certificate-errors") as browser:
        context, _ = await fresh_context(browser, width=960, height=600)
        await context.add_init_script(RELAY_ONLY % coturn.uris[1])
        page = await context.new_page()
        await join_room(page, relayed.link(SEAT, query=PICTURE))
        first = await flows(page, 20)
        expires_s = int(first["username"].partition(":")[0])
        await asyncio.sleep(max(0.0, expires_s + 2 - time.time()))
        before = await flows(page, 10)
        assert before["username"] != first["username"]
        assert int(before["username"].partition(":")[0]) > time.time()
        # Both connections look for another path by the fresh ones from now on.
        assert before["used"] == [before["username"]] * 2
        assert {before[one]["connections"] for one in ("publish", "subscribe")} == {1}
        kept = await asyncio.to_thread(held, relayed)
        assert len(kept["peers"]) == 2, kept
        assert len(kept["publications"]) >= 2, kept
        # All relays end. Only who has good credentials gets another one.
        said = len(coturn.said())
        await asyncio.to_thread(coturn.restart)
        after = await flows(page, 60)
        # The same connections found it by an ICE restart each: nothing was published anew.
        for direction in ("publish", "subscribe"):
            assert after[direction]["connections"] == 1, after
            assert after[direction]["restarts"] >= 1, after
        assert after["made"] == 2
        assert await asyncio.to_thread(held, relayed) == kept
        assert before["username"] in coturn.said()[said:]
        assert first["username"] not in coturn.said()[said:]
        await context.close()
