"""One sound source on its way from packets to the mixer's input."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Final

import numpy as np

from mixer.rtp.errors import RtpError
from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import OPUS
from mixer.sound.codec import TICK_SAMPLES, OpusLibrary, Samples
from mixer.sound.jitter import AudioPacket, JitterBuffer
from mixer.wire.frame import Frame
from mixer.wire.ids import GroupId
from mixer.wire.resources import SoundSource

SILENCE_DB: Final = -120.0
_RAMP: Final = (np.arange(1, TICK_SAMPLES + 1) / TICK_SAMPLES).astype(np.float32)


class FrameDrop(StrEnum):
    """Why a frame of the link did not reach a jitter buffer."""

    MALFORMED_RTP = "malformed_rtp"
    NOT_OPUS = "not_opus"
    NO_SOURCE = "no_source"


def decibels(amplitude: float) -> float:
    """An amplitude in dBFS, at least `SILENCE_DB`."""
    return max(20 * float(np.log10(max(amplitude, 1e-9))), SILENCE_DB)


class Source:
    """A publication's jitter buffer, gain and meter."""

    def __init__(self, resource: SoundSource, library: OpusLibrary) -> None:
        self.resource = resource
        self._library = library
        self.jitter = JitterBuffer(library.decoder())
        self.drops: Counter[FrameDrop] = Counter()
        self.failures = 0
        """Bugs met while reading; each began the source anew."""
        self._life: int | None = None
        self._gain = 0.0
        self._peak = 0.0

    @property
    def group(self) -> GroupId:
        """Whose sound it is."""
        return self.resource.group

    def begin_life(self, life: int) -> None:
        """The stream's numbers begin anew when its life is another one."""
        if self._life is not None and life != self._life:
            self.jitter.restart()
        self._life = life

    def insert(self, frame: Frame, now_ns: int) -> None:
        """A packet of this publication that is there at ``now_ns``."""
        try:
            packet = RtpPacket.parse(frame.payload)
        except RtpError:
            self.drops[FrameDrop.MALFORMED_RTP] += 1
            return
        if packet.payload_type != OPUS:
            self.drops[FrameDrop.NOT_OPUS] += 1
            return
        self.jitter.insert(
            AudioPacket(
                frame.sequence, packet.timestamp, frame.session_ns, frame.arrival_ns, packet.payload
            ),
            now_ns,
        )

    def read(self, tick_ns: int, *, leaving: bool = False) -> Samples:
        """A tick (960,) with its gain; ``leaving`` fades it out within the tick."""
        block = self.jitter.read(tick_ns)
        wanted = 10 ** (self.resource.gain_db / 20)
        self._peak = max(self._peak, float(np.abs(block).max()) * wanted)
        target = 0.0 if leaving or self.resource.muted else wanted
        if target == self._gain:
            return block if target == 1 else block * np.float32(target)
        ramp = np.float32(self._gain) + np.float32(target - self._gain) * _RAMP
        self._gain = target
        return block * ramp

    def fail(self) -> None:
        """Begin anew with a fresh decoder after a bug."""
        self.failures += 1
        self.jitter = JitterBuffer(self._library.decoder())

    def drop_counts(self) -> Counter[str]:
        """Packets thrown away so far, by reason."""
        counts = Counter({reason.value: count for reason, count in self.drops.items()})
        for reason, count in self.jitter.counters.drops.items():
            counts[reason.value] += count
        return counts

    def take_peak_db(self) -> float:
        """The highest peak since last asked, in dBFS, with gain, muted or not."""
        peak, self._peak = self._peak, 0.0
        return decibels(peak)
