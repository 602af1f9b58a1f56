"""A hall behind a network that lets nothing through but TURN: by UDP, by TCP, by TLS."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Page, Playwright

from tests.harness.chromium import FAKE_DEVICES, PICTURE, chromium, fresh_context, join_room
from tests.harness.coturn import RELAY_ONLY, Coturn, relaying
from tests.harness.serving import Serving, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(200),
]

SEATS = {"udp": "beijing", "tcp": "hunan", "tls": "bj-studio"}
PATHS = """async () => Promise.all(window.connections.map(async (connection) => {
  const stats = await connection.getStats();
  const pairs = [...stats.values()].filter((one) =>
    one.type === "candidate-pair" && one.nominated && one.state === "succeeded");
  const pictures = (type) => [...stats.values()].find((one) =>
    one.type === type && one.kind === "video");
  const local = pairs.length > 0 ? stats.get(pairs[0].localCandidateId) : {};
  return { type: local.candidateType, by: local.relayProtocol,
           decoded: pictures("inbound-rtp")?.framesDecoded ?? 0,
           sent: pictures("outbound-rtp")?.framesSent ?? 0 };
}))"""


@pytest.fixture(scope="module")
def relayed(coturn: Coturn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with relaying(coturn, tmp_path_factory.mktemp("turn")) as running:
        yield running


async def paths(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await page.evaluate(PATHS)
    return found


def flowing(connections: list[dict[str, Any]]) -> bool:
    """Whether pictures go out on one connection and come in on another."""
    sent = any(one["sent"] > 10 for one in connections)
    return sent and any(one["decoded"] > 10 for one in connections)


@pytest.mark.parametrize("by", SEATS)
async def test_a_site_sends_and_receives_through_the_relay(
    relayed: Serving, coturn: Coturn, playwright: Playwright, by: str
) -> None:
    # Nobody signed the relay's certificate; a real one has a name and a signature.
    async with chromium(playwright, FAKE_DEVICES, "--ignore-certificate-errors") as browser:
        context, _ = await fresh_context(browser, width=960, height=600)
        uri = dict(zip(SEATS, coturn.uris, strict=True))[by]
        await context.add_init_script(RELAY_ONLY % uri)
        page = await context.new_page()
        await join_room(page, relayed.link(SEATS[by], query=PICTURE))
        async with asyncio.timeout(15):
            while not flowing(used := await paths(page)):
                await asyncio.sleep(0.2)
        assert {(one["type"], one["by"]) for one in used} == {("relay", by)}
        await context.close()


async def test_credentials_are_nobody_s_to_read(relayed: Serving, coturn: Coturn) -> None:
    wait_for(lambda: "beijing>" in coturn.said(), 5, "the seat stands in the relay's user name")
    told = relayed.log_path.read_text(errors="replace")
    assert "event.opened" in told
    for secret in (coturn.secret, "credential", ":beijing"):
        assert secret not in told
