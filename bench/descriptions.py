"""Session descriptions of a load: what it publishes and takes, as a browser would say it."""

import secrets
from typing import NamedTuple

from mixer.rtp import payload_type
from mixer.transport.extensions import MID, RID, TRANSPORT_CC
from mixer.transport.ice import Credentials
from mixer.transport.identity import Fingerprint, Identity
from mixer.transport.sdp import MediaLine, parse_sdp
from mixer.transport.srtp import PROFILES
from server.simulate.description import session_lines, transport_lines

PROFILE = PROFILES[0]
"""AEAD_AES_128_GCM, the one that is compared."""
MAX_LINES = 64
TRANSPORT_ID, MID_ID, RID_ID = 3, 1, 10
"""Header extension ids in our offers."""
VIDEO_FEEDBACK = ("nack", "nack pli", "ccm fir", "transport-cc", "goog-remb")


def one_profile() -> Identity:
    """An identity that offers only the SRTP profile to be compared."""
    identity = Identity()
    identity.context.set_tlsext_use_srtp(PROFILE.name)
    return identity


class SentLine(NamedTuple):
    """An m-line to publish; `rids` (lowest first) make it simulcast by restriction ids."""

    mid: str
    kind: str
    ssrc: int
    rids: tuple[str, ...] = ()


class TakenLine(NamedTuple):
    """An accepted m-line of the server's offer."""

    mid: str
    kind: str
    ssrc: int
    rtx_ssrc: int
    """0 without retransmissions."""
    transport_id: int
    """Id of the transport-wide number, 0 without."""


def fresh_ssrc() -> int:
    """RFC 3550 section 8.1."""
    return secrets.randbelow(0xFFFFFFFE) + 1


def publishing(
    lines: list[SentLine], credentials: Credentials, fingerprint: Fingerprint, cname: str
) -> str:
    """The offer of who publishes."""
    text = session_lines([line.mid for line in lines])
    for line in lines:
        is_video = line.kind == "video"
        number = payload_type.VP8 if is_video else payload_type.OPUS
        text += [
            f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {number}",
            *transport_lines(credentials, fingerprint, "actpass"),
            "a=rtcp-rsize",
            f"a=mid:{line.mid}",
            "a=sendonly",
            f"a=extmap:{MID_ID} {MID}",
            f"a=extmap:{TRANSPORT_ID} {TRANSPORT_CC}",
            *_codec(number),
        ]
        if line.rids:
            text.append(f"a=extmap:{RID_ID} {RID}")
            text += [f"a=rid:{rid} send" for rid in line.rids]
            text.append(f"a=simulcast:send {';'.join(line.rids)}")
        else:
            text.append(f"a=ssrc:{line.ssrc} cname:{cname}")
    return "\r\n".join([*text, ""])


def taking(
    offer: str, credentials: Credentials, fingerprint: Fingerprint
) -> tuple[str, list[TakenLine]]:
    """The answer of who takes all of an offer, and what will come. Raises ControlError."""
    described = parse_sdp(offer, MAX_LINES)
    text = session_lines([line.mid for line in described.lines if not line.rejected])
    taken: list[TakenLine] = []
    for line in described.lines:
        number, rtx = _chosen(line)
        transport_id = line.extensions.get(TRANSPORT_CC, 0)
        is_sent = line.direction == "sendonly" and not line.rejected
        formats = f"{number} {rtx}" if rtx else f"{number}"
        text += [
            f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {formats}",
            *transport_lines(credentials, fingerprint, "active"),
            "a=rtcp-rsize",
            f"a=mid:{line.mid}",
            "a=recvonly" if is_sent else "a=inactive",
            *_codec(number, line, rtx),
        ]
        if transport_id:
            text.append(f"a=extmap:{transport_id} {TRANSPORT_CC}")
        if is_sent:
            media = [ssrc for ssrc in line.ssrcs if ssrc not in line.rtx_ssrcs]
            repairs = {of: ssrc for ssrc, of in line.rtx_ssrcs.items()}
            rtx_ssrc = repairs.get(media[0], 0) if rtx else 0
            taken.append(TakenLine(line.mid, line.kind, media[0], rtx_ssrc, transport_id))
    return "\r\n".join([*text, ""]), taken


def transport_id(answer: str) -> int:
    """The id of the transport-wide number that a server accepted, 0 when it did not."""
    lines = parse_sdp(answer, MAX_LINES).lines
    return max(line.extensions.get(TRANSPORT_CC, 0) for line in lines)


def _chosen(line: MediaLine) -> tuple[int, int]:
    """The payload type of Opus or VP8 and that of its retransmissions, 0 for none."""
    wanted = "vp8" if line.kind == "video" else "opus"
    number = next(number for number, codec in line.codecs.items() if codec.name == wanted)
    for rtx, codec in line.codecs.items():
        if codec.name == "rtx" and codec.parameters.get("apt") == str(number):
            return number, rtx
    return number, 0


def _codec(number: int, line: MediaLine | None = None, rtx: int = 0) -> list[str]:
    is_audio = line.kind == "audio" if line is not None else number == payload_type.OPUS
    if is_audio:
        return [
            f"a=rtpmap:{number} opus/48000/2",
            f"a=fmtp:{number} minptime=10;useinbandfec=1",
            f"a=rtcp-fb:{number} transport-cc",
        ]
    text = [f"a=rtpmap:{number} VP8/90000"]
    text += [f"a=rtcp-fb:{number} {kind}" for kind in VIDEO_FEEDBACK]
    if rtx:
        text += [f"a=rtpmap:{rtx} rtx/90000", f"a=fmtp:{rtx} apt={number}"]
    return text
