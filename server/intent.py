"""What shall be, in one value: the input of `server.translate`. No IO, no clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mixer.wire.ids import GroupId, Layer, MediaKind, PeerId, PublicationId, SubscriptionId
from mixer.wire.resources import Clock
from signaling.event import Event, Seat
from signaling.phase import Phase
from signaling.programme.core import ProgrammeState
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


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A publication that a device receives."""

    subscription: SubscriptionId
    publication: PublicationId
    kind: MediaKind
    layer: Layer


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


class SeatNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers by which the workers know a seat."""

    group: GroupId
    return_publication: PublicationId


class ProgrammeNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """The publications of the programme, minted once per event."""

    picture: PublicationId
    opus: PublicationId
    aac: PublicationId


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
