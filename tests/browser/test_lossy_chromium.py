"""Chromium to Chromium over two bad lines: what is seen stays whole, what is heard goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.browser.lossy_pages import LossyCall, Measured, lossy_call
from tests.harness.line import Impairment

pytestmark = pytest.mark.browser

MAX_SOUND_GAP_MS = 60
BOTH_CODECS = pytest.mark.parametrize("codec", ["video/vp8", "video/h264"])


def line(loss: float) -> Impairment:
    """A round trip of 100 ms over each line, some packets overtaken."""
    return Impairment(loss=loss, delay_ms=48, jitter_ms=4, reorder=0.01, reorder_ms=8)


async def watched(call: LossyCall, codec: str, seconds: float) -> Measured:
    """Connect over the bad lines too; what came in so many seconds, once all flows."""
    await call.publish(codec)
    await call.subscribe()
    before = await call.flows()
    await asyncio.sleep(seconds)
    found = await call.measured()
    for name in ("concealedSamples", "totalSamplesReceived"):
        found["audio"][name] -= before["audio"][name]
    return found


def check_losses(call: LossyCall, loss: float) -> None:
    for running in (call.up, call.down):
        counters = running.counters()
        arrived = counters.up.arrived + counters.down.arrived
        lost = counters.up.lost + counters.down.lost
        assert lost / arrived == pytest.approx(loss, rel=0.35)


def check_whole(found: Measured, seconds: float) -> None:
    """No gap above 60 ms is heard, none is concealed at length, every picture is right."""
    seen, heard, audio = found["seen"], found["heard"], found["audio"]
    assert seen["corrupt"] == []
    assert seen["backwards"] == 0
    assert seen["frames"] >= 12 * seconds
    assert seen["longestGap_ms"] <= 1000
    assert max(heard["gaps_ms"], default=0) <= MAX_SOUND_GAP_MS
    assert heard["loud_ms"] >= 950 * seconds
    assert audio["concealedSamples"] <= 0.03 * audio["totalSamplesReceived"]


async def test_at_5_percent_sound_is_unbroken_and_no_picture_corrupt(tmp_path: Path) -> None:
    async with lossy_call(tmp_path, line(0.05)) as call:
        found = await watched(call, "video/vp8", 8.0)
        check_losses(call, 0.05)
    check_whole(found, 8.0)


@pytest.mark.soak
@BOTH_CODECS
@pytest.mark.parametrize("loss", [0.02, 0.05])
async def test_for_a_minute(tmp_path: Path, codec: str, loss: float) -> None:
    async with lossy_call(tmp_path, line(loss), seed=2) as call:
        found = await watched(call, codec, 60.0)
        check_losses(call, loss)
    check_whole(found, 60.0)


@pytest.mark.soak
@BOTH_CODECS
async def test_at_20_percent_all_is_alive_and_recovers(tmp_path: Path, codec: str) -> None:
    async with lossy_call(tmp_path, line(0.2), seed=3) as call:
        found = await watched(call, codec, 30.0)
        seen = found["seen"]
        assert seen["corrupt"] == []
        assert seen["frames"] >= 4 * 30
        assert found["heard"]["loud_ms"] >= 0.8 * 30_000
        for running in (call.up, call.down):
            running.change(up=line(0), down=line(0))
        await asyncio.sleep(3.0)
        await call.flows()
        await asyncio.sleep(5.0)
        check_whole(await call.measured() | {"audio": CLEAN}, 5.0)


CLEAN = {"concealedSamples": 0, "totalSamplesReceived": 1}
"""Counters of the bad time are not to be judged after it."""
