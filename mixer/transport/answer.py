"""Answering a browser's offer to publish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mixer.transport.codecs import accept, rules_of
from mixer.transport.codecs.rules import VIDEO_FEEDBACK
from mixer.transport.extensions import ExtensionIds, agreed, lines_of, merged
from mixer.transport.ice import Address, Credentials
from mixer.transport.identity import Fingerprint
from mixer.transport.sdp import Description, MediaLine
from mixer.wire.ids import MediaKind

PROTOCOL: Final = "UDP/TLS/RTP/SAVPF"
FEEDBACK: Final = frozenset(VIDEO_FEEDBACK)
"""All feedback that we give or obey."""
# RFC 8445 section 5.1.2.1: type preference, local preference, component 1.
_HOST_PRIORITY: Final = 126 << 24 | 65535 << 8 | 255
# RFC 6544 section 4.2: below UDP; local preference is direction (passive: 4), then order.
_TCP_PRIORITY: Final = 90 << 24 | (4 << 13 | 0x1FFF) << 8 | 255


@dataclass(slots=True, frozen=True)
class LocalTransport:
    """What our session descriptions say of this end."""

    credentials: Credentials
    fingerprint: Fingerprint
    addresses: tuple[Address, ...]
    """Host candidates, the best first."""
    tcp_addresses: tuple[Address, ...] = ()
    """Where TCP connections are accepted, the best first."""


@dataclass(slots=True, frozen=True)
class ReceivedLine:
    """An m-line on which the browser publishes."""

    mid: str
    kind: MediaKind
    media: dict[int, int]
    """Negotiated payload type to canonical payload type."""
    rtx: dict[int, int]
    """Retransmission payload type to media payload type."""
    ssrcs: tuple[int, ...]
    rtx_ssrcs: dict[int, int]
    nack: bool
    rids: tuple[str, ...] = ()
    """Layers that come at once, in the order of the offer; empty without simulcast."""
    transport_feedback: bool = False
    """Packets carry transport-wide numbers and shall be reported."""


@dataclass(slots=True, frozen=True)
class ReceiveAgreement:
    """The answer and what it means for arriving packets."""

    sdp: str
    lines: tuple[ReceivedLine, ...]
    extensions: ExtensionIds
    """Header extensions of the whole connection."""


def session_lines(session: int, version: int, mids: list[str]) -> list[str]:
    """Return the lines in front of the first m-line."""
    lines = [
        "v=0",
        f"o=- {session} {version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        "a=msid-semantic:WMS *",
    ]
    if mids:
        lines.append(f"a=group:BUNDLE {' '.join(mids)}")
    return lines


def transport_lines(local: LocalTransport, setup: str) -> list[str]:
    """Return ICE and DTLS attributes and the host candidates of an m-line."""
    lines = [
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=ice-ufrag:{local.credentials.ufrag}",
        f"a=ice-pwd:{local.credentials.password}",
        f"a=fingerprint:{local.fingerprint.algorithm} {local.fingerprint.value}",
        f"a=setup:{setup}",
    ]
    for index, (host, port) in enumerate(local.addresses):
        priority = _HOST_PRIORITY - (index << 8)
        lines.append(f"a=candidate:{index + 1} 1 udp {priority} {host} {port} typ host")
    for index, (host, port) in enumerate(local.tcp_addresses):
        priority = _TCP_PRIORITY - (index << 8)
        foundation = len(local.addresses) + index + 1
        lines.append(
            f"a=candidate:{foundation} 1 tcp {priority} {host} {port} typ host tcptype passive"
        )
    lines.append("a=end-of-candidates")
    return lines


def answer_offer(
    offer: Description,
    local: LocalTransport,
    *,
    session: int,
    version: int,
    feedback: frozenset[str] = FEEDBACK,
) -> ReceiveAgreement:
    """Accept every m-line that sends audio or video in a codec of ours; refuse the others."""
    received: list[ReceivedLine] = []
    extensions: list[ExtensionIds] = []
    body: list[str] = []
    mids: list[str] = []
    setup = "active" if offer.transport.setup == "passive" else "passive"
    for line in offer.lines:
        if not _is_acceptable(line):
            body += refusal(line)
            continue
        ids = agreed(line, MediaKind(line.kind))._replace(absolute_time=0)
        if "transport-cc" not in feedback:
            ids = ids._replace(transport_sequence=0)
        chosen = choose(line, ids)
        received.append(chosen)
        extensions.append(ids)
        mids.append(line.mid)
        body += _acceptance(line, chosen, local, setup)
        body += lines_of(ids)
        body += codec_lines(line, chosen, feedback)
    head = session_lines(session, version, mids)
    if any(line.mixed_extensions for line in offer.lines):
        head.append("a=extmap-allow-mixed")
    return ReceiveAgreement(
        sdp="\r\n".join([*head, *body, ""]),
        lines=tuple(received),
        extensions=merged(extensions),
    )


def _is_acceptable(line: MediaLine) -> bool:
    if line.rejected or line.kind not in ("audio", "video") or not line.rtcp_mux or not line.mid:
        return False
    return bool(accept(line).media)


def choose(line: MediaLine, ids: ExtensionIds) -> ReceivedLine:
    """What an m-line carries that we take."""
    accepted = accept(line)
    # Without the rid on packets the layers could not be told apart.
    has_layers = line.kind == "video" and bool(ids.rid) and len(line.layers) > 1
    return ReceivedLine(
        mid=line.mid,
        kind=MediaKind(line.kind),
        media=accepted.media,
        rtx=accepted.rtx,
        ssrcs=tuple(ssrc for ssrc in line.ssrcs if ssrc not in line.rtx_ssrcs),
        rtx_ssrcs=line.rtx_ssrcs,
        nack=accepted.nack,
        rids=line.layers if has_layers else (),
        transport_feedback=accepted.transport_feedback and bool(ids.transport_sequence),
    )


def refusal(line: MediaLine) -> list[str]:
    """The m-line that turns an offered one down (RFC 3264 section 6)."""
    lines = [f"m={line.kind} 0 {line.protocol} {' '.join(line.formats)}", "c=IN IP4 0.0.0.0"]
    if line.mid:
        lines.append(f"a=mid:{line.mid}")
    lines.append("a=inactive")
    return lines


def order(line: MediaLine, chosen: ReceivedLine) -> list[int]:
    """Chosen payload types in the order of the offer."""
    numbers = [*chosen.media, *chosen.rtx]
    return [int(text) for text in line.formats if text.isdecimal() and int(text) in numbers]


def _acceptance(
    line: MediaLine, chosen: ReceivedLine, local: LocalTransport, setup: str
) -> list[str]:
    sends = line.direction in ("sendonly", "sendrecv")
    lines = [
        f"m={line.kind} 9 {PROTOCOL} {' '.join(map(str, order(line, chosen)))}",
        *transport_lines(local, setup),
        f"a=mid:{line.mid}",
        "a=recvonly" if sends else "a=inactive",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *(f"a=rid:{rid} recv" for rid in chosen.rids),
    ]
    if chosen.rids:
        lines.append(f"a=simulcast:recv {';'.join(chosen.rids)}")
    return lines


def codec_lines(line: MediaLine, chosen: ReceivedLine, feedback: frozenset[str]) -> list[str]:
    """Attributes of the chosen payload types."""
    lines: list[str] = []
    for number in order(line, chosen):
        if number in chosen.rtx:
            lines.append(f"a=rtpmap:{number} rtx/{line.codecs[number].clock_rate}")
            lines.append(f"a=fmtp:{number} apt={chosen.rtx[number]}")
            continue
        rules = rules_of(line.codecs[number], line)
        if rules is not None:
            lines += rules.answer_lines(line.codecs[number], feedback)
    return lines
