"""One sound source on its way from packets to the mixer's input."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import NamedTuple

from mixer.rtp.errors import RtpError
from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import OPUS, RED
from mixer.sound.codec import OpusError, OpusLibrary, Samples
from mixer.sound.delay import MILLISECOND_NS
from mixer.sound.jitter import AudioPacket, JitterBuffer
from mixer.sound.red import Redundant, split_red
from mixer.sound.strip import ChannelStrip, Meter, Voice
from mixer.wire.frame import Frame
from mixer.wire.ids import GroupId
from mixer.wire.resources import SoundSource


class FrameDrop(StrEnum):
    """Why a frame of the link did not reach a jitter buffer."""

    MALFORMED_RTP = "malformed_rtp"
    MALFORMED_RED = "malformed_red"
    NOT_OPUS = "not_opus"
    NO_SOURCE = "no_source"


class Heard(NamedTuple):
    """One tick of a source."""

    voice: Voice
    """What is mixed."""
    talk: Samples
    """Mono (960,) of the open source, for talkback."""
    raw: Samples
    """(960,) or (960, 2) as it came."""


class Source:
    """A publication's jitter buffer and channel strip."""

    def __init__(self, resource: SoundSource, library: OpusLibrary) -> None:
        self.resource = resource
        self._library = library
        self.jitter = self._fresh_buffer()
        self.drops: Counter[FrameDrop] = Counter()
        self.failures = 0
        """Bugs met while reading; each began the source anew."""
        self._life: int | None = None
        self._strip = ChannelStrip()

    def _fresh_buffer(self) -> JitterBuffer:
        return JitterBuffer(self._library.decoder(), lambda: self._library.decoder(2))

    @property
    def delay_ns(self) -> int:
        """From capture to the tick that holds it, its own delay included."""
        return self.jitter.delay_ns + round(self.resource.delay_ms * MILLISECOND_NS)

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
        payload = packet.payload
        old: tuple[Redundant, ...] = ()
        if packet.payload_type == RED:
            try:
                payload, old = split_red(packet.payload)
            except OpusError:
                self.drops[FrameDrop.MALFORMED_RED] += 1
                return
        elif packet.payload_type != OPUS:
            self.drops[FrameDrop.NOT_OPUS] += 1
            return
        self.jitter.insert(
            AudioPacket(
                frame.sequence,
                packet.timestamp,
                frame.session_ns,
                frame.arrival_ns,
                payload,
                old,
            ),
            now_ns,
        )

    def read(self, tick_ns: int, *, leaving: bool = False, talking: bool = False) -> Heard:
        """One tick. ``leaving`` fades it out within the tick; so does ``talking`` what is mixed,
        while what is said to some sites alone goes on.
        """
        raw = self.jitter.read(tick_ns)
        voice, talk = self._strip.process(raw, self.resource, closed=leaving or talking)
        return Heard(voice, talk, raw)

    def fail(self) -> None:
        """Begin anew with a fresh decoder after a bug."""
        self.failures += 1
        follows_clock = self.jitter.follows_clock
        self.jitter = self._fresh_buffer()
        self.jitter.follows_clock = follows_clock

    def drop_counts(self) -> Counter[str]:
        """Packets thrown away so far, by reason."""
        counts = Counter({reason.value: count for reason, count in self.drops.items()})
        for reason, count in self.jitter.counters.drops.items():
            counts[reason.value] += count
        return counts

    def take_meter(self) -> Meter:
        """Levels since last asked."""
        return self._strip.take_meter()
