"""Strangers flood the media port, and every packet comes twice: a call loses nothing by it."""

from __future__ import annotations

import asyncio
import itertools
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from mixer.wire.ids import Layer, MediaKind, PeerId, PublicationId, SubscriptionId
from tests.harness.line import Impairment
from tests.harness.relay import Relay
from tests.system.media_rig import Tone, Viewer, publish, running_media, subscribe, until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("loopback_candidates")]

HALL, MEMBER = PeerId(1), PeerId(2)
SOUND = PublicationId(10)
PACKETS = 20_000
A_SECOND = 8_000
SAMPLES = 960


def forged(source: random.Random) -> Iterator[bytes]:
    """What a stranger may send: RTP and RTCP, checks, handshakes, and nothing of the kind."""
    while True:
        body = source.randbytes(source.randrange(12, 1200))
        yield b"\x80\x60" + body
        yield b"\x80\xc8\x00\x06" + body[:24]
        yield b"\x00\x01\x00\x14\x21\x12\xa4\x42" + body[:12] + b"\x00\x06\x00\x04user" + body[:12]
        yield b"\x16\xfe\xfd" + body
        yield b"\xff" + body


def flood(port: int) -> None:
    """Send them at an even pace from one socket that nobody knows."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        begin = time.monotonic()
        for number, datagram in enumerate(itertools.islice(forged(random.Random(1)), PACKETS)):
            attacker.sendto(datagram, ("127.0.0.1", port))
            ahead = begin + number / A_SECOND - time.monotonic()
            if ahead > 0.002:
                time.sleep(ahead)


class Listener:
    """Which frames of the tone were decoded."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._heard: set[int] = set()

    def note(self) -> None:
        """Call it at least once in two seconds; the viewer keeps no more."""
        for frame in self._viewer.frames["audio"]:
            assert isinstance(frame, av.AudioFrame)
            assert frame.pts is not None
            self._heard.add(frame.pts // SAMPLES)

    @property
    def missing(self) -> int:
        """Frames that never came, between the first and the last that did."""
        assert len(self._heard) > 100
        return max(self._heard) - min(self._heard) + 1 - len(self._heard)


@pytest.mark.timeout(60)
async def test_a_flood_and_replays_disturb_no_call(tmp_path: Path) -> None:
    async with running_media(tmp_path) as media:
        # Whatever the publisher sends comes once more: replayed, at once or a little later.
        twice = Impairment(duplicate=1.0, jitter_ms=2)
        with Relay(media.udp_port, up=twice, down=Impairment()) as way:
            hall = await publish(media, HALL, {SOUND: Tone(440)}, through=way.through)
            wanted = {SubscriptionId(20): (SOUND, MediaKind.AUDIO, Layer(0))}
            viewer = await subscribe(media, MEMBER, wanted)
            await until(lambda: len(viewer.frames["audio"]) > 20, "sound flows")
            listener = Listener(viewer)
            attack = asyncio.create_task(asyncio.to_thread(flood, media.udp_port))
            while not attack.done():
                listener.note()
                await asyncio.sleep(0.2)
            await attack
            await asyncio.sleep(0.5)
            listener.note()
            dropped = {
                reason: await media.metric("drops_total", reason=reason)
                for reason in ("unknown_address", "unknown_kind", "srtp_refused", "internal_error")
            }
            stun = sum(
                [
                    await media.metric("drops_total", reason=reason)
                    for reason in ("stun_malformed", "stun_no_username", "stun_unknown_username")
                ]
            )
            await viewer.close()
            await hall.close()
    assert listener.missing == 0
    assert dropped["internal_error"] == 0
    # The kernel may drop some of a flood; what came in was dropped by its name.
    assert dropped["unknown_address"] > 0.3 * PACKETS
    assert dropped["unknown_kind"] > 0.15 * PACKETS
    assert stun > 0.15 * PACKETS
    assert dropped["srtp_refused"] > 100
