"""``application/trickle-ice-sdpfrag`` (RFC 8840 section 9), as far as an ICE-lite server cares."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from signaling.wire.errors import SignalingError

MEDIA_TYPE: Final = "application/trickle-ice-sdpfrag"
MAX_FRAGMENT_BYTES: Final = 16 * 1024
MAX_CANDIDATES: Final = 64
_ICE_TEXT: Final = re.compile(r"[A-Za-z0-9+/=_-]{4,256}")
_CANDIDATE: Final = re.compile(
    r"[\x21-\x7e]{1,32} \d{1,5} \w{3,16} \d{1,10} \S{1,255} \d{1,5} typ .+"
)


class Fragment(msgspec.Struct, frozen=True, kw_only=True):
    """Credentials, empty where it has none, and how many candidates came. Their addresses are
    of no use: a lite server answers checks from wherever they come.
    """

    ufrag: str = ""
    password: str = ""
    candidates: int = 0


def _invalid(detail: str) -> SignalingError:
    return SignalingError("sdp.invalid", detail=detail)


def read_fragment(text: str) -> Fragment:
    """Raises `SignalingError` ``sdp.invalid``."""
    if len(text.encode(errors="replace")) > MAX_FRAGMENT_BYTES:
        raise _invalid(f"a fragment has at most {MAX_FRAGMENT_BYTES} bytes")
    told: dict[str, str] = {}
    candidates = 0
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name == "a=candidate":
            candidates += 1
            if candidates > MAX_CANDIDATES or not _CANDIDATE.fullmatch(value.strip()):
                raise _invalid("a candidate cannot be read, or there are too many")
        elif name in ("a=ice-ufrag", "a=ice-pwd"):
            said = value.strip()
            if not _ICE_TEXT.fullmatch(said) or told.setdefault(name, said) != said:
                raise _invalid("the ICE credentials cannot be read")
        elif line and not re.match(r"[a-z]=", line):
            raise _invalid("this is not a fragment of a session description")
    return Fragment(
        ufrag=told.get("a=ice-ufrag", ""),
        password=told.get("a=ice-pwd", ""),
        candidates=candidates,
    )
