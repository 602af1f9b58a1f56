"""What media keeps about one connected worker, and how packets leave for it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from mixer.media.ring import Entry, ReplayRing
from mixer.wire.frame import FLAG_REPLAY
from mixer.wire.ids import Layer, MediaKind, PublicationId, WorkerKind
from mixer.wire.link import MAX_BUFFER_BYTES, LinkMessage, LinkStream, message_frame
from mixer.wire.resources import StreamCodec

_FLAGS_OFFSET: Final = 6
_PUMP_ENTRIES: Final = 2000


class LinkDrop(StrEnum):
    """Why a frame of the worker link was thrown away."""

    FULL = "link_full"
    """The worker does not read; video resumes at a key frame."""
    AWAITING_KEYFRAME = "link_awaiting_keyframe"
    RING_OVERRUN = "link_ring_overrun"
    """The reader of a recorded stream was away or stuck for more than the ring keeps."""
    NOT_ANNOUNCED = "link_not_announced"
    """A frame of a publication or layer that its sender had not announced."""


class LinkDrops:
    """How often each reason occurred."""

    def __init__(self) -> None:
        self.counts: dict[LinkDrop, int] = dict.fromkeys(LinkDrop, 0)

    def add(self, reason: LinkDrop, count: int = 1) -> None:
        """Count `count` discards."""
        self.counts[reason] += count


class LinkClient:
    """A worker on the link. Its outbox is written once per batch.

    Bounded by `MAX_BUFFER_BYTES` including what the socket has not taken yet.
    """

    def __init__(self, kind: WorkerKind, epoch: int, buffered: Callable[[], int]) -> None:
        """`buffered` tells how many bytes the socket's writer still holds."""
        self.kind = kind
        self.epoch = epoch
        self._buffered = buffered
        self._outbox: list[bytes] = []
        self._outbox_bytes = 0
        self._buffered_bytes = 0
        self.reads: dict[tuple[PublicationId, Layer], LinkReading] = {}

    @property
    def is_full(self) -> bool:
        """Whether no more packets may be queued now."""
        return self._outbox_bytes + self._buffered_bytes > MAX_BUFFER_BYTES

    @property
    def has_output(self) -> bool:
        """Whether `take_output` has something."""
        return bool(self._outbox)

    def send(self, encoded: bytes) -> None:
        """Queue an encoded frame."""
        self._outbox.append(encoded)
        self._outbox_bytes += len(encoded)

    def tell(self, message: LinkMessage) -> None:
        """Queue a message; messages are few and never dropped."""
        self.send(message_frame(message))

    def take_output(self) -> bytes:
        """Everything queued, as one write."""
        output = b"".join(self._outbox)
        self._outbox.clear()
        self._outbox_bytes = 0
        return output

    def note_written(self) -> None:
        """Look again at how much the socket holds; once per batch is enough."""
        self._buffered_bytes = self._buffered()


class LinkReading:
    """One subscription of one worker."""

    def __init__(
        self,
        client: LinkClient,
        publication: PublicationId,
        layer: Layer,
        *,
        is_acknowledged: bool,
    ) -> None:
        self.client = client
        self.publication = publication
        self.layer = layer
        self.is_acknowledged = is_acknowledged
        self.acknowledged = -1
        """Last sequence number the worker called stored."""
        self.cursor = 0
        """Acknowledged only: index in the ring of the next entry to send."""
        self.replay_until = 0
        """Acknowledged only: entries before this index are sent again."""
        self.stored_life = 0
        self.stored_sequence = -1
        self._told: tuple[int, StreamCodec] | None = None
        self._is_broken = False

    def forget(self) -> None:
        """The publication ended; its next packet is announced anew."""
        self._told = None

    def announce(self, kind: MediaKind, codec: StreamCodec, life: int) -> None:
        """Say what follows unless it was said."""
        if self._told == (life, codec):
            return
        self._told = (life, codec)
        self.client.tell(
            LinkStream(
                publication=self.publication, layer=self.layer, kind=kind, codec=codec, life=life
            )
        )

    def live(self, kind: MediaKind, entry: Entry, drops: LinkDrops) -> bool:
        """Send one packet of a stream without ring. True: a key frame is needed."""
        if self.client.is_full:
            drops.add(LinkDrop.FULL)
            asks = not self._is_broken and kind is MediaKind.VIDEO
            self._is_broken = True
            return asks
        if self._is_broken:
            if kind is MediaKind.VIDEO and not entry.is_keyframe:
                drops.add(LinkDrop.AWAITING_KEYFRAME)
                return False
            self._is_broken = False
        self.announce(kind, entry.codec, entry.life)
        self.client.send(entry.encoded)
        return False

    def pump(self, kind: MediaKind, ring: ReplayRing, drops: LinkDrops) -> None:
        """Send what the ring has beyond the cursor, as far as there is room.

        At most 2000 entries at once, so that a long replay does not hold up the live packets
        of others.
        """
        if self.cursor < ring.first:
            drops.add(LinkDrop.RING_OVERRUN, ring.first - self.cursor)
            self.cursor = ring.first
        room = _PUMP_ENTRIES
        for entry in ring.since(self.cursor):
            if room == 0 or self.client.is_full:
                return
            room -= 1
            is_replay = self.cursor < self.replay_until
            self.cursor += 1
            if entry.life == self.stored_life and entry.sequence <= self.stored_sequence:
                continue
            self.announce(kind, entry.codec, entry.life)
            self.client.send(_as_replay(entry.encoded) if is_replay else entry.encoded)


def _as_replay(encoded: bytes) -> bytes:
    """The encoded frame with the flag REPLAY."""
    frame = bytearray(encoded)
    frame[_FLAGS_OFFSET] |= FLAG_REPLAY
    return bytes(frame)
