"""aiortc to aiortc through the whole product, each behind a bad line: what is seen and heard."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack
from aiortc.rtp import RtpPacket

from tests.harness.aiortc_peer import AiortcPeer, Camera, CodedCamera, close_all
from tests.harness.camera import BLUE, RED, Signature
from tests.harness.coded_picture import Reading, read
from tests.harness.line import Impairment
from tests.harness.relay import Relay, relay
from tests.harness.serving import Serving

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("loopback_candidates")]

MAX_SOUND_GAP_MS = 60
MAX_PICTURE_GAP_S = 5.0
"""aiortc asks once for a lost packet, and for all that are missing when it loses the next one; a
quiet picture has 25 packets a second, so that this may take seconds. It shows nothing meanwhile."""
SAMPLES = 960
Handle = Callable[[RtpPacket, int], Awaitable[None]]
AUDIBLE = 0.01


def line(loss: float) -> Impairment:
    """A round trip of 100 ms, some packets overtaken."""
    return Impairment(loss=loss, delay_ms=48, jitter_ms=4, reorder=0.01, reorder_ms=8)


class WatchingPeer(AiortcPeer):
    """Notes of each decoded picture what it tells, and of the sound where it is missing.

    Nothing here conceals: a packet of sound that did not come is a gap.
    """

    def __init__(self, link: str, signature: Signature, camera: type[Camera], way: Relay) -> None:
        super().__init__(link, signature, "VP8", camera=camera, through=way.through)
        self._receiving.on("track", self._listen)
        self.begin_again()

    def _listen(self, track: MediaStreamTrack) -> None:
        """Note what sound arrives before aiortc's own buffer, which throws four good packets away
        for each that is lost, because it wants to hold four."""
        for receiver in self._receiving.getReceivers():
            if receiver.track is track and track.kind == "audio":
                vars(receiver)["_handle_rtp_packet"] = self._noting(receiver._handle_rtp_packet)

    def _noting(self, handle: Handle) -> Handle:
        async def noted(packet: RtpPacket, arrival_time_ms: int) -> None:
            self.arrived.add(packet.timestamp // SAMPLES)
            await handle(packet, arrival_time_ms)

        return noted

    @property
    def gaps_ms(self) -> list[int]:
        """Of the sound that arrived, by its timestamps."""
        numbers = sorted(self.arrived)
        return [(b - a - 1) * 20 for a, b in itertools.pairwise(numbers) if b > a + 1]

    def begin_again(self) -> None:
        """Forget what was noted so far."""
        self.readings: list[Reading] = []
        self.shown_s: list[float] = []
        self.arrived: set[int] = set()
        self.quiet = 0
        """Decoded frames in which nothing is heard."""

    def take(self, frame: Any) -> None:
        """Note it."""
        super().take(frame)
        if not isinstance(frame, av.VideoFrame):
            self.quiet += float(np.abs(self.sound[-1]).max()) < AUDIBLE
            return
        luma = np.asarray(frame.to_ndarray(format="gray8"), dtype=np.uint8)
        before = max((reading.number for reading in self.readings if not reading.wrong), default=0)
        self.readings.append(read(luma, after=before))
        self.shown_s.append(time.monotonic())


@contextlib.asynccontextmanager
async def lossy_peers(
    serving: Serving, loss: float, seats: tuple[str, str]
) -> AsyncIterator[tuple[WatchingPeer, list[Relay]]]:
    """The first seat is on air alone; the peer at the second is yielded."""
    with contextlib.ExitStack() as stack:
        ways = [stack.enter_context(relay(serving.udp_port, line(loss), seed=n)) for n in (11, 12)]
        sender = WatchingPeer(serving.link(seats[0]), RED, CodedCamera, ways[0])
        taker = WatchingPeer(serving.link(seats[1]), BLUE, Camera, ways[1])
        try:
            for peer in (sender, taker):
                await peer.open()
            await asyncio.to_thread(serving.put_on_air, "full", seats[0])
            yield taker, ways
        finally:
            await close_all([sender, taker])


async def shows_the_site(peer: WatchingPeer, timeout_s: float = 20.0) -> None:
    """Wait until the programme is the coded picture and the tone, and begin to note."""
    async with asyncio.timeout(timeout_s):
        while not any(reading.wrong == 0 for reading in peer.readings[-5:]):
            await asyncio.sleep(0.1)
        while float(np.abs(peer.heard()[-SAMPLES:]).max()) < AUDIBLE:
            await asyncio.sleep(0.1)
    peer.begin_again()


async def watch(serving: Serving, peer: WatchingPeer, seconds: float, tries: int = 3) -> None:
    """Note for so long, and anew where the sound process itself was late: then the machine makes
    the gaps. The last time counts in any case.
    """
    for _ in range(tries):
        before = await late_ticks(serving)
        peer.begin_again()
        await asyncio.sleep(seconds)
        if await late_ticks(serving) == before:
            return


async def late_ticks(serving: Serving) -> float:
    """How many mixes of 20 ms began as late as that."""
    return await asyncio.to_thread(serving.metric, "lianxian_sound_ticks_late_total", over_ms="20")


def check_whole(peer: WatchingPeer, seconds: float) -> None:
    """No gap above 60 ms, every picture right, none missing for long."""
    assert corrupt(peer) == []
    # A busy machine draws fewer; that is not what is measured here.
    assert len(peer.readings) >= 5 * seconds
    assert float(np.diff(peer.shown_s).max()) <= MAX_PICTURE_GAP_S
    assert max(peer.gaps_ms, default=0) <= MAX_SOUND_GAP_MS
    assert len(peer.arrived) >= 0.85 * seconds * 50
    assert peer.quiet == 0


def corrupt(peer: WatchingPeer) -> list[Reading]:
    """A name's bar may cover a block or two."""
    return [reading for reading in peer.readings if not 0 <= reading.wrong <= 2]


async def test_at_5_percent_sound_is_unbroken_and_no_picture_corrupt(serving: Serving) -> None:
    async with lossy_peers(serving, 0.05, ("beijing", "hunan")) as (taker, ways):
        await shows_the_site(taker)
        await watch(serving, taker, 8.0)
        check_whole(taker, 8.0)
        lost = sum(way.counters().up.lost + way.counters().down.lost for way in ways)
        assert lost > 50


@pytest.mark.soak
async def test_at_2_percent_for_a_minute(serving: Serving) -> None:
    async with lossy_peers(serving, 0.02, ("bj-studio", "hn-studio")) as (taker, _):
        await shows_the_site(taker)
        await asyncio.sleep(60.0)
        check_whole(taker, 60.0)


@pytest.mark.soak
async def test_at_20_percent_all_is_alive_and_recovers(serving: Serving) -> None:
    async with lossy_peers(serving, 0.2, ("bj-school", "hn-school")) as (taker, ways):
        await shows_the_site(taker, 60.0)
        await asyncio.sleep(30.0)
        assert len(taker.readings) >= 4 * 30
        assert len(taker.arrived) >= 0.7 * 30 * 50
        for way in ways:
            way.change(up=line(0), down=line(0))
        # What aiortc has not asked for again it awaits until its buffer of 512 packets is full;
        # then it decodes without, until the key frame comes that it asks for.
        taker.begin_again()
        await shows_the_site(taker, 60.0)
        await asyncio.sleep(4.0)
        await watch(serving, taker, 5.0)
        check_whole(taker, 5.0)
