"""The bare relay passes on what is taken to those who take it, encrypted anew, and no more."""

import pytest

pytest.importorskip("bench._bare", reason="no compiler here")

from bench._load import send_all
from bench.bare import running_bare
from bench.forwarding_server import Take
from bench.load_publisher import Publisher, Rate

PLAYED_S = 0.5


async def test_streams_reach_those_who_take_them() -> None:
    publishers = [Publisher(0, ("q", "h")), Publisher(1)]
    takes = [[Take(0, 1), Take(1, audio=False)], [Take(1, video=False)]]
    async with running_bare("127.0.0.1", publishers, takes) as drive:
        publishers[0].rates = [Rate(200), Rate(200)]
        publishers[1].rates = [Rate(400)]
        await drive.run(PLAYED_S)
        sent = [publishers[0].video[1], publishers[0].audio, publishers[1].video[0]]
        first, second = (drive.takers.received(taker) for taker in drive.takers.takers)
        assert [one.kind for one in first] == ["video", "audio", "video"]
        for stream, got in zip(sent, first, strict=True):
            assert got.missing == 0
            # What was sent in the last tick is still on the way.
            assert 0.9 * stream.packets - 3 <= got.packets <= stream.packets
        assert [one.kind for one in second] == ["audio"]
        assert second[0].packets >= 0.9 * publishers[1].audio.packets - 3
        assert drive.takers.repeated() == 0
        assert drive.takers.opened > 0
        assert drive.takers.refused == 0


async def test_what_cannot_be_decrypted_is_not_passed_on() -> None:
    publisher = Publisher(0)
    async with running_bare("127.0.0.1", [publisher], [[Take(0)]]) as drive:
        publisher.rates = [Rate(200)]
        await drive.run(PLAYED_S)
        stream = publisher.video[0]
        head = bytes((0x80, stream.payload_type, 0, 0)) + bytes(4) + stream.ssrc.to_bytes(4)
        forged = [head[:size] + bytes(max(size - 12, 0)) for size in (1, 11, 12, 200, 2000)] * 20
        assert send_all(publisher.fileno, forged) == len(forged)
        await drive.run(PLAYED_S)
        (taker,) = drive.takers.takers
        video = drive.takers.received(taker)[0]
        assert 0.9 * stream.packets - 3 <= video.packets <= stream.packets
        assert drive.takers.repeated() == 0
