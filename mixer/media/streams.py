"""How publications and layers are numbered inside the media process."""

from __future__ import annotations

from typing import Final

from mixer.rtp import payload_type
from mixer.wire.ids import Codec, Layer, MediaKind, PublicationId
from mixer.wire.resources import StreamCodec

MAX_LAYERS: Final = 8

_OPUS: Final = StreamCodec(codec=Codec.OPUS, clock_rate=payload_type.AUDIO_CLOCK_RATE, channels=2)
_CODECS: Final[dict[int, StreamCodec]] = {
    payload_type.OPUS: _OPUS,
    # Redundancy wraps Opus frame by frame, and may come and go within one stream.
    payload_type.RED: _OPUS,
    payload_type.VP8: StreamCodec(codec=Codec.VP8, clock_rate=payload_type.VIDEO_CLOCK_RATE),
    payload_type.H264: StreamCodec(codec=Codec.H264, clock_rate=payload_type.VIDEO_CLOCK_RATE),
}


def stream_of(publication: PublicationId, layer: int) -> int:
    """Return the in-stream of a layer (0 to 7) of a publication."""
    return publication * MAX_LAYERS + layer


def publication_of(stream: int) -> tuple[PublicationId, Layer]:
    """Return what `stream_of` was given."""
    publication, layer = divmod(stream, MAX_LAYERS)
    return PublicationId(publication), Layer(layer)


def codec_of(canonical_type: int) -> StreamCodec | None:
    """Return the codec of a canonical payload type, None before the first packet."""
    return _CODECS.get(canonical_type)


def kind_of(codec: StreamCodec) -> MediaKind:
    """Return what a codec codes."""
    is_video = codec.codec in (Codec.VP8, Codec.H264)
    return MediaKind.VIDEO if is_video else MediaKind.AUDIO
