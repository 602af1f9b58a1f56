"""STUN and TURN servers for browsers, encoders and players, with credentials that expire.

As coturn's ``use-auth-secret`` wants it (draft-uberti-behave-turn-rest-00): the user name is
``<Unix time it expires>:<seat>``, the password the HMAC-SHA1 of it by a secret that only coturn
and we have. So nothing is kept on either side, and what leaks is worth nothing after some hours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from signaling.wire.state import IceServerView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from server.settings import Settings

MIN_SECRET_CHARACTERS: Final = 16
_log = structlog.get_logger(__name__)


class TurnSecretError(Exception):
    """The file of the secret cannot be used; the text names it and says why."""


class IceServers:
    """What clients are told. Made once; without a URI nobody is told anything."""

    def __init__(self, uris: Sequence[str] = (), secret: str = "", hours: float = 24) -> None:
        self._plain = [uri for uri in uris if not uri.startswith("turn")]
        self._turn = [uri for uri in uris if uri.startswith("turn")]
        self._secret = secret.encode()
        self._life_s = hours * 3600

    @property
    def renew_after_s(self) -> float:
        """When a client that stays connected is told anew, so that what it has is good for as long
        again; 0 where nothing expires.
        """
        return self._life_s / 2 if self._turn else 0.0

    def told(self, seat: str, now_s: float) -> list[IceServerView]:
        """All of them, with credentials of this seat that begin to count now (Unix seconds)."""
        servers = [IceServerView(urls=self._plain)] if self._plain else []
        if self._turn:
            username = f"{int(now_s + self._life_s)}:{seat}"
            digest = hmac.new(self._secret, username.encode(), hashlib.sha1).digest()
            servers.append(
                IceServerView(
                    urls=self._turn,
                    username=username,
                    credential=base64.b64encode(digest).decode(),
                )
            )
        return servers


def links_of(servers: Sequence[IceServerView]) -> list[str]:
    """``Link`` header fields of WHIP and WHEP (RFC 9725 section 4.6)."""
    links: list[str] = []
    for server in servers:
        credentials = ""
        if server.credential:
            credentials = (
                f'; username="{server.username}"; credential="{server.credential}"'
                '; credential-type="password"'
            )
        links += [f'<{uri}>; rel="ice-server"{credentials}' for uri in server.urls]
    return links


def ice_servers_of(settings: Settings) -> IceServers:
    """Raises `TurnSecretError`."""
    file = settings.turn_secret_file
    secret = _read_secret(Path(file)) if file else ""
    return IceServers(settings.ice_servers, secret, settings.turn_hours)


def _read_secret(path: Path) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
        open_to_others = path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    except (OSError, UnicodeDecodeError) as error:
        raise TurnSecretError(f"turn.secret_unreadable: {path}: {error}") from error
    if len(secret) < MIN_SECRET_CHARACTERS or "\n" in secret:
        raise TurnSecretError(
            f"turn.secret_short: {path}: one line of at least {MIN_SECRET_CHARACTERS} characters"
        )
    if open_to_others:
        _log.warning("turn.secret_open", file=str(path), cure=f"chmod 600 {path}")
    return secret
