"""What a laptop and a mixing desk capture and send, and what the join page says of an input."""

import asyncio
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.async_api import Page, Playwright

from tests.harness.camera import RATE
from tests.harness.chromium import FAKE_DEVICES, PICTURE, chromium, fresh_context, join_room
from tests.harness.serving import Serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
]

WATCHED = """
window.captured = [];
window.peers = [];
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await open(wanted);
  window.captured.push(...stream.getAudioTracks());
  return stream;
};
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...all) { super(...all); window.peers.push(this); }
};
"""
SENT = """
async () => {
  const found = { bytes: 0, at_ms: 0, line: "" };
  for (const peer of window.peers) {
    const all = [...(await peer.getStats()).values()];
    for (const one of all.filter((one) => one.type === "outbound-rtp" && one.kind === "audio")) {
      found.bytes += one.bytesSent;
      found.at_ms = one.timestamp;
      found.line = all.find((codec) => codec.id === one.codecId)?.sdpFmtpLine ?? "";
    }
  }
  return found;
}
"""
SETTINGS = "() => window.captured.at(-1).getSettings()"
PRESET = """localStorage.setItem("lianxian.choices", JSON.stringify({ preset: "%s" }));"""
RATED_S = 4


def write_sound(path: Path, sound: NDArray[np.float64]) -> Path:
    """16 bit; ``sound`` is (n,) or (n, 2)."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if sound.ndim == 1 else 2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return path


@asynccontextmanager
async def person(playwright: Playwright, sound: Path, preset: str = "desk") -> AsyncIterator[Page]:
    """Somebody whose microphone is this file."""
    async with chromium(
        playwright, FAKE_DEVICES, f"--use-file-for-fake-audio-capture={sound}"
    ) as browser:
        context, _ = await fresh_context(browser)
        await context.add_init_script(WATCHED)
        await context.add_init_script(PRESET % preset)
        yield await context.new_page()
        await context.close()


async def sent_bps(page: Page) -> tuple[float, str]:
    """Rate of the sound that is sent, and how its codec is agreed on."""
    await page.wait_for_timeout(1500)
    before: dict[str, Any] = await page.evaluate(SENT)
    await page.wait_for_timeout(RATED_S * 1000)
    after: dict[str, Any] = await page.evaluate(SENT)
    rate = (after["bytes"] - before["bytes"]) * 8000 / (after["at_ms"] - before["at_ms"])
    return rate, after["line"]


@pytest.mark.parametrize(
    ("preset", "seat", "processed", "least_bps", "most_bps"),
    [
        ("desk", "bj-school", False, 100_000, 150_000),
        ("laptop", "bj-tax", True, 1_000, 64_000),
    ],
)
async def test_a_preset_says_what_is_captured_and_how_much_is_sent(
    serving: Serving,
    playwright: Playwright,
    tmp_path: Path,
    preset: str,
    seat: str,
    processed: bool,
    least_bps: float,
    most_bps: float,
) -> None:
    chance = np.random.default_rng(3)
    # Two sides that have nothing in common cost an encoder all it may spend.
    music = write_sound(tmp_path / "music.wav", 0.1 * chance.standard_normal((4 * RATE, 2)))
    async with person(playwright, music, preset) as page:
        await join_room(page, serving.link(seat, query=PICTURE))
        settings = await page.evaluate(SETTINGS)
        assert settings["echoCancellation"] is processed
        assert settings["noiseSuppression"] is processed
        assert settings["autoGainControl"] is processed
        rate, line = await sent_bps(page)
        assert least_bps < rate < most_bps
        assert ("stereo=1" in line) is not processed
        assert ("maxaveragebitrate=128000" in line) is not processed
        if not processed:
            assert settings["channelCount"] == 2


INPUTS = {"silent": 0.0, "low": 0.006, "good": 0.1, "clipping": 1.6}


@pytest.mark.parametrize("verdict", INPUTS)
async def test_the_join_page_says_what_is_wrong_with_an_input(
    serving: Serving, playwright: Playwright, tmp_path: Path, verdict: str
) -> None:
    phase = 2 * np.pi * 440 * np.arange(2 * RATE) / RATE
    sound = write_sound(tmp_path / f"{verdict}.wav", INPUTS[verdict] * np.sin(phase))
    async with person(playwright, sound) as page:
        await page.goto(serving.link("bj-school", query=PICTURE))
        await page.locator("lx-join-page main[data-state=ready]").wait_for()
        check = page.locator(f"lx-microphone-check [data-input={verdict}]")
        await check.wait_for()
        # It stays; and the sentence is another one for each.
        await asyncio.sleep(1)
        assert await check.count() == 1
        assert len(await check.locator("p").inner_text()) >= 5
