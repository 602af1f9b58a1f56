"""A seat of sound alone, in the test's own loop: says what it is given, keeps what it hears."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import AUDIO_CLOCK_RATE, OPUS
from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, EncoderSettings, OpusLibrary, Samples
from mixer.sound.opus import open_opus
from mixer.transport.identity import Identity
from mixer.wire.ids import NANOSECONDS, TICK_NS
from server.simulate.connection import Connection
from server.simulate.description import OfferedTrack, publish_offer, receive_answer
from server.simulate.sender import SentTrack
from server.simulate.signal import SignalClient
from signaling.wire.messages import (
    Join,
    Joined,
    Offered,
    Publish,
    Published,
    PublishTrack,
    RequestBody,
    Subscribe,
    SubscribeAnswer,
)

Voice = Callable[[int, int], Samples]
"""From the number of the first sample and their count to the samples (count,)."""
KEPT_S = 60
STEP_S = 0.004
REPORT_NS = NANOSECONDS


@cache
def library() -> OpusLibrary:
    return open_opus()


def steady(hertz: float, amplitude: float = 0.12) -> Voice:
    """A tone for ever."""

    def voice(first: int, count: int) -> Samples:
        phase = 2 * np.pi * hertz * np.arange(first, first + count) / SAMPLE_RATE
        made: Samples = (amplitude * np.sin(phase)).astype(np.float32)
        return made

    return voice


def repeated(sound: Samples) -> Voice:
    """A recording, over and over."""

    def voice(first: int, count: int) -> Samples:
        made: Samples = sound[np.arange(first, first + count) % len(sound)]
        return made

    return voice


def nothing(_first: int, count: int) -> Samples:
    """A silent room."""
    return np.zeros(count, np.float32)


@contextmanager
def in_front() -> Iterator[None]:
    """This process before others, where it may: a hall's own machine does nothing else."""
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, usual - 6)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, usual)


