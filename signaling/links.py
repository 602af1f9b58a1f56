"""What a link says. Signing and checking the signature is the server's."""

from __future__ import annotations

import msgspec

from .wire.errors import SignalingError
from .wire.roles import Role

AUDIENCE = "lianxian:link"
FILE_AUDIENCE = "lianxian:file"


class LinkClaims(msgspec.Struct, frozen=True, kw_only=True):
    """``jti`` is the link's id, ``kind`` the kind of its seat, ``exp`` Unix seconds."""

    jti: str
    event: str
    seat: str
    kind: str
    role: Role
    exp: int


class FileClaims(msgspec.Struct, frozen=True, kw_only=True):
    """One file of one recording, for minutes. ``jti`` is the link that asked for it."""

    jti: str
    session: str
    path: str
    exp: int


def may_hand_out(giver: Role, link: Role) -> bool:
    """Whether ``giver`` may see links of role ``link``; a link is all it takes to be that role."""
    return link is not Role.ADMINISTRATOR or giver is Role.ADMINISTRATOR


def read_claims(payload: dict[str, object], event: str) -> LinkClaims:
    """The claims of a payload whose signature is good.

    Raises `SignalingError` ``link.unknown`` when it is not for this event or not a link.
    """
    try:
        claims = msgspec.convert(payload, LinkClaims)
    except msgspec.ValidationError:
        raise SignalingError("link.unknown") from None
    if claims.event != event:
        raise SignalingError("link.unknown")
    return claims
