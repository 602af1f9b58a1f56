"""Session descriptions of a simulated site: its offer to publish, its answer to receive."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mixer.rtp import payload_type
from mixer.transport.sdp import parse_sdp

if TYPE_CHECKING:
    from mixer.transport.ice import Credentials
    from mixer.transport.identity import Fingerprint
    from mixer.transport.sdp import MediaLine

_H264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"


class OfferedTrack(NamedTuple):
    """An m-line to publish. ``codec``: opus, vp8 or h264."""

    mid: str
    kind: str
    codec: str
    ssrc: int


def session_lines(mids: list[str]) -> list[str]:
    """What precedes the m-lines of these mids, all in one bundle."""
    return [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(mids)}",
        "a=msid-semantic:WMS *",
    ]


def transport_lines(credentials: Credentials, fingerprint: Fingerprint, setup: str) -> list[str]:
    """What every m-line says of the way its packets take; `setup` as in RFC 4145."""
    return [
        "c=IN IP4 0.0.0.0",
        f"a=ice-ufrag:{credentials.ufrag}",
        f"a=ice-pwd:{credentials.password}",
        f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}",
        f"a=setup:{setup}",
        "a=rtcp-mux",
    ]


def _coding(codec: str) -> tuple[int, list[str]]:
    if codec == "opus":
        number = payload_type.OPUS
        return number, [
            f"a=rtpmap:{number} opus/48000/2",
            f"a=fmtp:{number} minptime=10;useinbandfec=1",
        ]
    number = payload_type.VP8 if codec == "vp8" else payload_type.H264
    lines = [f"a=rtpmap:{number} {codec.upper()}/90000"]
    if codec == "h264":
        lines.append(f"a=fmtp:{number} {_H264}")
    lines += [f"a=rtcp-fb:{number} {kind}" for kind in ("nack", "nack pli", "ccm fir")]
    return number, lines


def publish_offer(
    tracks: list[OfferedTrack], credentials: Credentials, fingerprint: Fingerprint, cname: str
) -> str:
    """The SDP offer of a site that sends ``tracks``."""
    text = session_lines([track.mid for track in tracks])
    for track in tracks:
        number, coding = _coding(track.codec)
        text += [
            f"m={track.kind} 9 UDP/TLS/RTP/SAVPF {number}",
            *transport_lines(credentials, fingerprint, "actpass"),
            f"a=mid:{track.mid}",
            "a=sendonly",
            *coding,
            f"a=ssrc:{track.ssrc} cname:{cname}",
        ]
    return "\r\n".join([*text, ""])


class ReceivedTrack(NamedTuple):
    """An m-line of the server's offer that was accepted."""

    kind: str
    ssrc: int
    clock_rate: int


def receive_answer(
    offer: str, credentials: Credentials, fingerprint: Fingerprint
) -> tuple[str, list[ReceivedTrack]]:
    """The SDP answer to the server's offer, and what will arrive.

    Retransmissions are taken as plain repeats. Raises `ControlError` on a bad offer.
    """
    description = parse_sdp(offer, 64)
    text = session_lines([line.mid for line in description.lines if not line.rejected])
    tracks = []
    for line in description.lines:
        number, coding = _accepted(line)
        text += [
            f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {number}",
            *transport_lines(credentials, fingerprint, "active"),
            f"a=mid:{line.mid}",
            "a=recvonly" if line.direction == "sendonly" else "a=inactive",
            *coding,
        ]
        media = [ssrc for ssrc in line.ssrcs if ssrc not in line.rtx_ssrcs]
        if media and line.direction == "sendonly":
            tracks.append(ReceivedTrack(line.kind, media[0], line.codecs[number].clock_rate))
    return "\r\n".join([*text, ""]), tracks


def _accepted(line: MediaLine) -> tuple[int, list[str]]:
    """The first payload type we can take, with the lines that describe it."""
    for number, codec in line.codecs.items():
        if codec.name in {"opus", "h264", "vp8"}:
            channels = "/2" if codec.name == "opus" else ""
            lines = [f"a=rtpmap:{number} {codec.name}/{codec.clock_rate}{channels}"]
            if codec.name != "opus":
                lines += [f"a=rtcp-fb:{number} nack", f"a=rtcp-fb:{number} nack pli"]
            if codec.name == "h264":
                parameters = ";".join(f"{key}={value}" for key, value in codec.parameters.items())
                lines.append(f"a=fmtp:{number} {parameters}")
            return number, lines
    raise ValueError(f"the server offers no codec we know for {line.mid}")
