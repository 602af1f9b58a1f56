"""Ids that cross process boundaries.

All ids are positive integers minted by the server and stored, so that they
survive any restart; an id is never used twice. People and seats have names,
but no name crosses into the media engine.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NewType

PeerId = NewType("PeerId", int)
"""One peer connection of one device, in one direction."""

PublicationId = NewType("PublicationId", int)
"""One published track with all its layers."""

SubscriptionId = NewType("SubscriptionId", int)
"""One publication received by one peer."""

GroupId = NewType("GroupId", int)
"""Everything that belongs to one site for the sound: its devices are heard and
left out together (mix-minus)."""

Layer = NewType("Layer", int)
"""Quality layer of a publication, 0 is the lowest."""

LAYER_LOW = Layer(0)
LAYER_MAIN = Layer(1)
"""Layers of the programme: ``low`` 360p and ``main`` 720p. Sound has layer 0 only."""

NANOSECONDS = 1_000_000_000
FRAME_NS = NANOSECONDS // 25
"""Programme frame n stands at n * FRAME_NS of session time."""
TICK_NS = NANOSECONDS // 50
"""Sound tick k stands at k * TICK_NS of session time."""


class WorkerKind(StrEnum):
    """The processes that keep a control channel to the server."""

    MEDIA = "media"
    SOUND = "sound"
    PICTURE = "picture"
    RECORDER = "recorder"


class MediaKind(StrEnum):
    """What a publication carries."""

    AUDIO = "audio"
    VIDEO = "video"


class Codec(StrEnum):
    """Codecs known to every worker. AAC travels as access units only."""

    OPUS = "opus"
    VP8 = "vp8"
    H264 = "h264"
    AAC = "aac"
