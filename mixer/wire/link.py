"""Messages on the worker link and its worker's end.

Media listens; sound, picture and recorder connect, say `LinkHello`, subscribe
to publications and may publish their own. Every message travels as a frame of
kind `MESSAGE`, so order with respect to packets is kept.

Backpressure: the writer's buffer is bounded (`MAX_BUFFER_BYTES`). A worker that
does not read loses whole frames at media's end (named drop ``link_full``,
counted, video then resumes at a key frame), except that packets of an
acknowledged subscription stay in media's ring for 10 s and are sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Protocol

import msgspec
import structlog

from .frame import Frame, FrameError, FrameKind, FrameReader, encode_frame
from .ids import Layer, MediaKind, PublicationId, WorkerKind
from .resources import StreamCodec

if TYPE_CHECKING:
    from pathlib import Path

LINK_VERSION = 1
MAX_BUFFER_BYTES = 8 * 1024 * 1024
READ_BYTES = 256 * 1024
RETRY_S = 0.05


class LinkHello(msgspec.Struct, frozen=True, tag="hello", kw_only=True):
    """First message of a worker on the link."""

    version: int
    kind: WorkerKind
    epoch: int


class LinkSubscribe(msgspec.Struct, frozen=True, tag="subscribe", kw_only=True):
    """Worker: send me this publication's layer, from now or from a sequence.

    Allowed before the publication exists; media answers with `LinkStream` when
    it does. ``after`` is the last extended sequence safely stored: media replays
    what it kept of the later ones (flag REPLAY), then goes on live. The stream
    must be the same ``life`` (see `LinkStream`), else replay starts at its first packet kept.
    With ``acknowledged`` media keeps the last 10 s of packets for this reader.
    """

    publication: PublicationId
    layer: Layer
    acknowledged: bool = False
    after: int = -1
    life: int = 0


class LinkUnsubscribe(msgspec.Struct, frozen=True, tag="unsubscribe", kw_only=True):
    """Worker: no longer."""

    publication: PublicationId
    layer: Layer


class LinkAcknowledge(msgspec.Struct, frozen=True, tag="acknowledge", kw_only=True):
    """Recorder: all packets up to ``sequence`` are on disk."""

    publication: PublicationId
    layer: Layer
    sequence: int


class LinkKeyframe(msgspec.Struct, frozen=True, tag="keyframe", kw_only=True):
    """Either way: please make a key frame (media passes it on, throttled)."""

    publication: PublicationId
    layer: Layer


class LinkPublish(msgspec.Struct, frozen=True, tag="publish", kw_only=True):
    """Worker: I publish this from now on; its frames follow."""

    publication: PublicationId
    kind: MediaKind
    codec: StreamCodec
    layers: int = 1


class LinkUnpublish(msgspec.Struct, frozen=True, tag="unpublish", kw_only=True):
    """Worker: no more of this."""

    publication: PublicationId


class LinkStream(msgspec.Struct, frozen=True, tag="stream", kw_only=True):
    """Media: this is what the subscribed layer carries from the next frame on.

    ``life`` changes when extended sequence numbers start anew (the publisher or
    media came back); within one life they only grow.
    """

    publication: PublicationId
    layer: Layer
    kind: MediaKind
    codec: StreamCodec
    life: int


class LinkTaken(msgspec.Struct, frozen=True, tag="taken", kw_only=True):
    """Media: whether anybody takes this layer of the worker's publication.

    Told for every layer when it is announced, then on change; a layer that nobody takes need not
    be made.
    """

    publication: PublicationId
    layer: Layer
    taken: bool


class LinkEnded(msgspec.Struct, frozen=True, tag="ended", kw_only=True):
    """Media: the publication is gone; it may come back with a `LinkStream`."""

    publication: PublicationId


LinkMessage = (
    LinkHello
    | LinkSubscribe
    | LinkUnsubscribe
    | LinkAcknowledge
    | LinkKeyframe
    | LinkPublish
    | LinkUnpublish
    | LinkStream
    | LinkTaken
    | LinkEnded
)

_log = structlog.get_logger(__name__)
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[LinkMessage] = msgspec.msgpack.Decoder(LinkMessage)


def message_frame(message: LinkMessage) -> bytes:
    """A message as an encoded frame."""
    return encode_frame(Frame(FrameKind.MESSAGE, 0, 0, 0, 0, 0, 0, _encoder.encode(message)))


def read_message(payload: bytes) -> LinkMessage:
    """The message of a frame of kind `MESSAGE`.

    Raises `FrameError` when it is none of ours.
    """
    try:
        return _decoder.decode(payload)
    except msgspec.MsgspecError as error:
        msg = f"bad link message: {error}"
        raise FrameError(msg) from error


class LinkReceiver(Protocol):
    """What a worker does with what arrives."""

    def link_up(self) -> None:
        """Connected (again): subscribe and publish everything anew."""

    def link_down(self) -> None:
        """Media is away; `link_up` follows when it is back."""

    def link_frames(self, frames: list[Frame]) -> None:
        """Packets and access units, in order, messages taken out."""

    def link_message(self, message: LinkMessage) -> None:
        """A message from media, in order with the frames around it."""


class Link:
    """A worker's end of the link: reconnects for ever, never blocks a sender.

    Owned by one event loop. `run` is the only task; cancel it to close.
    """

    def __init__(self, path: Path, kind: WorkerKind, epoch: int, receiver: LinkReceiver) -> None:
        self._path = path
        self._hello = LinkHello(version=LINK_VERSION, kind=kind, epoch=epoch)
        self._receiver = receiver
        self._writer: asyncio.StreamWriter | None = None
        self.dropped_link_full = 0
        """Frames not sent because media did not read."""
        self.dropped_link_down = 0
        """Frames not sent because media was away."""

    @property
    def connected(self) -> bool:
        """Whether media is there."""
        return self._writer is not None

    def send_message(self, message: LinkMessage) -> None:
        """Send a message if connected; `link_up` re-tells state otherwise."""
        # Media may be gone a moment before the reader says so.
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(message_frame(message))

    def send_frames(self, frames: list[Frame]) -> bool:
        """Send packets in one write. False: dropped and counted."""
        writer = self._writer
        if writer is None or writer.is_closing():
            self.dropped_link_down += len(frames)
            return False
        if writer.transport.get_write_buffer_size() > MAX_BUFFER_BYTES:
            self.dropped_link_full += len(frames)
            return False
        writer.write(b"".join([encode_frame(frame) for frame in frames]))
        return True

    async def run(self) -> None:
        """Connect, read, reconnect; until cancelled."""
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path))
            except OSError:
                await asyncio.sleep(RETRY_S)
                continue
            writer.write(message_frame(self._hello))
            self._writer = writer
            try:
                self._receiver.link_up()
                await self._read(reader)
            finally:
                self._writer = None
                writer.close()
                self._receiver.link_down()
            await asyncio.sleep(RETRY_S)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        frames = FrameReader()
        try:
            with contextlib.suppress(ConnectionError):
                while chunk := await reader.read(READ_BYTES):
                    self._dispatch(frames.feed(chunk))
        except FrameError as error:
            _log.error("link.broken_framing", error=str(error))

    def _dispatch(self, frames: list[Frame]) -> None:
        batch: list[Frame] = []
        for frame in frames:
            if frame.kind != FrameKind.MESSAGE:
                batch.append(frame)
                continue
            if batch:
                self._receiver.link_frames(batch)
                batch = []
            self._receiver.link_message(read_message(frame.payload))
        if batch:
            self._receiver.link_frames(batch)
