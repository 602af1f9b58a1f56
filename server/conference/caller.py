"""Who asks: a page, or somebody at the HTTP interface."""

from __future__ import annotations

from typing import Protocol

from signaling.event import Seat
from signaling.links import LinkClaims
from signaling.seats import DeviceKind
from signaling.wire.errors import SignalingError
from signaling.wire.messages import NoticeBody
from signaling.wire.roles import Right, Role, allowed


class Caller:
    """One connection or one HTTP request. ``device`` is 0 until it sits down."""

    def __init__(self, claims: LinkClaims, seat: Seat, kind: DeviceKind = DeviceKind.MAIN) -> None:
        self.link = claims.jti
        self.seat = seat
        self.role: Role = claims.role
        self.kind = kind
        self.device = 0
        self.levels_per_s = 0
        """How often it wants `Levels`."""

    def need(self, *rights: Right) -> None:
        """One of these. Raises `SignalingError` ``right.missing``."""
        if not any(allowed(self.role, right) for right in rights):
            raise SignalingError("right.missing")


class Outward(Protocol):
    """How the conference reaches pages. Calls return at once."""

    def state_changed(self, *, urgent: bool) -> None:
        """State moved on. Not urgent: levels and quality, told at most ten times a second."""

    def levels_changed(self) -> None:
        """There are newer levels for those who watch them."""

    def notify(self, device: int, notice: NoticeBody) -> None:
        """Tell one device something that is not state; nothing if it is away."""

    def dismiss(self, device: int, reason: str) -> None:
        """Tell a device that it no longer sits here, then disconnect it."""

    def dismiss_link(self, link: str, reason: str) -> None:
        """The same for everybody who came by a link."""


class Nobody:
    """The `Outward` of a conference without a gateway."""

    def state_changed(self, *, urgent: bool) -> None:
        """Nobody looks."""

    def levels_changed(self) -> None:
        """Nobody watches."""

    def notify(self, device: int, notice: NoticeBody) -> None:
        """Nobody hears."""

    def dismiss(self, device: int, reason: str) -> None:
        """Nobody is here."""

    def dismiss_link(self, link: str, reason: str) -> None:
        """Nobody is here."""
