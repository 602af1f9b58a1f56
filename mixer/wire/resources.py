"""Intent in the workers' own terms: what each worker shall hold.

A resource is a value with a key. The server computes the set it wants a worker
to hold and sends the difference to what the worker reports (`Apply` in
`control`). Putting the same value twice changes nothing; a put under a known
key replaces the value. Nothing here names a person.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

import msgspec

from .ids import (
    Codec,
    GroupId,
    Layer,
    MediaKind,
    PeerId,
    PublicationId,
    SubscriptionId,
)
from .picture import PictureResource
from .sound import SoundResource


class Clock(msgspec.Struct, frozen=True, tag="clock", kw_only=True):
    """The event's clock: session time = CLOCK_MONOTONIC - origin (all workers)."""

    event: int
    origin_monotonic_ns: int
    origin_wall_ns: int
    """Unix time of session time 0, for sender reports and the manifest."""

    @property
    def key(self) -> str:
        """One clock per worker."""
        return "clock"


# --- media -----------------------------------------------------------------


class Peer(msgspec.Struct, frozen=True, tag="peer", kw_only=True):
    """A peer connection of a device. ``direction`` is seen from the server."""

    id: PeerId
    direction: str
    """``receive`` (the browser publishes) or ``send`` (the browser subscribes)."""

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"peer/{self.id}"


class Publication(msgspec.Struct, frozen=True, tag="publication", kw_only=True):
    """A track that a ``receive`` peer publishes on the m-line ``mid``.

    With simulcast (RFC 8853) it has one layer per restriction identifier.
    """

    id: PublicationId
    peer: PeerId
    mid: str
    kind: MediaKind
    rids: tuple[str, ...] = ()
    """Layer 0 first; empty: one layer without an identifier."""

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"publication/{self.id}"


class Priority(IntEnum):
    """Who is served first when a receiver's line is narrow."""

    SOUND = 0
    ON_AIR = 1
    """The programme, what is on air, what a person has pinned."""
    SPEAKER = 2
    """Who speaks now."""
    REST = 3


class Subscription(msgspec.Struct, frozen=True, tag="subscription", kw_only=True):
    """A publication forwarded to a ``send`` peer; takes an m-line of its own."""

    id: SubscriptionId
    peer: PeerId
    publication: PublicationId
    kind: MediaKind
    layer: Layer
    """The preferred one: the highest that is ever sent."""
    priority: Priority = Priority.ON_AIR
    """Of a picture; sound comes before all of them."""

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"subscription/{self.id}"


# --- sound -----------------------------------------------------------------


class SoundSource(msgspec.Struct, frozen=True, tag="sound_source", kw_only=True):
    """An audio publication that sound takes from the link and mixes."""

    publication: PublicationId
    group: GroupId
    gain_db: float = 0.0
    """-120 to 40."""
    muted: bool = False
    pan: float = 0.0
    """-1 (left) to 1 (right) in the stereo programme; a stereo source is balanced by it."""
    delay_ms: float = 0.0
    """0 to 500, behind everything else; part of the delay told."""
    highpass_hz: float = 0.0
    """Corner of a 12 dB per octave high-pass, 20 to 1000; 0 is off."""

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"sound_source/{self.publication}"


class ReturnKind(StrEnum):
    """What a site hears."""

    MINUS = "minus"
    """Everyone audible but its own group."""
    CLEAN = "clean"
    """The programme bus as it is, with its own group in it."""
    OTHER_HALL = "other_hall"
    """Only the group `SoundReturn.other`, on air or not."""
    OFF = "off"
    """Silence; talkback still comes through."""


class SoundReturn(msgspec.Struct, frozen=True, tag="sound_return", kw_only=True):
    """What one site hears, as Opus mono: by default everyone audible minus its own group.

    All may change while it runs; packets go on without a gap.
    """

    publication: PublicationId
    group: GroupId
    bitrate: int = 64_000
    """6,000 to 510,000 bit/s."""
    kind: ReturnKind = ReturnKind.MINUS
    other: GroupId = GroupId(0)
    """Whom ``other_hall`` lets through; 0 is nobody."""
    redundancy: bool = False
    """Send RED (RFC 2198, payload type 63) with the frame before; only to those who accept it."""

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"sound_return/{self.publication}"


class SoundProgramme(msgspec.Struct, frozen=True, tag="sound_programme", kw_only=True):
    """The programme bus: stereo, as Opus (128 kb/s) and as AAC access units."""

    opus: PublicationId
    aac: PublicationId

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return "sound_programme"


class OnAir(msgspec.Struct, frozen=True, tag="on_air", kw_only=True):
    """Which groups are audible in the programme and in the returns from ``at_ns``.

    Sound keeps the previous value until ``at_ns`` and fades over 150 ms.
    """

    revision: int
    groups: tuple[GroupId, ...]
    at_ns: int

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return "on_air"


# --- recorder --------------------------------------------------------------


class RecordingSession(msgspec.Struct, frozen=True, tag="recording_session", kw_only=True):
    """A recording in progress. Removing it closes, finalises and verifies it.

    ``directory`` is relative to ``<data>/sessions``; ``about`` goes into the manifest
    as it is (event title, names).
    """

    id: int
    directory: str
    started_ns: int
    about: dict[str, str]

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"recording_session/{self.id}"


class RecordedTrack(msgspec.Struct, frozen=True, tag="recorded_track", kw_only=True):
    """A publication layer written to the session as it arrives.

    ``role`` is ``programme`` (these tracks make the programme MP4) or ``iso``.
    Removing a track closes its file; the session goes on.
    """

    session: int
    publication: PublicationId
    layer: Layer
    kind: MediaKind
    role: str
    seat: str
    source: str
    """``camera``, ``microphone``, ``slides``, ``programme`` ..."""
    title: str

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"recorded_track/{self.session}/{self.publication}/{self.layer}"


class Mark(msgspec.Struct, frozen=True, tag="mark", kw_only=True):
    """A point of the session on its clock. ``kind``: cue, layout or manual."""

    session: int
    id: int
    kind: str
    at_ns: int
    title: str
    seats: tuple[str, ...] = ()
    layout: str = ""

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"mark/{self.session}/{self.id}"


Resource = (
    Clock
    | Peer
    | Publication
    | Subscription
    | SoundSource
    | SoundReturn
    | SoundProgramme
    | OnAir
    | SoundResource
    | PictureResource
    | RecordingSession
    | RecordedTrack
    | Mark
)


class StreamCodec(msgspec.Struct, frozen=True, kw_only=True):
    """How the packets of one publication are coded, as told on the worker link."""

    codec: Codec
    clock_rate: int
    channels: int = 0
    priming_samples: int = 0
    """Encoder delay to be skipped by a player (AAC, Opus made by sound)."""
    configuration: bytes = b""
    """AudioSpecificConfig for AAC; empty for codecs that carry theirs in band."""
