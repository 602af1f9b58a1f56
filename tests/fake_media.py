"""Media's end of the worker link as the recorder sees it: streams, replay, acknowledgement."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from mixer.wire.frame import FLAG_REPLAY, Frame, FrameKind, FrameReader, encode_frame
from mixer.wire.ids import Layer, MediaKind, PublicationId
from mixer.wire.link import (
    LinkAcknowledge,
    LinkKeyframe,
    LinkMessage,
    LinkStream,
    LinkSubscribe,
    LinkUnsubscribe,
    message_frame,
    read_message,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.wire.resources import StreamCodec

Place = tuple[int, int]
KEPT_FRAMES = 20_000


class FakeMedia:
    """Keeps every frame until it is acknowledged and sends it again to a reader that is back."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._streams: dict[Place, tuple[StreamCodec, int]] = {}
        self._kept: dict[Place, deque[Frame]] = defaultdict(lambda: deque(maxlen=KEPT_FRAMES))
        self._subscribed: set[Place] = set()
        self.acknowledged: dict[Place, int] = {}
        self.keyframes: list[Place] = []
        self.subscriptions: list[LinkSubscribe] = []
        self.links = 0

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, str(self._path))

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._writer is not None:
            self._writer.close()
        self._path.unlink(missing_ok=True)

    def stream(self, place: Place, codec: StreamCodec, life: int) -> None:
        """A stream begins, or begins anew with another life."""
        self._streams[place] = (codec, life)
        self._kept[place].clear()
        self.acknowledged.pop(place, None)
        if place in self._subscribed:
            self._send_stream(place)

    def send(self, frames: list[Frame]) -> None:
        """Frames arrive from the network."""
        for frame in frames:
            self._kept[(frame.publication, frame.layer)].append(frame)
        self._write(
            [
                encode_frame(frame)
                for frame in frames
                if (frame.publication, frame.layer) in self._subscribed
            ]
        )

    def _write(self, encoded: list[bytes]) -> None:
        if self._writer is not None and encoded:
            self._writer.write(b"".join(encoded))

    def _send_stream(self, place: Place) -> None:
        codec, life = self._streams[place]
        video = codec.clock_rate == 90_000
        message = LinkStream(
            publication=PublicationId(place[0]),
            layer=Layer(place[1]),
            kind=MediaKind.VIDEO if video else MediaKind.AUDIO,
            codec=codec,
            life=life,
        )
        self._write([message_frame(message)])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._subscribed.clear()
        self.links += 1
        frames = FrameReader()
        try:
            while chunk := await reader.read(65_536):
                for frame in frames.feed(chunk):
                    assert frame.kind == FrameKind.MESSAGE
                    self._take(read_message(frame.payload))
        except ConnectionError:
            pass
        finally:
            if self._writer is writer:
                self._writer = None
                self._subscribed.clear()
            writer.close()

    def _take(self, message: LinkMessage) -> None:
        match message:
            case LinkSubscribe():
                self._subscribe(message)
            case LinkUnsubscribe():
                self._subscribed.discard((message.publication, message.layer))
            case LinkAcknowledge():
                place = (message.publication, message.layer)
                self.acknowledged[place] = message.sequence
                kept = self._kept[place]
                while kept and kept[0].sequence <= message.sequence:
                    kept.popleft()
            case LinkKeyframe():
                self.keyframes.append((message.publication, message.layer))
            case _:
                pass

    def _subscribe(self, message: LinkSubscribe) -> None:
        place = (message.publication, message.layer)
        self.subscriptions.append(message)
        self._subscribed.add(place)
        if place not in self._streams:
            return
        self._send_stream(place)
        _, life = self._streams[place]
        after = message.after if message.life == life else -1
        self._write(
            [
                encode_frame(frame._replace(flags=frame.flags | FLAG_REPLAY))
                for frame in self._kept[place]
                if frame.sequence > after
            ]
        )
