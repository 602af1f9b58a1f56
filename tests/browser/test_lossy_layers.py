"""Chromium's three layers, switched for a Chromium that receives over a bad line."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest

from tests.browser.lossy_pages import LossyCall, Measured, lossy_call
from tests.harness.line import Impairment

pytestmark = pytest.mark.browser

ROWS = (135, 270, 540)
STAYS = (2, 0, 1, 2, 1, 0, 2, 0, 1, 0)
LINE = Impairment(loss=0.02, delay_ms=20, jitter_ms=4, reorder=0.01, reorder_ms=8)


async def shows(call: LossyCall, layer: int) -> Measured:
    """Wait until the newest decoded picture is of this layer."""
    async with asyncio.timeout(10.0):
        while True:
            found = await call.measured()
            if found["video"].get("frameHeight") == ROWS[layer]:
                return found
            await asyncio.sleep(0.05)


async def test_ten_switches_leave_no_corrupt_picture_and_no_long_freeze(tmp_path: Path) -> None:
    async with lossy_call(tmp_path, LINE) as call:
        await call.publish("video/vp8", layered=True)
        await call.subscribe()
        before = (await call.flows())["video"]
        # Until the browser has found that the line carries its top layer.
        await call.prefer(2)
        await shows(call, 2)
        rises = await call.media.metric("switches_total")
        for layer in STAYS[1:]:
            await call.prefer(layer)
            await shows(call, layer)
            await asyncio.sleep(0.6)
        found = await call.measured()
        switches = await call.media.metric("switches_total") - rises
    seen, video = found["seen"], found["video"]
    assert switches == sum(a != b for a, b in itertools.pairwise(STAYS))
    assert seen["corrupt"] == []
    assert seen["backwards"] == 0
    assert seen["longestGap_ms"] <= 1000
    assert video["totalFreezesDuration"] - before["totalFreezesDuration"] <= 3.0
    assert video["framesDropped"] - before["framesDropped"] <= 0.1 * video["framesDecoded"]
