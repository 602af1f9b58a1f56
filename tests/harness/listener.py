"""A seat that only listens, in the test's own loop: when did which packet arrive?"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from mixer.rtp.packet import RtpPacket
from mixer.transport.identity import Identity
from server.simulate.connection import Connection
from server.simulate.description import ReceivedTrack, receive_answer
from server.simulate.signal import SignalClient
from signaling.wire.messages import Join, Joined, NoticeBody, Offered, Subscribe, SubscribeAnswer

CONTROL_NS = 20_000_000


class Arrival(NamedTuple):
    """A packet as it came."""

    at_ns: int
    """CLOCK_MONOTONIC."""
    sequence: int
    timestamp: int


class Listener:
    """Takes the programme's picture and the return of one seat."""

    def __init__(self, link: str) -> None:
        self.signal = SignalClient(link, "main", self._notice)
        self.arrivals: dict[str, list[Arrival]] = {"audio": [], "video": []}
        self.notices: list[NoticeBody] = []
        self._identity = Identity()
        self._kinds: dict[int, str] = {}
        self._connection: Connection | None = None
        self._control: asyncio.Task[None] | None = None
        self._lateness: list[tuple[int, int]] = []

    async def open(self) -> None:
        """Join and receive. Returns when connected."""
        await self.signal.connect()
        joined = await self.signal.request(Join(has_audio=False, has_video=False, take_over=True))
        assert isinstance(joined, Joined)
        self.signal.resume = joined.resume
        self._control = asyncio.create_task(self._measure_lateness())
        await self.subscribe()

    async def subscribe(self) -> None:
        """Make the receiving connection, or make it anew."""
        if self._connection is not None:
            self._connection.close()
        offered = await self.signal.request(Subscribe(layer="low"))
        assert isinstance(offered, Offered)
        connection = Connection(self._identity, self._on_rtp, lambda _packet: None)
        answer, tracks = receive_answer(
            offered.sdp, connection.credentials, self._identity.fingerprint
        )
        self._expect(tracks)
        await self.signal.request(SubscribeAnswer(peer=offered.peer, sdp=answer))
        await connection.connect(offered.sdp)
        self._connection = connection

    async def close(self) -> None:
        if self._control is not None:
            self._control.cancel()
        if self._connection is not None:
            self._connection.close()
        await self.signal.close()

    async def _measure_lateness(self) -> None:
        """A silence may be this test's own: how late does an idle task wake up here?"""
        while True:
            due_ns = time.monotonic_ns() + CONTROL_NS
            await asyncio.sleep(CONTROL_NS / 1e9)
            now_ns = time.monotonic_ns()
            self._lateness.append((now_ns, now_ns - due_ns))

    def _expect(self, tracks: list[ReceivedTrack]) -> None:
        self._kinds = {track.ssrc: track.kind for track in tracks}

    def _on_rtp(self, packet: bytes) -> None:
        parsed = RtpPacket.parse(packet)
        kind = self._kinds.get(parsed.ssrc)
        if kind is not None:
            arrival = Arrival(time.monotonic_ns(), parsed.sequence, parsed.timestamp)
            self.arrivals[kind].append(arrival)

    def _notice(self, body: NoticeBody) -> None:
        self.notices.append(body)

    # --- what the packets tell -----------------------------------------------------------

    async def hears(self, seconds: float, timeout_s: float, since_ns: int = 0) -> None:
        """Wait for so much sound that arrived after ``since_ns``. Raises TimeoutError."""
        packets = round(seconds / 0.02)
        async with asyncio.timeout(timeout_s):
            while len(self.since("audio", since_ns)) < packets:
                await asyncio.sleep(0.05)

    async def sees(self, timeout_s: float) -> None:
        """Wait for the first picture, which begins with a key frame. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while not self.arrivals["video"]:
                await asyncio.sleep(0.02)

    def since(self, kind: str, since_ns: int) -> list[Arrival]:
        return [arrival for arrival in self.arrivals[kind] if arrival.at_ns >= since_ns]

    def longest_stall_ms(self, since_ns: int) -> float:
        """How late the test itself was at worst since then."""
        return max((late for at_ns, late in self._lateness if at_ns >= since_ns), default=0) / 1e6

    def longest_silence_ms(self, kind: str, since_ns: int) -> float:
        """The longest time without a packet since then."""
        times = [since_ns, *(one.at_ns for one in self.since(kind, since_ns)), time.monotonic_ns()]
        return max(b - a for a, b in itertools.pairwise(times)) / 1e6

    def missing(self, kind: str, since_ns: int) -> int:
        """Sequence numbers that never came, between the first and the last since then."""
        numbers = [one.sequence for one in self.since(kind, since_ns)]
        extended = [0]
        for before, after in itertools.pairwise(numbers):
            step = (after - before) & 0xFFFF
            extended.append(extended[-1] + (step if step < 0x8000 else step - 0x10000))
        return max(extended) - min(extended) + 1 - len(set(extended))


@asynccontextmanager
async def listening(link: str) -> AsyncIterator[Listener]:
    """A seat that hears and sees."""
    listener = Listener(link)
    try:
        await listener.open()
        await listener.hears(0.2, timeout_s=10)
        await listener.sees(timeout_s=10)
        yield listener
    finally:
        await listener.close()
