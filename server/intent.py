"""What shall be, in one value: the input of `server.translate`. No IO, no clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mixer.wire.ids import GroupId, Layer, MediaKind, PeerId, PublicationId, SubscriptionId
from mixer.wire.picture import NO_PUBLICATION, Renditions
from mixer.wire.resources import Clock
from signaling.event import Event, Seat
from signaling.phase import Phase
from signaling.programme.state import ProgrammeState
from signaling.recording import Recording
from signaling.seats import Device
from signaling.sound import SoundSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

TALKBACK = "talkback"
"""Source of a track that is heard only where its desk talks to: never in programme or recording."""
USUAL_METERS_PER_S = 5


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """An m-line that a device publishes. ``source``: camera, microphone, slides or talkback."""

    mid: str
    publication: PublicationId
    kind: MediaKind
    source: str
    rids: tuple[str, ...] = ()
    """Layers by restriction identifier, the smallest first; empty: one layer."""

    @property
    def top_layer(self) -> Layer:
        """The largest."""
        return Layer(max(len(self.rids) - 1, 0))


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A publication that a device receives."""

    subscription: SubscriptionId
    publication: PublicationId
    kind: MediaKind
    layer: Layer
    tile: str = ""
    """The picture's name where it is one of the desk's tiles, empty otherwise."""


class ReturnCoding(msgspec.Struct, frozen=True, kw_only=True):
    """How a return is coded: as its line bears."""

    bitrate: int = 64_000
    redundancy: bool = False


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """The media of a device. A peer of 0 means none in that direction.

    ``fingerprint`` is that of the offer that made ``receive_peer``: an offer with another
    one comes from a new connection of the browser and needs a new peer.
    """

    receive_peer: PeerId = PeerId(0)
    fingerprint: str = ""
    tracks: tuple[Track, ...] = ()
    send_peer: PeerId = PeerId(0)
    received: tuple[Received, ...] = ()
    ufrag: str = ""
    """Of the other end's ICE, where it came by WHIP or WHEP."""
    accepts_red: bool = False
    """The device takes redundancy (RFC 2198) with all the sound it receives."""


class SeatNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers by which the workers know a seat."""

    group: GroupId
    return_publication: PublicationId


class ProgrammeNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """The publications of the programme, minted once per event."""

    picture: PublicationId
    opus: PublicationId
    aac: PublicationId
    renditions: Renditions = Renditions()
    """Their ``master_kbps`` is a setting."""
    multiview: PublicationId = NO_PUBLICATION
    clip_sound: PublicationId = NO_PUBLICATION
    clip_group: GroupId = GroupId(0)


class ProgrammeForm(msgspec.Struct, frozen=True, kw_only=True):
    """How the programme is made: settings, or what the event's file says."""

    height: int = 720
    """720 or 1080."""
    frame_rate: int = 25
    """25 or 30."""
    record_master: bool = False
    """The archive's programme comes from the rendition ``master``."""
    master_kbps: int = 8000
    multiview: bool = False
    """Offer one; it costs only while somebody looks at it."""

    @property
    def width(self) -> int:
        """16:9."""
        return self.height * 16 // 9


class Sitting(msgspec.Struct, frozen=True, kw_only=True):
    """A device with its media."""

    device: Device
    wiring: Wiring


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the workers' wanted sets derive from."""

    clock: Clock
    event: Event
    numbers: dict[str, SeatNumbers]
    programme: ProgrammeNumbers
    state: ProgrammeState
    sitting: tuple[Sitting, ...]
    recording: Recording | None = None
    phase: Phase = Phase.DRAFT
    delays_ns: dict[int, int] = {}
    """Capture-to-mix delay that sound told, by publication."""
    sound: SoundSettings = SoundSettings()
    talking: dict[int, tuple[str, ...]] = {}
    """Device to the seats it talks to."""
    listening: dict[int, str] = {}
    """Device to the seat it listens to."""
    meters_per_s: int = USUAL_METERS_PER_S
    form: ProgrammeForm = ProgrammeForm()
    returns: dict[str, ReturnCoding] = {}
    """By seat, where it is not the usual one."""

    def tracks(self, kind: MediaKind) -> Iterator[tuple[Sitting, Track]]:
        """Every track of a kind with the device that publishes it."""
        for sitting in self.sitting:
            for track in sitting.wiring.tracks:
                if track.kind is kind:
                    yield sitting, track

    def seat(self, seat_id: str) -> Seat:
        """The seat of this id. Raises KeyError."""
        seat = self.event.seat(seat_id)
        if seat is None:
            raise KeyError(seat_id)
        return seat
