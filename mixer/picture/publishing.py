"""What the programme's publications look like on the worker link."""

from __future__ import annotations

from mixer.rtp.payload_type import VIDEO_CLOCK_RATE
from mixer.wire.ids import MediaKind
from mixer.wire.link import Link, LinkPublish, LinkUnpublish
from mixer.wire.resources import StreamCodec

from .programme import Programme


def publish(link: Link, programme: Programme) -> None:
    """Announce all of them; each begins with a key frame."""
    for publication, layers in programme.publications.items():
        codec = StreamCodec(codec=layers[0].spec.codec, clock_rate=VIDEO_CLOCK_RATE)
        link.send_message(
            LinkPublish(
                publication=publication, kind=MediaKind.VIDEO, codec=codec, layers=len(layers)
            )
        )
        for rendition in layers:
            rendition.keyframes.request()


def unpublish(link: Link, programme: Programme) -> None:
    """No more of them."""
    for publication in programme.publications:
        link.send_message(LinkUnpublish(publication=publication))


def rest(programme: Programme) -> None:
    """Nobody is known to take what is made on demand."""
    for publication in programme.publications:
        programme.take(publication, taken=False)
