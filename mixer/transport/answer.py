"""Answering a browser's offer to publish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mixer.transport.codecs import H264_PARAMETERS, OPUS_PARAMETERS, accept, accepted_feedback
from mixer.transport.ice import Address, Credentials
from mixer.transport.identity import Fingerprint
from mixer.transport.sdp import MID_URI, Description, MediaLine
from mixer.wire.ids import MediaKind

_PROTOCOL: Final = "UDP/TLS/RTP/SAVPF"
# Chromium begins at 300 kbit/s and shrinks the picture for it; it needs half a minute to
# grow again. Others ignore the parameter; a sender's own limit stays above it.
_START_BITRATE: Final = "x-google-start-bitrate=1500"
# RFC 8445 section 5.1.2.1: host candidate, highest local preference, component 1.
_HOST_PRIORITY: Final = 126 << 24 | 65535 << 8 | 255


@dataclass(slots=True, frozen=True)
class LocalTransport:
    """What our session descriptions say of this end."""

    credentials: Credentials
    fingerprint: Fingerprint
    addresses: tuple[Address, ...]
    """Host candidates, the best first."""


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


@dataclass(slots=True, frozen=True)
class ReceiveAgreement:
    """The answer and what it means for arriving packets."""

    sdp: str
    lines: tuple[ReceivedLine, ...]
    mid_extension: int
    """Id of the mid header extension (RFC 8843 section 15), 0 without."""


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
    lines.append("a=end-of-candidates")
    return lines


def answer_offer(
    offer: Description, local: LocalTransport, *, session: int, version: int
) -> ReceiveAgreement:
    """Accept every m-line that sends audio or video in a codec of ours; refuse the others."""
    received: list[ReceivedLine] = []
    body: list[str] = []
    mids: list[str] = []
    setup = "active" if offer.transport.setup == "passive" else "passive"
    for line in offer.lines:
        chosen = _choose(line)
        if chosen is None:
            body += _refusal(line)
            continue
        received.append(chosen)
        mids.append(line.mid)
        body += _acceptance(line, chosen, local, setup)
    return ReceiveAgreement(
        sdp="\r\n".join([*session_lines(session, version, mids), *body, ""]),
        lines=tuple(received),
        mid_extension=offer.transport.extensions.get(MID_URI, 0),
    )


def _choose(line: MediaLine) -> ReceivedLine | None:
    if line.rejected or line.kind not in ("audio", "video") or not line.rtcp_mux or not line.mid:
        return None
    accepted = accept(line)
    if not accepted.media:
        return None
    return ReceivedLine(
        mid=line.mid,
        kind=MediaKind(line.kind),
        media=accepted.media,
        rtx=accepted.rtx,
        ssrcs=tuple(ssrc for ssrc in line.ssrcs if ssrc not in line.rtx_ssrcs),
        rtx_ssrcs=line.rtx_ssrcs,
        nack=accepted.nack,
    )


def _refusal(line: MediaLine) -> list[str]:
    lines = [f"m={line.kind} 0 {line.protocol} {' '.join(line.formats)}", "c=IN IP4 0.0.0.0"]
    if line.mid:
        lines.append(f"a=mid:{line.mid}")
    lines.append("a=inactive")
    return lines


def _acceptance(
    line: MediaLine, chosen: ReceivedLine, local: LocalTransport, setup: str
) -> list[str]:
    numbers = [*chosen.media, *chosen.rtx]
    order = [int(text) for text in line.formats if text.isdecimal() and int(text) in numbers]
    sends = line.direction in ("sendonly", "sendrecv")
    lines = [
        f"m={line.kind} 9 {_PROTOCOL} {' '.join(map(str, order))}",
        *transport_lines(local, setup),
        f"a=mid:{line.mid}",
        "a=recvonly" if sends else "a=inactive",
        "a=rtcp-mux",
        "a=rtcp-rsize",
    ]
    if MID_URI in line.extensions:
        lines.append(f"a=extmap:{line.extensions[MID_URI]} {MID_URI}")
    for number in order:
        lines += _codec_lines(line, chosen, number)
    return lines


def _codec_lines(line: MediaLine, chosen: ReceivedLine, number: int) -> list[str]:
    if number in chosen.rtx:
        return [f"a=rtpmap:{number} rtx/90000", f"a=fmtp:{number} apt={chosen.rtx[number]}"]
    codec = line.codecs[number]
    if codec.name == "opus":
        lines = [f"a=rtpmap:{number} opus/48000/2", f"a=fmtp:{number} {OPUS_PARAMETERS}"]
    elif codec.name == "h264":
        # The profile must be the offered one, else the payload type means another codec.
        profile = codec.parameters.get("profile-level-id", "42e01f")
        parameters = H264_PARAMETERS.replace("42e01f", profile)
        lines = [
            f"a=rtpmap:{number} H264/90000",
            f"a=fmtp:{number} {parameters};{_START_BITRATE}",
        ]
    else:
        lines = [f"a=rtpmap:{number} VP8/90000", f"a=fmtp:{number} {_START_BITRATE}"]
    return lines + [f"a=rtcp-fb:{number} {text}" for text in accepted_feedback(codec)]
