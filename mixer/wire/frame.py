"""Frames of the worker link: a fixed header, then the packet.

Layout, little endian, 40 bytes:

    u32 length      of the payload
    u8  kind        see `FrameKind`
    u8  layer       0 is the lowest
    u16 flags       see `FLAG_KEYFRAME`
    u32 publication
    u32 reserved    0
    i64 sequence    extended RTP sequence, or a running number of access units
    i64 arrival_ns  session time at which media received it (0: made here)
    i64 session_ns  session time at which it was captured or mixed

A batch is frames one behind another; a reader takes whatever arrived. Measured
in Python at batches of 20: about 2 us a frame each way.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

HEADER = struct.Struct("<IBBHIIqqq")
HEADER_BYTES = HEADER.size
MAX_PAYLOAD_BYTES = 1 << 20

FLAG_KEYFRAME = 1
"""The access unit, or the frame this packet begins, decodes by itself."""
FLAG_REPLAY = 2
"""Sent again from media's ring after the reader came back."""
ROTATION_SHIFT = 8
ROTATION_MASK = 3 << ROTATION_SHIFT
"""Quarter turns clockwise to show the picture upright (urn:3gpp:video-orientation).

On every packet: media repeats what the sender said last.
"""


class FrameKind(IntEnum):
    """What the payload is."""

    MESSAGE = 0
    """A msgpack `link` message (subscribe, acknowledge, ...)."""
    RTP = 1
    """An RTP packet in the clear with our canonical payload type."""
    ACCESS_UNIT = 2
    """One coded unit that is not RTP (AAC)."""


class Frame(NamedTuple):
    """One frame. ``payload`` is an RTP packet, an access unit or a message."""

    kind: int
    publication: int
    layer: int
    flags: int
    sequence: int
    arrival_ns: int
    session_ns: int
    payload: bytes


class FrameError(Exception):
    """The peer broke the framing; the link must be closed."""


def encode_frame(frame: Frame) -> bytes:
    """One frame as bytes.

    Raises `FrameError` above `MAX_PAYLOAD_BYTES`.
    """
    kind, publication, layer, flags, sequence, arrival_ns, session_ns, payload = frame
    size = len(payload)
    if size > MAX_PAYLOAD_BYTES:
        msg = f"payload of {size} bytes exceeds {MAX_PAYLOAD_BYTES}"
        raise FrameError(msg)
    return (
        HEADER.pack(size, kind, layer, flags, publication, 0, sequence, arrival_ns, session_ns)
        + payload
    )


class FrameReader:
    """Cuts a byte stream into frames. Holds at most one incomplete frame."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[Frame]:
        """All frames completed by ``chunk``, in order.

        Raises `FrameError` on an unknown kind or an oversized payload.
        """
        buffer = self._rest + chunk if self._rest else chunk
        end = len(buffer)
        position = 0
        frames: list[Frame] = []
        unpack = HEADER.unpack_from
        while end - position >= HEADER_BYTES:
            size, kind, layer, flags, publication, _, sequence, arrival_ns, session_ns = unpack(
                buffer, position
            )
            if size > MAX_PAYLOAD_BYTES or kind > FrameKind.ACCESS_UNIT:
                msg = f"frame of kind {kind} and {size} bytes"
                raise FrameError(msg)
            start = position + HEADER_BYTES
            if end - start < size:
                break
            position = start + size
            frames.append(
                Frame(
                    kind,
                    publication,
                    layer,
                    flags,
                    sequence,
                    arrival_ns,
                    session_ns,
                    buffer[start:position],
                )
            )
        self._rest = buffer[position:] if position else buffer
        return frames
