"""What is said about one codec in a session description; each codec has a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mixer.transport.sdp import MediaLine, OfferedCodec
from mixer.wire.ids import MediaKind

VIDEO_FEEDBACK: Final = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
AUDIO_FEEDBACK: Final = ("transport-cc", "nack")
# Chromium begins at 300 kbit/s and shrinks the picture for it; it needs half a minute to
# grow again. Others ignore the parameter; a sender's own limit stays above it.
START_BITRATE: Final = "x-google-start-bitrate=1500"

Rank = Callable[[OfferedCodec, MediaLine], int | None]


def _always(_codec: OfferedCodec, _line: MediaLine) -> int | None:
    return 0


def _nothing(_codec: OfferedCodec) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class CodecRules:
    """How one codec is recognised, answered and offered."""

    name: str
    """Lower case encoding name."""
    encoding: str
    """As `a=rtpmap` writes it, such as ``opus/48000/2``."""
    kind: MediaKind
    clock_rate: int
    canonical: int
    """Its payload type inside the system and in our offers."""
    rtx: int = 0
    """That of its retransmissions; 0: it has none."""
    feedback: tuple[str, ...] = ()
    offered: str = ""
    """Format parameters of our offers to receivers."""
    rank: Rank = _always
    """Of several offered variants those with the lowest rank are taken; None: not this one."""
    answered: Callable[[OfferedCodec], str] = _nothing
    """Format parameters of our answer to an offered variant."""

    def offer_lines(self, feedback: frozenset[str]) -> list[str]:
        """Attributes in an offer of ours; of `feedback` that which the codec knows."""
        number = self.canonical
        lines = [f"a=rtpmap:{number} {self.encoding}"]
        if self.offered:
            lines.append(f"a=fmtp:{number} {self.offered}")
        lines += [f"a=rtcp-fb:{number} {text}" for text in self.feedback if text in feedback]
        if self.rtx:
            lines.append(f"a=rtpmap:{self.rtx} rtx/{self.clock_rate}")
            lines.append(f"a=fmtp:{self.rtx} apt={number}")
        return lines

    def answer_lines(self, codec: OfferedCodec, feedback: frozenset[str]) -> list[str]:
        """Attributes of an accepted payload type, with the feedback both ends know."""
        number = codec.payload_type
        lines = [f"a=rtpmap:{number} {self.encoding}"]
        parameters = self.answered(codec)
        if parameters:
            lines.append(f"a=fmtp:{number} {parameters}")
        common = [text for text in self.feedback if text in feedback and text in codec.feedback]
        return lines + [f"a=rtcp-fb:{number} {text}" for text in common]
