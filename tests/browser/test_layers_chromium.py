"""Chromium sends three layers at once; a receiver is taken from one to another."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixer.wire.ids import Layer, MediaKind, SubscriptionId
from mixer.wire.resources import Subscription
from tests.browser.media_pages import (
    LAYERS,
    PUBLICATIONS,
    RIDS,
    VIEWER,
    Statistics,
    decodes,
    publish_layers,
    stage,
    statistics,
    subscribe,
)
from tests.system.media_rig import Media

pytestmark = pytest.mark.browser

ROWS = (180, 360, 720)


async def prefer(media: Media, layer: int) -> None:
    publication = PUBLICATIONS["video"]
    await media.put(
        Subscription(
            id=SubscriptionId(publication + 10),
            peer=VIEWER,
            publication=publication,
            kind=MediaKind.VIDEO,
            layer=Layer(layer),
        )
    )


@pytest.mark.parametrize("codec", ["video/VP8", "video/H264"])
async def test_three_layers_flow_and_a_receiver_follows(tmp_path: Path, codec: str) -> None:
    async with stage(tmp_path, 2) as (media, (hall, viewer)):
        await publish_layers(media, hall, codec)
        await subscribe(media, viewer, "video", layer=0)
        decoded = 0
        for layer in (0, 2, 1):
            await prefer(media, layer)

            def shows(found: Statistics, rows: int = ROWS[layer], after: int = decoded) -> bool:
                video = found.get("video", {})
                return video.get("frameHeight") == rows and decodes(after + 10)(found)

            found = await statistics(viewer, shows, f"10 pictures of layer {layer}")
            decoded = found["video"]["framesDecoded"]
        assert set(await hall.evaluate(LAYERS)) == set(RIDS)
        sent: dict[str, int] = await hall.evaluate(LAYERS)
        assert all(count > 10 for count in sent.values()), sent
        # Of a probe that Chromium sends before any media.
        assert await media.metric("drops_total", reason="unbound_ssrc") < 10
