"""Signed links: minted, checked, withdrawn.

A link is ``<base>/join#t=<token>``: the token stands behind the ``#``, so it reaches
no log and no referrer. It is a JWT (HS256) whose key never leaves the data folder.
A good signature is not enough: the link must be one this server has handed out.
"""

from __future__ import annotations

import os
import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import jwt
import msgspec

from signaling.links import AUDIENCE, FILE_AUDIENCE, FileClaims, LinkClaims, read_claims
from signaling.wire.errors import SignalingError
from signaling.wire.messages import LinkView

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from signaling.event import Event, Seat
    from signaling.wire.roles import Role

ALGORITHM = "HS256"
KEY_BYTES = 32
FILE_TOKEN_S = 4 * 3600
"""A film is watched to its end by the address it began with."""


def load_key(path: Path) -> bytes:
    """The signing key; minted at the first start, readable by this user only.

    Raises OSError.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        key = secrets.token_bytes(KEY_BYTES)
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


def rfc3339(unix_s: float) -> str:
    """A moment in UTC."""
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link that was handed out."""

    claims: LinkClaims
    revoked: bool = False


class Links:
    """All links of one event. Kept in memory; the caller stores what changes."""

    def __init__(self, key: bytes, event: Event, base_url: str, links: Iterable[Link] = ()) -> None:
        self._key = key
        self._event = event
        self.base_url = base_url
        self.links = {link.claims.jti: link for link in links}

    def mint(self, seat: Seat, hours: float, role: Role | None = None) -> Link:
        """A new link for a seat, with another role than the seat's if one is named."""
        claims = LinkClaims(
            jti=secrets.token_hex(8),
            event=self._event.slug,
            seat=seat.id,
            kind=seat.kind,
            role=role or seat.role,
            exp=int(time.time() + hours * 3600),
        )
        self.links[claims.jti] = Link(claims=claims)
        return self.links[claims.jti]

    def missing(self, now_s: float) -> list[Seat]:
        """Seats without a good link that carries the seat's own role."""
        have = {(link.claims.seat, link.claims.role) for link in self.valid(now_s)}
        return [seat for seat in self._event.seats if (seat.id, seat.role) not in have]

    def valid(self, now_s: float) -> list[Link]:
        """Links that open a door now, in the order of seats."""
        order = {seat.id: seat.order for seat in self._event.seats}
        good = [
            link for link in self.links.values() if not link.revoked and link.claims.exp > now_s
        ]
        return sorted(good, key=lambda link: order.get(link.claims.seat, len(order)))

    def read(self, token: str, now_s: float) -> LinkClaims:
        """What a well signed token says, whether or not it was handed out here.

        Raises `SignalingError` ``link.altered``, ``link.expired`` or ``link.unknown``.
        """
        return read_claims(self._payload(token, AUDIENCE, now_s), self._event.slug)

    def check(self, token: str, now_s: float) -> LinkClaims:
        """What a link says that was handed out and not withdrawn.

        Raises `SignalingError` as `read` and `still_good` do.
        """
        claims = self.read(token, now_s)
        self.still_good(claims.jti)
        return claims

    def learn(self, link: Link) -> None:
        """A link from the store; what is withdrawn stays withdrawn."""
        known = self.links.get(link.claims.jti)
        if known is None or link.revoked:
            self.links[link.claims.jti] = link

    def still_good(self, jti: str) -> None:
        """Raises `SignalingError` ``link.revoked`` or ``link.unknown``."""
        link = self.links.get(jti)
        if link is None:
            raise SignalingError("link.unknown")
        if link.revoked:
            raise SignalingError("link.revoked")

    def revoke(self, jti: str) -> Link:
        """Withdraw a link. Raises `SignalingError` ``link.unknown``."""
        link = self.links.get(jti)
        if link is None:
            raise SignalingError("link.unknown")
        self.links[jti] = msgspec.structs.replace(link, revoked=True)
        return self.links[jti]

    def token(self, claims: LinkClaims) -> str:
        """The signed text of a link."""
        return self._sign(claims, AUDIENCE)

    def view(self, link: Link) -> LinkView:
        """A link as it is shown to those who hand it out."""
        claims = link.claims
        seat = self._event.seat(claims.seat)
        return LinkView(
            id=claims.jti,
            seat=claims.seat,
            name=seat.name if seat else claims.seat,
            role=claims.role,
            url=f"{self.base_url}/join#t={self.token(claims)}",
            expires=rfc3339(claims.exp),
        )

    def file_token(self, jti: str, session: str, path: str) -> tuple[str, int]:
        """A token for one file of the archive, and when it expires (Unix seconds)."""
        expires = int(time.time()) + FILE_TOKEN_S
        claims = FileClaims(jti=jti, session=session, path=path, exp=expires)
        return self._sign(claims, FILE_AUDIENCE), expires

    def check_file(self, token: str, session: str, path: str) -> FileClaims:
        """Raises `SignalingError` as `check` does; a token for another file is unknown."""
        payload = self._payload(token, FILE_AUDIENCE, time.time())
        try:
            claims = msgspec.convert(payload, FileClaims)
        except msgspec.ValidationError:
            raise SignalingError("link.unknown") from None
        if (claims.session, claims.path) != (session, path):
            raise SignalingError("link.unknown")
        self.still_good(claims.jti)
        return claims

    def _sign(self, claims: LinkClaims | FileClaims, audience: str) -> str:
        payload = msgspec.to_builtins(claims) | {"aud": audience}
        return jwt.encode(payload, self._key, algorithm=ALGORITHM)

    def _payload(self, token: str, audience: str, now_s: float) -> dict[str, object]:
        try:
            payload: dict[str, object] = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=audience,
                options={"require": ["exp", "aud"], "verify_exp": False},
            )
        except jwt.InvalidSignatureError:
            raise SignalingError("link.altered") from None
        except (jwt.DecodeError, jwt.InvalidAlgorithmError):
            error = "link.altered" if token.count(".") == 2 else "link.unknown"
            raise SignalingError(error) from None
        except jwt.InvalidTokenError:
            raise SignalingError("link.unknown") from None
        expires = payload.get("exp")
        if not isinstance(expires, int) or expires <= now_s:
            raise SignalingError("link.expired")
        return payload
