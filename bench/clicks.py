"""Coded sound that tells how late it comes out elsewhere, and whether all of it does.

Every seat says the same kind of thing: quiet speech below 2.2 kHz all the time, and once a loop a
click of 6 kHz. The clicks of the seats are `CLICK_EVERY_PACKETS` apart, so a click heard tells
whose it is. What goes in is found by the same detector as what comes out, in the decoded packets
that were sent: so the sender's own encoder and the detector's bias cancel.

Every third seat adds a pilot, a steady tone between speech and clicks. A hole in a pilot is sound
that was there and was not mixed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, EncoderSettings, OpusLibrary, Samples
from server.simulate.voice import speech_like

PACKET_NS = 20_000_000
CLICK_EVERY_PACKETS = 20
LONGEST_DELAY_NS = (CLICK_EVERY_PACKETS - 1) * PACKET_NS
"""A longer delay would be taken for one of the next seat; 380 ms."""
SPEECH_GAIN = 10 ** (-10 / 20)
"""Speech at -34 dBFS: nineteen together must not drive the peer, which has no limiter, to clip."""
CLICK_HZ = 6000.0
CLICK_SAMPLES = 384
CLICK_LEVEL = 0.25
CLICK_AT = 500
"""Place within its packet, away from both ends, whatever the encoder's look-ahead adds."""
FLOOR_HZ = 4500.0
ONSET_LEVEL = CLICK_LEVEL / 4
DEAD_SAMPLES = SAMPLE_RATE // 20
PILOT_EVERY_SEATS = 3
PILOT_HZ = 2500.0
PILOT_STEP_HZ = 250.0
"""Five cycles a packet apart, so that pilots do not meet in a window of 20 ms."""
PILOT_LEVEL = 0.03
PILOT_HALF = 0.5
WARM_UP_PACKETS = 5
"""Of a decoder that begins in the middle of a stream."""


class HeardPacket(NamedTuple):
    """An Opus packet as it arrived on CLOCK_MONOTONIC; `sequence` extended."""

    arrival_ns: int
    sequence: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class ClickLoop:
    """What one seat sends over and over."""

    packets: tuple[bytes, ...]
    click_packet: int
    """Which of them holds the click's onset."""
    click_ns: int
    """How long after that packet's first sample."""


def make_loop(library: OpusLibrary, seat: int, seats: int, bitrate: int) -> ClickLoop:
    """Code the loop of `seat` (0 to `seats` - 1) in audio mode, as browsers do.

    Raises ValueError when the click is not found once in what was coded.
    """
    packets = seats * CLICK_EVERY_PACKETS
    sound = speech_like(seat, packets * TICK_SAMPLES / SAMPLE_RATE) * np.float32(SPEECH_GAIN)
    start = (seat * CLICK_EVERY_PACKETS + CLICK_EVERY_PACKETS // 2) * TICK_SAMPLES + CLICK_AT
    sound[start : start + CLICK_SAMPLES] += _click()
    if seat % PILOT_EVERY_SEATS == 0:
        phase = 2 * np.pi * pilot_hz(seat) * np.arange(len(sound)) / SAMPLE_RATE
        sound += (PILOT_LEVEL * np.sin(phase)).astype(np.float32)
    encoder = library.encoder(EncoderSettings(bitrate=bitrate, complexity=9, low_delay=False))
    coded = tuple(encoder.encode(block) for block in sound.reshape(-1, TICK_SAMPLES))
    decoder = library.decoder()
    found = onsets(np.concatenate([decoder.decode(packet) for packet in coded]))
    if len(found) != 1:
        raise ValueError(f"seat {seat}'s loop has {len(found)} clicks, not one")
    packet, sample = divmod(found[0], TICK_SAMPLES)
    return ClickLoop(coded, packet, sample * 1_000_000_000 // SAMPLE_RATE)


def _click() -> Samples:
    time_s = np.arange(CLICK_SAMPLES) / SAMPLE_RATE
    shape = np.minimum(1, (CLICK_SAMPLES - np.arange(CLICK_SAMPLES)) / 96)
    click: Samples = (CLICK_LEVEL * shape * np.sin(2 * np.pi * CLICK_HZ * time_s)).astype(
        np.float32
    )
    return click


def onsets(sound: Samples) -> list[int]:
    """Samples at which clicks begin; speech and what codecs make of it stays below."""
    spectrum = np.fft.rfft(sound)
    spectrum[: int(FLOOR_HZ * len(sound) / SAMPLE_RATE)] = 0
    high = np.abs(np.fft.irfft(spectrum, len(sound)))
    found: list[int] = []
    for place in np.flatnonzero(high > ONSET_LEVEL):
        if not found or place - found[-1] > DEAD_SAMPLES:
            found.append(int(place))
    return found


@dataclass(frozen=True, slots=True)
class Recording:
    """What one seat heard, decoded; a packet that is missing is silence."""

    sound: Samples
    """``(packets, 960)``."""
    arrivals_ns: dict[int, int]
    """By row of `sound`, on CLOCK_MONOTONIC."""

    def onsets_ns(self) -> list[int]:
        """When clicks came out, for a player without any buffer: arrival plus place in it."""
        times = []
        for place in onsets(self.sound.reshape(-1)):
            row, sample = divmod(place, TICK_SAMPLES)
            if row in self.arrivals_ns:
                times.append(self.arrivals_ns[row] + sample * 1_000_000_000 // SAMPLE_RATE)
        return times

    def holes(self, frequency_hz: float) -> int:
        """Windows of 20 ms in which a pilot is less than half of what it usually is."""
        sound = self.sound.reshape(-1)
        phase = 2j * np.pi * frequency_hz * np.arange(len(sound)) / SAMPLE_RATE
        windows = (sound * np.exp(-phase)).reshape(-1, TICK_SAMPLES)
        strength = np.abs(windows.mean(axis=1))
        strength = strength[WARM_UP_PACKETS:]
        return int(np.count_nonzero(strength < PILOT_HALF * np.median(strength)))


def decode_heard(library: OpusLibrary, heard: Iterable[HeardPacket]) -> Recording:
    """Decode what arrived, in any order. Raises ValueError when there is nothing."""
    packets = sorted(heard, key=lambda packet: packet.sequence)
    if not packets:
        raise ValueError("nothing was heard")
    first = packets[0].sequence
    sound = np.zeros((packets[-1].sequence - first + 1, TICK_SAMPLES), np.float32)
    arrivals: dict[int, int] = {}
    decoder = library.decoder()
    for packet in packets:
        decoded = decoder.decode(packet.payload)[:TICK_SAMPLES]
        sound[packet.sequence - first, : len(decoded)] = decoded
        arrivals[packet.sequence - first] = packet.arrival_ns
    return Recording(sound, arrivals)


def pilot_hz(seat: int) -> float:
    """The tone of a seat that has one."""
    return PILOT_HZ + PILOT_STEP_HZ * (seat // PILOT_EVERY_SEATS)


def match_delays_ms(said_ns: Sequence[int], heard_ns: Iterable[int]) -> list[float]:
    """For each click heard, how long before it the newest click was said that is not later.

    What has none within `LONGEST_DELAY_NS` is left out (the first of a recording).
    """
    said = np.sort(np.asarray(said_ns, np.int64))
    delays = []
    for moment in heard_ns:
        index = int(np.searchsorted(said, moment, side="right")) - 1
        if index >= 0 and moment - said[index] <= LONGEST_DELAY_NS:
            delays.append(float(moment - said[index]) / 1e6)
    return delays
