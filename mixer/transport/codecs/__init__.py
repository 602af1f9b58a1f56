"""The codecs this node takes part in. Another one is a file beside these and a row in `KNOWN`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mixer.transport.codecs import h264, opus, red, vp8
from mixer.transport.codecs.rules import CodecRules
from mixer.transport.sdp import MediaLine, OfferedCodec
from mixer.wire.ids import MediaKind

KNOWN: Final[tuple[CodecRules, ...]] = (opus.RULES, red.RULES, h264.RULES, vp8.RULES)
"""In the order of our offers."""


@dataclass(slots=True, frozen=True)
class AcceptedLine:
    """What one m-line may carry, in payload types of the peer."""

    media: dict[int, int]
    """Negotiated payload type to canonical payload type."""
    rtx: dict[int, int]
    """Retransmission payload type to the media payload type it repeats."""
    nack: bool
    transport_feedback: bool


def codecs_of(kind: MediaKind) -> tuple[CodecRules, ...]:
    """Ours of one kind, in the order of our offers."""
    return tuple(rules for rules in KNOWN if rules.kind is kind)


def rules_of(codec: OfferedCodec, line: MediaLine) -> CodecRules | None:
    """Which of ours an offered payload type is, None for one we do not take."""
    for rules in KNOWN:
        known = (codec.name, codec.clock_rate) == (rules.name, rules.clock_rate)
        if known and rules.kind.value == line.kind and rules.rank(codec, line) is not None:
            return rules
    return None


def accept(line: MediaLine) -> AcceptedLine:
    """Choose what we take of an m-line; empty when there is nothing in common."""
    media: dict[int, int] = {}
    for rules in KNOWN:
        ranks: dict[int, int] = {}
        for codec in line.codecs.values():
            rank = rules.rank(codec, line) if rules_of(codec, line) is rules else None
            if rank is not None:
                ranks[codec.payload_type] = rank
        best = min(ranks.values(), default=0)
        media |= {number: rules.canonical for number, rank in ranks.items() if rank == best}
    media = {number: media[number] for number in line.codecs if number in media}
    rtx: dict[int, int] = {}
    for codec in line.codecs.values():
        original = codec.parameters.get("apt", "")
        if codec.name == "rtx" and original.isdecimal() and int(original) in media:
            rtx[codec.payload_type] = int(original)

    # Redundancy wraps another codec, and what is agreed for that one holds for the stream.
    plain = [number for number, canonical in media.items() if canonical != red.RULES.canonical]
    feedback = [line.codecs[number].feedback for number in plain]
    return AcceptedLine(
        media,
        rtx,
        nack=bool(media) and all("nack" in named for named in feedback),
        transport_feedback=any("transport-cc" in named for named in feedback),
    )
