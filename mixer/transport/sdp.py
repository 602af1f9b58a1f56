"""Reading session descriptions (RFC 8866) as far as a WebRTC connection needs them.

Own code instead of `aiortc.sdp`: a description comes from any signed link, and that parser
answers malformed ones with assertions and key errors, without limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mixer.transport.identity import KNOWN_DIGESTS, Fingerprint
from mixer.wire.control import ControlError

MAX_SDP_BYTES: Final = 64 * 1024
MAX_OFFERED_LINES: Final = 16
MAX_RIDS: Final = 8
"""Layers of one publication; inside media a layer has three bits."""
MAX_EXTENSIONS: Final = 64
_DIRECTIONS: Final = frozenset({"sendonly", "recvonly", "sendrecv", "inactive"})
_SETUPS: Final = frozenset({"active", "passive", "actpass", "holdconn"})
_MEDIA_LINE: Final = re.compile(
    r"m=([a-z]{1,16}) (\d{1,5})(?:/\d+)? ([A-Z/]{1,32}) ([ \w-]{1,512})"
)
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,64}")
_FINGERPRINT: Final = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){15,63}")
_RID: Final = re.compile(r"[A-Za-z0-9_-]{1,16}")
_ICE_TEXT: Final = re.compile(r"[A-Za-z0-9+/=_-]{4,256}")


@dataclass(slots=True)
class OfferedCodec:
    """One payload type of an m-line."""

    payload_type: int
    name: str
    """Lower case encoding name."""
    clock_rate: int
    channels: int = 1
    parameters: dict[str, str] = field(default_factory=dict)
    feedback: list[str] = field(default_factory=list)


@dataclass(slots=True)
class MediaLine:
    """One m-line; transport attributes of the session level are filled in."""

    kind: str
    port: int
    protocol: str
    formats: list[str]
    mid: str = ""
    direction: str = "sendrecv"
    codecs: dict[int, OfferedCodec] = field(default_factory=dict)
    extensions: dict[str, int] = field(default_factory=dict)
    """Header extension ids by URI."""
    mixed_extensions: bool = False
    """One-byte and two-byte header extensions may come in one stream (RFC 8285 section 4.1.2)."""
    send_rids: dict[str, str] = field(default_factory=dict)
    """Restriction identifiers of direction send, with their restrictions (RFC 8851)."""
    simulcast_send: tuple[str, ...] = ()
    """What the peer sends at once, first of each alternative, in its order (RFC 8853)."""
    ssrcs: list[int] = field(default_factory=list)
    rtx_ssrcs: dict[int, int] = field(default_factory=dict)
    """Retransmission SSRC to media SSRC (`ssrc-group:FID`)."""
    rtcp_mux: bool = False
    bundle_only: bool = False
    ufrag: str = ""
    password: str = ""
    setup: str = ""
    fingerprints: list[Fingerprint] = field(default_factory=list)

    @property
    def rejected(self) -> bool:
        """Whether the m-line is off (RFC 9429 section 5.3.1).

        Port 0 with `a=bundle-only` is an m-line that has no transport of its own (RFC 9143
        section 6).
        """
        return self.port == 0 and not self.bundle_only

    @property
    def layers(self) -> tuple[str, ...]:
        """Restriction identifiers that come at once; empty without simulcast."""
        return tuple(rid for rid in self.simulcast_send if rid in self.send_rids)


@dataclass(slots=True)
class Description:
    """A whole session description."""

    lines: list[MediaLine]
    bundle: tuple[str, ...]
    """Mids of the first BUNDLE group."""

    @property
    def transport(self) -> MediaLine:
        """The first m-line in use, whose ICE and DTLS attributes count for all."""
        return next((line for line in self.lines if not line.rejected), self.lines[0])


def invalid(text: str) -> ControlError:
    """The refusal of a description that breaks a rule."""
    return ControlError("sdp.invalid", text)


def parse_sdp(sdp: str, max_lines: int = MAX_OFFERED_LINES) -> Description:
    """Parse and check a description.

    Raises `ControlError` ``sdp.invalid`` or ``sdp.no_fingerprint``.
    """
    if len(sdp) > MAX_SDP_BYTES or len(sdp.encode(errors="replace")) > MAX_SDP_BYTES:
        raise invalid(f"a session description has at most {MAX_SDP_BYTES} bytes")
    if not sdp.startswith("v=0"):
        raise invalid("a session description begins with v=0")
    session = MediaLine("session", 0, "", [])
    groups: list[tuple[str, ...]] = []
    lines: list[MediaLine] = []
    current = session
    for text in sdp.splitlines():
        if text.startswith("m="):
            if len(lines) >= max_lines:
                raise invalid(f"more than {max_lines} m-lines")
            current = _media_line(text)
            lines.append(current)
        elif text.startswith("a=group:BUNDLE") and current is session:
            groups.append(tuple(text.split()[1:]))
        elif text.startswith("a="):
            _attribute(current, text[2:])
    if not lines:
        raise invalid("no m-line")
    for line in lines:
        _inherit(line, session)
    found = Description(lines, groups[0] if groups else ())
    _check(found)
    return found


def _media_line(text: str) -> MediaLine:
    match = _MEDIA_LINE.fullmatch(text.strip())
    if match is None:
        raise invalid("an m-line cannot be read")
    return MediaLine(match[1], int(match[2]), match[3], match[4].split())


def _inherit(line: MediaLine, session: MediaLine) -> None:
    line.ufrag = line.ufrag or session.ufrag
    line.password = line.password or session.password
    line.setup = line.setup or session.setup
    line.fingerprints = line.fingerprints or session.fingerprints
    line.mixed_extensions = line.mixed_extensions or session.mixed_extensions
    for uri, number in session.extensions.items():
        line.extensions.setdefault(uri, number)


def _check(found: Description) -> None:
    mids = [line.mid for line in found.lines if line.mid]
    if len(set(mids)) != len(mids):
        raise invalid("two m-lines have the same mid")
    used = [line for line in found.lines if not line.rejected]
    if len(used) > 1 and not {line.mid for line in used} <= set(found.bundle):
        raise invalid("all m-lines must be in one BUNDLE group")
    transport = found.transport
    if not transport.fingerprints:
        raise ControlError("sdp.no_fingerprint", "the description has no certificate fingerprint")
    if not any(print_.algorithm in KNOWN_DIGESTS for print_ in transport.fingerprints):
        raise ControlError("sdp.no_fingerprint", "no fingerprint with SHA-256 or better")
    if not transport.ufrag or not transport.password:
        raise invalid("the ICE credentials are missing")
    if not transport.setup:
        raise invalid("a=setup is missing")


# --- attributes ---------------------------------------------------------------------------------


def _attribute(line: MediaLine, text: str) -> None:
    name, _, value = text.partition(":")
    if name in _DIRECTIONS:
        line.direction = name
        return
    reader = _READERS.get(name)
    if reader is not None:
        reader(line, value.strip())


def _number(text: str, highest: int, what: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 10 or int(text) > highest:
        raise invalid(f"{what} cannot be read")
    return int(text)


def _mid(line: MediaLine, value: str) -> None:
    if _TOKEN.fullmatch(value) is None:
        raise invalid("a mid cannot be read")
    line.mid = value


def _rtcp_mux(line: MediaLine, _value: str) -> None:
    line.rtcp_mux = True


def _ufrag(line: MediaLine, value: str) -> None:
    if _ICE_TEXT.fullmatch(value) is None:
        raise invalid("ice-ufrag cannot be read")
    line.ufrag = value


def _password(line: MediaLine, value: str) -> None:
    if _ICE_TEXT.fullmatch(value) is None:
        raise invalid("ice-pwd cannot be read")
    line.password = value


def _setup(line: MediaLine, value: str) -> None:
    if value not in _SETUPS:
        raise invalid("a=setup cannot be read")
    line.setup = value


def _fingerprint(line: MediaLine, value: str) -> None:
    algorithm, _, digest = value.partition(" ")
    digest = digest.strip().upper()
    if _FINGERPRINT.fullmatch(digest) is None:
        raise invalid("a fingerprint cannot be read")
    line.fingerprints.append(Fingerprint(algorithm.lower(), digest))


def _extmap(line: MediaLine, value: str) -> None:
    number, _, rest = value.partition(" ")
    uri = rest.split(" ", 1)[0]
    if len(line.extensions) >= MAX_EXTENSIONS:
        raise invalid(f"more than {MAX_EXTENSIONS} header extensions")
    line.extensions[uri] = _number(number.partition("/")[0], 0xFFFF, "an extmap")


def _mixed_extensions(line: MediaLine, _value: str) -> None:
    line.mixed_extensions = True


def _bundle_only(line: MediaLine, _value: str) -> None:
    line.bundle_only = True


def _rid(line: MediaLine, value: str) -> None:
    name, _, rest = value.partition(" ")
    direction, _, restrictions = rest.partition(" ")
    if _RID.fullmatch(name) is None or direction not in ("send", "recv"):
        raise invalid("a rid cannot be read")
    if direction == "send":
        if len(line.send_rids) >= MAX_RIDS:
            raise invalid(f"more than {MAX_RIDS} rids")
        line.send_rids[name] = restrictions


def _simulcast(line: MediaLine, value: str) -> None:
    """``send a;b,~c recv d``: alternatives stand behind commas, ``~`` begins paused."""
    words = value.split()
    for direction, names in zip(words[::2], words[1::2], strict=False):
        if direction != "send":
            continue
        streams = [stream.partition(",")[0].lstrip("~") for stream in names.split(";")]
        if len(streams) > MAX_RIDS or not all(_RID.fullmatch(stream) for stream in streams):
            raise invalid("a=simulcast cannot be read")
        line.simulcast_send = tuple(dict.fromkeys(streams))


def _rtpmap(line: MediaLine, value: str) -> None:
    number, _, coding = value.partition(" ")
    parts = coding.split("/")
    if len(parts) < 2:
        raise invalid("an rtpmap cannot be read")
    payload_type = _number(number, 127, "an rtpmap")
    line.codecs[payload_type] = OfferedCodec(
        payload_type,
        parts[0].lower(),
        _number(parts[1], 10_000_000, "a clock rate"),
        _number(parts[2], 255, "a channel count") if len(parts) > 2 else 1,
    )


def _fmtp(line: MediaLine, value: str) -> None:
    number, _, text = value.partition(" ")
    codec = line.codecs.get(_number(number, 127, "an fmtp"))
    if codec is None:
        return
    for parameter in text.split(";"):
        key, _, content = parameter.strip().partition("=")
        codec.parameters[key.lower()] = content


def _feedback(line: MediaLine, value: str) -> None:
    number, _, text = value.partition(" ")
    if number == "*":
        for codec in line.codecs.values():
            codec.feedback.append(text)
        return
    known = line.codecs.get(_number(number, 127, "an rtcp-fb"))
    if known is not None:
        known.feedback.append(text)


def _ssrc(line: MediaLine, value: str) -> None:
    ssrc = _number(value.partition(" ")[0], 0xFFFFFFFF, "an SSRC")
    if ssrc not in line.ssrcs:
        line.ssrcs.append(ssrc)


def _ssrc_group(line: MediaLine, value: str) -> None:
    semantics, *numbers = value.split() or [""]
    if semantics == "FID" and len(numbers) == 2:
        media, rtx = (_number(text, 0xFFFFFFFF, "an SSRC") for text in numbers)
        line.rtx_ssrcs[rtx] = media


_READERS: Final[dict[str, Callable[[MediaLine, str], None]]] = {
    "mid": _mid,
    "rtcp-mux": _rtcp_mux,
    "bundle-only": _bundle_only,
    "extmap-allow-mixed": _mixed_extensions,
    "rid": _rid,
    "simulcast": _simulcast,
    "ice-ufrag": _ufrag,
    "ice-pwd": _password,
    "setup": _setup,
    "fingerprint": _fingerprint,
    "extmap": _extmap,
    "rtpmap": _rtpmap,
    "fmtp": _fmtp,
    "rtcp-fb": _feedback,
    "ssrc": _ssrc,
    "ssrc-group": _ssrc_group,
}
