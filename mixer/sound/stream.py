"""From packets in any order to a gapless run of samples.

Packets wait undecoded until their samples are needed; what is missing then is
taken from the FEC of the packet behind it, else concealed. Samples concealed
with nothing decoded behind them are *provisional*: if their packet comes after
all, `rewind` takes them back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from mixer.sound.codec import (
    MAX_PACKET_SAMPLES,
    SAMPLE_RATE,
    TICK_SAMPLES,
    Decoder,
    OpusError,
    Samples,
    along,
)
from mixer.sound.opus_packet import DTX_BYTES, carries_fec, is_stereo
from mixer.sound.ring import SampleRing

MAX_WAITING: Final = 512
"""Packets held undecoded; more than 1.2 s even of 2.5 ms packets."""
HORIZON_SAMPLES: Final = 2 * SAMPLE_RATE
CONCEAL_SAMPLES: Final = SAMPLE_RATE // 10
"""Longest concealment of a loss; silence follows."""
COMFORT_SAMPLES: Final = SAMPLE_RATE
"""Longest run of the decoder's own comfort noise while the sender says it is silent."""
FADE_SAMPLES: Final = 240
_FADE_IN: Final = np.linspace(0, 1, FADE_SAMPLES, dtype=np.float32)
_FADE_OUT: Final = _FADE_IN[::-1].copy()


class Drop(StrEnum):
    """Why a packet was thrown away."""

    MALFORMED = "malformed"
    DUPLICATE = "duplicate"
    LATE = "late"
    FLOOD = "flood"
    FUTURE = "future"
    TIMESTAMP = "timestamp"
    """A timestamp that fits nothing before it; a second one like it is believed."""
    RESTART = "restart"
    """It waited when the stream began anew."""


class WaitingPacket(NamedTuple):
    """An Opus packet with its place in the stream."""

    sequence: int
    """Extended."""
    timestamp: int
    """Extended, of its first sample."""
    samples: int
    payload: bytes


class StreamCounters:
    """What happened to one source; every packet ends in `decoded` or in `drops`."""

    def __init__(self) -> None:
        self.received = 0
        self.decoded = 0
        self.lost = 0
        """Sequence numbers that were missing when their samples were due."""
        self.recovered = 0
        """Losses repaired by FEC."""
        self.redundant = 0
        """Packets missing that a later one carried along (RED)."""
        self.concealed_samples = 0
        self.drops: Counter[Drop] = Counter()


