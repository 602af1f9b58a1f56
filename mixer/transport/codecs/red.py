"""Redundancy (RFC 2198) around Opus: each packet carries the frame before once more.

It is taken beside Opus, never instead: a sender may change from one to the other at any packet,
and so do we. Which of the two a browser sends is said by the order of its own offer.
"""

from __future__ import annotations

from typing import Final

from mixer.rtp import payload_type
from mixer.transport.codecs.rules import CodecRules
from mixer.transport.sdp import MediaLine, OfferedCodec
from mixer.wire.ids import MediaKind


def _blocks(codec: OfferedCodec) -> str:
    """Payload types of its blocks, as ``111/111``; empty where the format does not say."""
    return next((text for text in codec.parameters if "/" in text), "")


def _rank(codec: OfferedCodec, line: MediaLine) -> int | None:
    """Only where every block is Opus: its payload type then is the one we know."""
    numbers = _blocks(codec).split("/")
    blocks = [line.codecs.get(int(text)) for text in numbers if text.isdecimal()]
    opus = [block for block in blocks if block is not None and block.name == "opus"]
    return 0 if codec.channels == 2 and len(opus) == len(numbers) > 1 else None


RULES: Final = CodecRules(
    name="red",
    encoding="red/48000/2",
    kind=MediaKind.AUDIO,
    clock_rate=payload_type.AUDIO_CLOCK_RATE,
    canonical=payload_type.RED,
    offered=f"{payload_type.OPUS}/{payload_type.OPUS}",
    rank=_rank,
    answered=_blocks,
)
