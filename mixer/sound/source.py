"""One sound source on its way from packets to the mixer's input."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import NamedTuple

from mixer.rtp.errors import RtpError
from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import OPUS, RED
from mixer.rtp.red import Redundant, split_red
from mixer.sound.codec import OpusLibrary, Samples
from mixer.sound.delay import MILLISECOND_NS
from mixer.sound.jitter import AudioPacket, JitterBuffer
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
    NO_CLOCK = "no_clock"
    """Before sound knows the event's clock a packet stands nowhere in time."""


class Heard(NamedTuple):
    """One tick of a source."""

    voice: Voice
    """What is mixed."""
    talk: Samples
    """Mono (960,) of the open source, for talkback."""


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
        self.strip = ChannelStrip()

    def _fresh_buffer(self) -> JitterBuffer:
        # Not through `self`: a ring of references would keep a source that is gone for a while.
        library = self._library
        return JitterBuffer(library.decoder(), lambda: library.decoder(2))

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
            except RtpError:
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
        voice, talk = self.strip.process(raw, self.resource, closed=leaving or talking)
        return Heard(voice, talk)

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
        return self.strip.take_meter()