class Ear:
    """One track as it was decoded, on the scale of its RTP timestamps. What never came, or what
    comes after the kept time is full, is silence.
    """

    def __init__(self, seconds: float) -> None:
        self._decoder = library().decoder()
        self._sound = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
        self._first: int | None = None
        self._anchor_ns = 0
        self._next = -1
        self.end = 0
        """Samples kept so far."""
        self.packets = 0
        self.missing = 0
        """Packets that had not come when the one behind them did."""
        self.arrivals_ns: dict[int, int] = {}
        """By the place of a packet's first sample, on CLOCK_MONOTONIC."""

    def hear(self, packet: RtpPacket, now_ns: int) -> None:
        """A packet of this track."""
        block = self._decoder.decode(packet.payload)
        if self._first is None:
            self._first, self._next = packet.timestamp, packet.sequence
            self._anchor_ns = now_ns
        place = (packet.timestamp - self._first + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        self.packets += 1
        self.missing += max((packet.sequence - self._next + 0x8000 & 0xFFFF) - 0x8000, 0)
        self._next = (packet.sequence + 1) & 0xFFFF
        # The fastest packet says where the scale stands on the clock.
        self._anchor_ns = min(self._anchor_ns, now_ns - self._ns(place))
        if 0 <= place <= len(self._sound) - len(block):
            self._sound[place : place + len(block)] = block
            self.end = max(self.end, place + len(block))
            self.arrivals_ns[place] = now_ns

    @staticmethod
    def _ns(samples: int) -> int:
        return samples * NANOSECONDS // SAMPLE_RATE

    def place_at(self, at_ns: int) -> int:
        """Which sample a player without any buffer would play then."""
        return (at_ns - self._anchor_ns) * SAMPLE_RATE // NANOSECONDS

    def between(self, first: int, last: int) -> Samples:
        """Samples by their places; silence where there are none."""
        made = np.zeros(last - first, np.float32)
        low, high = max(first, 0), min(last, self.end)
        if self._first is not None and low < high:
            made[low - first : high - first] = self._sound[low:high]
        return made

    def newest(self, seconds: float) -> NDArray[np.float64]:
        """The last seconds."""
        wanted = round(seconds * SAMPLE_RATE)
        return self.between(self.end - wanted, self.end).astype(float)


class Echo:
    """A room that sends back what it hears."""

    def __init__(self, delay_ms: float, level_db: float) -> None:
        self.delay_ns = round(delay_ms * 1e6)
        self.gain = np.float32(10 ** (level_db / 20))


class SoundPeer:
    """A device that publishes one track and hears what it subscribes to."""

    def __init__(self, link: str, voice: Voice = nothing, *, device: str = "main") -> None:
        self.signal = SignalClient(link, device)
        self.voice = voice
        self.room: Echo | None = None
        self.ears: list[Ear] = []
        self._identity = Identity()
        self._encoder = library().encoder(EncoderSettings(low_delay=False))
        self._connections: list[Connection] = []
        self._by_ssrc: dict[int, Ear] = {}
        self._playing: asyncio.Task[None] | None = None

    async def open(
        self, *, source: str = "microphone", sound: str = "return", kept_s: float = KEPT_S
    ) -> None:
        """Join, publish, subscribe; returns when both directions are connected."""
        await self.signal.connect()
        publishes = source == "microphone"
        joined = await self.request(Join(has_audio=publishes, has_video=False, take_over=True))
        assert isinstance(joined, Joined)
        await self._subscribe(sound, kept_s)
        await self._publish(source)

    async def request(self, body: RequestBody) -> object:
        """Ask the server as this device."""
        return await self.signal.request(body)

    @property
    def ear(self) -> Ear:
        """The last track received: a monitor's own return, or the only one."""
        return self.ears[-1]

    async def hears(self, seconds: float) -> None:
        """Wait until so much more has been heard on each track."""
        wanted = [ear.end + round(seconds * SAMPLE_RATE) for ear in self.ears]
        async with asyncio.timeout(seconds + 10):
            while any(ear.end < end for ear, end in zip(self.ears, wanted, strict=True)):
                await asyncio.sleep(0.02)

    async def close(self) -> None:
        """Hang up."""
        if self._playing is not None:
            self._playing.cancel()
        for connection in self._connections:
            connection.close()
        await self.signal.close()

    async def _subscribe(self, sound: str, kept_s: float) -> None:
        offered = await self.request(Subscribe(picture=False, sound=sound))
        assert isinstance(offered, Offered)
        connection = Connection(self._identity, self._on_rtp, _ignore)
        self._connections.append(connection)
        answer, tracks = receive_answer(
            offered.sdp, connection.credentials, self._identity.fingerprint
        )
        self.ears = [Ear(kept_s) for _ in tracks]
        self._by_ssrc = {track.ssrc: ear for track, ear in zip(tracks, self.ears, strict=True)}
        await self.request(SubscribeAnswer(peer=offered.peer, sdp=answer))
        await connection.connect(offered.sdp)

    async def _publish(self, source: str) -> None:
        connection = Connection(self._identity, _ignore, _ignore)
        self._connections.append(connection)
        track = SentTrack(OPUS, AUDIO_CLOCK_RATE, connection.send_rtp)
        offer = publish_offer(
            [OfferedTrack("0", "audio", "opus", track.ssrc)],
            connection.credentials,
            self._identity.fingerprint,
            "sound-peer",
        )
        named = PublishTrack(mid="0", kind="audio", source=source)
        published = await self.request(Publish(sdp=offer, tracks=[named]))
        assert isinstance(published, Published)
        await connection.connect(published.sdp)
        self._playing = asyncio.create_task(self._play(connection, track))

    async def _play(self, connection: Connection, track: SentTrack) -> None:
        origin_ns = reported_ns = time.monotonic_ns()
        track.start(origin_ns)
        number = 0
        while True:
            # What has arrived meanwhile is read first, or a late turn would echo nothing.
            await asyncio.sleep(0)
            now_ns = time.monotonic_ns()
            # A packet is there when its last sample was captured.
            while (captured_ns := origin_ns + number * TICK_NS) + TICK_NS <= now_ns:
                block = self._captured(number * TICK_SAMPLES, captured_ns)
                track.send_frame((self._encoder.encode(block),), captured_ns, now_ns)
                number += 1
            if now_ns - reported_ns >= REPORT_NS:
                reported_ns = now_ns
                connection.send_rtcp(track.report("sound-peer", now_ns))
            await asyncio.sleep(STEP_S)

    def _captured(self, first: int, captured_ns: int) -> Samples:
        block = self.voice(first, TICK_SAMPLES)
        if self.room is not None and self.ears:
            played = self.ear.place_at(captured_ns - self.room.delay_ns)
            block = block + self.room.gain * self.ear.between(played, played + TICK_SAMPLES)
        return block

    def _on_rtp(self, packet: bytes) -> None:
        parsed = RtpPacket.parse(packet)
        ear = self._by_ssrc.get(parsed.ssrc)
        if ear is not None:
            ear.hear(parsed, time.monotonic_ns())


def _ignore(_packet: bytes) -> None:
    """A connection that only sends receives no RTP, and sound is not asked for again."""
