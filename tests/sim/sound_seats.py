"""Seats that speak in tones over a seeded bad network, and ears for what comes back."""

import heapq
import random
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np

from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import OPUS
from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, EncoderSettings, OpusLibrary, Samples
from mixer.sound.engine import SoundEngine
from mixer.sound.jitter import AudioPacket
from mixer.sound.opus import open_opus
from mixer.wire.frame import Frame, FrameKind
from mixer.wire.ids import TICK_NS, GroupId, PublicationId
from mixer.wire.resources import OnAir, SoundProgramme, SoundReturn, SoundSource

MS = 1_000_000
LOOP_TICKS = 50
RETURN = 100
PROGRAMME = 900
AAC = 901


@cache
def library() -> OpusLibrary:
    return open_opus()


def tone(frequency_hz: float, samples: int, amplitude: float = 0.25) -> Samples:
    phase = 2 * np.pi * frequency_hz / SAMPLE_RATE * np.arange(samples)
    sound: Samples = (amplitude * np.sin(phase)).astype(np.float32)
    return sound


def level_db(sound: Samples, frequency_hz: float) -> float:
    """Amplitude of one frequency in dBFS, through a window that hides its neighbours."""
    window = np.blackman(len(sound))
    phase = np.exp(-2j * np.pi * frequency_hz / SAMPLE_RATE * np.arange(len(sound)))
    amplitude = 2 * np.abs(np.sum(sound * window * phase)) / np.sum(window)
    return float(20 * np.log10(max(amplitude, 1e-9)))


@cache
def loop(frequency_hz: int, amplitude: float = 0.25, *, speech: bool = False) -> tuple[bytes, ...]:
    """A second of packets that may be repeated (whole periods), after a second of warm-up."""
    settings = EncoderSettings(bitrate=64_000)
    if speech:
        settings = EncoderSettings(bitrate=24_000, low_delay=False, fec=True, loss_percent=20)
    encoder = library().encoder(settings)
    sound = tone(frequency_hz, 2 * SAMPLE_RATE, amplitude)
    if speech:
        # A steady tone counts as noise, and noise is not worth FEC.
        sound *= 0.6 + 0.4 * tone(4, 2 * SAMPLE_RATE, 1)
    blocks = sound.reshape(-1, TICK_SAMPLES)
    return tuple(encoder.encode(block) for block in blocks)[LOOP_TICKS:]


class Network(NamedTuple):
    """What happens to packets between capture and the mixer."""

    base_ms: float = 25
    jitter_ms: float = 0
    """Mean of an exponential delay on top."""
    loss: float = 0
    duplicates: float = 0
    ppm: float = 0
    """How much slower (longer ticks) the sender's clock runs."""


class Arrival(NamedTuple):
    at_ns: int
    packet: AudioPacket


def arrivals(
    packets: tuple[bytes, ...], ticks: int, network: Network, seed: int = 1, start_ns: int = 0
) -> list[Arrival]:
    """The packets of ``ticks`` ticks from ``start_ns`` on, in the order they arrive."""
    chance = random.Random(seed)
    found: list[Arrival] = []
    for number in range(ticks):
        captured_ns = start_ns + round(number * TICK_NS * (1 + network.ppm * 1e-6))
        copies = 0 if chance.random() < network.loss else 1 + (chance.random() < network.duplicates)
        for _ in range(copies):
            delay_ms = network.base_ms + chance.expovariate(1) * network.jitter_ms
            packet = AudioPacket(
                65_000 + number,
                (4_294_900_000 + number * TICK_SAMPLES) & 0xFFFFFFFF,
                captured_ns,
                captured_ns + round(delay_ms * MS),
                packets[number % len(packets)],
            )
            found.append(Arrival(packet.arrival_ns, packet))
    return sorted(found, key=lambda arrival: arrival.at_ns)


class Conference:
    """An engine with seats 1..n, all with a return, in virtual time."""

    def __init__(self, seats: int, *, programme: bool = False) -> None:
        self.engine = SoundEngine(library())
        self.tick = 0
        self._due: list[tuple[int, int, Frame]] = []
        self._serial = 0
        for seat in range(1, seats + 1):
            self.engine.put(SoundSource(publication=PublicationId(seat), group=GroupId(seat)))
            self.engine.put(
                SoundReturn(publication=PublicationId(RETURN + seat), group=GroupId(seat))
            )
        if programme:
            self.engine.put(SoundProgramme(opus=PublicationId(PROGRAMME), aac=PublicationId(AAC)))

    def speak(self, seat: int, sent: Iterable[Arrival]) -> None:
        for at_ns, packet in sent:
            wire = RtpPacket(OPUS, packet.sequence & 0xFFFF, packet.timestamp, seat, packet.payload)
            frame = Frame(
                FrameKind.RTP, seat, 0, 0, packet.sequence, at_ns, packet.session_ns,
                wire.serialize(),
            )  # fmt: skip
            self._serial += 1
            heapq.heappush(self._due, (at_ns, self._serial, frame))

    def put_on_air(self, *seats: int, at_ns: int = 0, revision: int = 1) -> None:
        groups = tuple(GroupId(seat) for seat in seats)
        self.engine.put(OnAir(revision=revision, groups=groups, at_ns=at_ns))

    def run(self, ticks: int) -> list[Frame]:
        """Let virtual time pass; returns all that was sent."""
        sent: list[Frame] = []
        for _ in range(ticks):
            now_ns = self.tick * TICK_NS
            while self._due and self._due[0][0] <= now_ns:
                at_ns, _, frame = heapq.heappop(self._due)
                self.engine.insert([frame], at_ns)
            sent += self.engine.tick(self.tick)
            self.tick += 1
        return sent


def heard(frames: Iterable[Frame], publication: int) -> Samples:
    """What a listener of one Opus publication hears."""
    decoder = library().decoder()
    return np.concatenate(
        [
            decoder.decode(RtpPacket.parse(frame.payload).payload)
            for frame in frames
            if frame.publication == publication
        ]
    )
