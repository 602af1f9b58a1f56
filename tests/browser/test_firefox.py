"""A person with Firefox is in the call as everybody else.

As Debian ships it, it shows no H.264: that is a plug-in which it fetches, and here it fetches
nothing.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.harness.firefox import Firefox, firefox
from tests.harness.serving import Serving, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

PREPARE = """() => {
  window.peers = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) { super(...given); window.peers.push(this); }
  };
}"""

JOIN = """document.querySelector("lx-join-page")?.shadowRoot
  ?.querySelector("main[data-state=ready]")?.querySelector("#join")"""
CONNECTED = """window.lianxian?.subscribe?.().state === "connected"
  && window.lianxian.publish().state === "connected" """
RECEIVED = """(async () => {
  const found = {};
  for (const peer of window.peers) {
    const rows = [...(await peer.getStats()).values()];
    for (const row of rows) {
      if (row.type !== "inbound-rtp") continue;
      const codec = rows.find((one) => one.id === row.codecId)?.mimeType;
      found[row.kind] = { codec, width: row.frameWidth, frames: row.framesDecoded,
        packets: row.packetsReceived };
    }
  }
  return found.video?.frames > 20 && found.audio?.packets > 50 ? found : null;
})()"""


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Firefox takes no part in ICE by way of the loopback interface."""
    data = tmp_path_factory.mktemp("firefox-serve") / "data"
    running = Serving(data, udp_host=own_address())
    try:
        running.start()
        yield running
    finally:
        running.end()


def own_address() -> str:
    """An address of this machine that other machines could reach; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback, which Firefox leaves out")
        return str(probe.getsockname()[0])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def person(
    serving: Serving, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Firefox]:
    folder: Path = tmp_path_factory.mktemp("firefox")
    async with firefox(folder) as browser:
        await browser.before_pages(PREPARE)
        await browser.goto(serving.link("bj-studio", query="?width=640&height=360&fps=15"))
        await browser.until(f"!!({JOIN})")
        await browser.evaluate(f"({JOIN}).click()")
        await browser.until(CONNECTED, 30)
        yield browser


async def test_firefox_sees_and_hears_the_programme_as_vp8(
    serving: Serving, person: Firefox
) -> None:
    await asyncio.to_thread(serving.put_on_air, "full", "bj-studio")
    received = await person.until(RECEIVED, 20)
    assert received["video"]["codec"] == "video/VP8"
    assert received["video"]["width"] == 1280
    assert received["audio"]["codec"] == "audio/opus"
    assert serving.metric("lianxian_picture_taken", layer="vp8") == 1


async def test_what_firefox_sends_is_in_the_programme(serving: Serving, person: Firefox) -> None:
    await asyncio.to_thread(serving.put_on_air, "full", "bj-studio")
    wait_for(lambda: serving.metric("lianxian_picture_decoders"), 10, "its picture is decoded")
    seat = serving.state("seat/bj-studio")
    assert [one["connection"] for one in seat["devices"]] == ["connected"]