class DecodedStream:
    """Waiting packets in front of one decoder in front of one ring.

    Bounded: `MAX_WAITING` packets within `HORIZON_SAMPLES`; what comes beyond is
    dropped as ``flood`` or ``future``. Mono until the first stereo packet; then a decoder
    that ``stereo`` makes takes over, and the ring is stereo from there on.
    """

    def __init__(
        self,
        decoder: Decoder,
        counters: StreamCounters,
        stereo: Callable[[], Decoder] | None = None,
    ) -> None:
        self._decoder = decoder
        self._make_stereo = stereo
        self._counters = counters
        self._waiting: dict[int, WaitingPacket] = {}
        self._copies: set[int] = set()
        self._last_sequence = -1
        self._provisional_from: int | None = None
        self._gap_samples = 0
        self._silent = False
        self._comfort = False
        self.ring = SampleRing()

    def restart(self, position: int) -> None:
        """Forget all packets and samples; the stream begins anew at ``position``."""
        for _ in self._waiting:
            self._drop(Drop.RESTART)
        self._waiting.clear()
        self._copies.clear()
        self.ring.restart(position)
        self._last_sequence = -1
        self._provisional_from = None
        self._gap_samples = 0
        self._silent = True
        self._comfort = False

    def offer(self, packet: WaitingPacket) -> None:
        """Hold a packet until it is due, or drop it."""
        if packet.timestamp in self._copies:
            # The packet itself after all.
            self._copies.discard(packet.timestamp)
            self._waiting[packet.timestamp] = packet
        elif packet.timestamp in self._waiting:
            self._drop(Drop.DUPLICATE)
        elif packet.timestamp + packet.samples <= self.ring.end:
            self._drop(Drop.LATE)
        elif packet.timestamp > self.ring.end + HORIZON_SAMPLES:
            self._drop(Drop.FUTURE)
        elif len(self._waiting) >= MAX_WAITING:
            self._drop(Drop.FLOOD)
        else:
            self._waiting[packet.timestamp] = packet

    def offer_copy(self, packet: WaitingPacket) -> None:
        """A packet that another one carried along: held if its place is still empty."""
        if (
            packet.timestamp >= self.ring.end
            and packet.sequence > self._last_sequence
            and packet.timestamp not in self._waiting
            and len(self._waiting) < MAX_WAITING
        ):
            self._waiting[packet.timestamp] = packet
            self._copies.add(packet.timestamp)

    def is_late(self, timestamp: int) -> bool:
        """Whether samples were already made for this place."""
        return timestamp < self.ring.end

    def rewind(self, timestamp: int) -> bool:
        """Take back provisional samples from ``timestamp`` on; False when they are not."""
        if self._provisional_from is None or timestamp < self._provisional_from:
            return False
        self.ring.truncate(timestamp)
        return True

    def holds_until(self, position: int) -> bool:
        """Whether everything up to ``position`` is decoded or waits without a gap."""
        end = self.ring.end
        while end < position:
            packet = self._waiting.get(end)
            if packet is None:
                return False
            end += packet.samples
        return True

    def fill(self, position: int) -> None:
        """Decode or conceal until the ring reaches ``position``."""
        while self.ring.end < position:
            packet = self._waiting.pop(self.ring.end, None)
            if packet is not None:
                self._decode(packet)
            elif self._waiting:
                self._bridge(min(self._waiting))
            else:
                self._conceal(TICK_SAMPLES)

    def _bridge(self, timestamp: int) -> None:
        """The next packet there does not begin where the ring ends."""
        end = self.ring.end
        packet = self._waiting[timestamp]
        if timestamp < end:
            del self._waiting[timestamp]
            self._copies.discard(timestamp)
            if timestamp + packet.samples <= end:
                self._drop(Drop.LATE)
            else:
                self._decode(packet, skip=end - timestamp)
            return
        gap = timestamp - end
        missing = packet.sequence - self._last_sequence - 1 if self._last_sequence >= 0 else 0
        if missing > 0 and gap <= packet.samples and carries_fec(packet.payload):
            self._recover(packet, gap)
            return
        self._comfort = missing == 0
        self._conceal(min(gap, TICK_SAMPLES))

    def _recover(self, packet: WaitingPacket, gap: int) -> None:
        try:
            block = self._decoder.decode_fec(packet.payload, gap)
        except OpusError:
            # The packet itself is counted as malformed when its turn comes.
            self._conceal(gap)
            return
        self._counters.recovered += 1
        self._append(block)

    def _decode(self, packet: WaitingPacket, skip: int = 0) -> None:
        missing = packet.sequence - self._last_sequence - 1
        if self._last_sequence >= 0 and missing > 0:
            self._counters.lost += missing
        if packet.timestamp in self._copies:
            self._copies.discard(packet.timestamp)
            self._counters.lost += 1
            self._counters.redundant += 1
        self._last_sequence = max(packet.sequence, self._last_sequence)
        try:
            block = self._decoder.decode(packet.payload)
            if self._make_stereo is not None and is_stereo(packet.payload):
                block = self._widen(packet, block, self._make_stereo())
        except OpusError:
            block = None
        if block is None or len(block) <= skip:
            self._drop(Drop.MALFORMED)
            self._conceal(packet.samples - skip)
            return
        self._counters.decoded += 1
        self._comfort = len(packet.payload) <= DTX_BYTES
        self._gap_samples = 0
        self._append(block[skip:])

    def _widen(self, packet: WaitingPacket, mono: Samples, decoder: Decoder) -> Samples:
        """Go on in stereo; a fresh decoder knows nothing of before, so its start is faded in."""
        block = decoder.decode(packet.payload)
        count = min(len(block), FADE_SAMPLES)
        block[:count] *= _FADE_IN[:count, None]
        block[:count] += (mono[:count] * _FADE_IN[::-1][:count])[:, None]
        self.ring.widen()
        self._decoder, self._make_stereo = decoder, None
        return block

    def _append(self, block: Samples) -> None:
        """Real sound: whatever was concealed before it stays."""
        self._provisional_from = None
        if self._silent:
            count = min(len(block), FADE_SAMPLES)
            block[:count] *= along(_FADE_IN[:count], block)
            self._silent = False
        self.ring.append(block)

    def _conceal(self, samples: int) -> None:
        """At most 20 ms, or one packet's place."""
        if self._provisional_from is None:
            self._provisional_from = self.ring.end
        limit = COMFORT_SAMPLES if self._comfort else CONCEAL_SAMPLES
        self._gap_samples += samples
        if not self._comfort:
            self._counters.concealed_samples += samples
        if self._silent:
            self.ring.append(self.ring.silence(samples))
            return
        block = self._decoder.conceal(min(samples, MAX_PACKET_SAMPLES))
        if self._gap_samples >= limit:
            count = min(len(block), FADE_SAMPLES)
            block[-count:] *= along(_FADE_OUT[-count:], block)
            self._silent = True
        self.ring.append(block)

    def _drop(self, reason: Drop) -> None:
        self._counters.drops[reason] += 1
