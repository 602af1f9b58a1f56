"""How each return is coded for the line it goes over: bit rate and redundancy.

Media tells once a second how well a device is reached; `Line` turns that into a decision, one
step a second, without IO. What is worse is followed quickly, what is better slowly, so that a
line that recovers for a moment changes nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import structlog

from mixer.rtp import payload_type
from mixer.transport.codecs import accept
from mixer.transport.sdp import parse_sdp
from mixer.wire.control import ControlError
from mixer.wire.ids import WorkerKind
from server.intent import ReturnCoding

if TYPE_CHECKING:
    from mixer.wire.control import PeerQuality

    from .conference import Conference

_log = structlog.get_logger(__name__)

LADDER_BPS: Final = (64_000, 48_000, 32_000, 24_000)
SHARE: Final = 0.2
"""Sound may take so much of what the line is believed to carry; the rest is the picture's."""
HEADROOM: Final = 1.3
DOWN_AFTER_S: Final = 2
UP_AFTER_S: Final = 10
SMOOTHING: Final = 1 - math.exp(-1 / 4)
"""Of the loss of each second: over about 4 s. One lost packet in 50 alone changes nothing."""
LOSSY: Final = 0.015
CLEAN: Final = 0.004
CLEAN_FOR_S: Final = 20
LOSS_LIMITS: Final = ((0.2, 24_000), (0.1, 32_000))
"""Where nobody knows what the line carries, this much loss says that it carries less."""


class Line:
    """One device's way. `step` once a second."""

    def __init__(self) -> None:
        self.coding = ReturnCoding()
        self._loss = 0.0
        self._clean_s = 0
        self._tight_s = 0
        self._wide_s = 0

    def step(self, quality: PeerQuality, *, accepts_red: bool) -> ReturnCoding:
        """What the line shall get from here on."""
        self._loss += (quality.loss_fraction - self._loss) * SMOOTHING
        redundancy = accepts_red and self._protects()
        highest_bps = self._highest(quality.estimate_bps, copies=2 if redundancy else 1)
        self.coding = ReturnCoding(bitrate=self._rung(*highest_bps), redundancy=redundancy)
        return self.coding

    def _protects(self) -> bool:
        """Redundancy begins with the loss and ends 20 s after it."""
        if self._loss >= LOSSY:
            self._clean_s = 0
            return True
        self._clean_s = self._clean_s + 1 if self._loss <= CLEAN else 0
        return self.coding.redundancy and self._clean_s < CLEAN_FOR_S

    def _highest(self, estimate_bps: float, *, copies: int) -> tuple[float, float]:
        """What fits, and what fits with room to spare."""
        if estimate_bps > 0:
            fits = estimate_bps * SHARE / copies
            return fits, fits / HEADROOM
        fits = next((rate for loss, rate in LOSS_LIMITS if self._loss >= loss), LADDER_BPS[0])
        return fits, fits

    def _rung(self, fits_bps: float, spare_bps: float) -> int:
        now = LADDER_BPS.index(self.coding.bitrate)
        wanted = next(
            (n for n, rate in enumerate(LADDER_BPS) if rate <= fits_bps), len(LADDER_BPS) - 1
        )
        self._tight_s = self._tight_s + 1 if wanted > now else 0
        roomy = now > 0 and LADDER_BPS[now - 1] <= spare_bps
        self._wide_s = self._wide_s + 1 if roomy else 0
        if self._tight_s >= DOWN_AFTER_S:
            self._tight_s = 0
            now = wanted
        elif self._wide_s >= UP_AFTER_S:
            self._wide_s = 0
            now -= 1
        return LADDER_BPS[now]


class ReturnLines:
    """The lines of all devices that hear a return, and what follows for each seat."""

    def __init__(self) -> None:
        self._lines: dict[int, Line] = {}
        self.codings: dict[str, ReturnCoding] = {}
        """By seat, where it is not the usual one."""

    def step(self, conference: Conference) -> bool:
        """Once a second; whether a seat's coding changed. Two devices at a seat hear the same
        return, so the worse line decides.
        """
        found: dict[str, ReturnCoding] = {}
        present: set[int] = set()
        for sitting in conference.sitting():
            peer = sitting.wiring.send_peer
            quality = conference.observed.quality.get(peer)
            if not peer or quality is None:
                continue
            present.add(peer)
            line = self._lines.setdefault(peer, Line())
            coding = line.step(quality, accepts_red=sitting.wiring.accepts_red)
            held = found.get(sitting.device.seat)
            found[sitting.device.seat] = coding if held is None else _worse(held, coding)
        self._lines = {peer: line for peer, line in self._lines.items() if peer in present}
        codings = {seat: coding for seat, coding in found.items() if coding != ReturnCoding()}
        changed = codings != self.codings
        for seat in {*codings, *self.codings} if changed else ():
            coding = codings.get(seat, ReturnCoding())
            if coding != self.codings.get(seat, ReturnCoding()):
                _log.info("return.coding", seat=seat, bitrate=coding.bitrate, red=coding.redundancy)
        self.codings = codings
        return changed


def _worse(one: ReturnCoding, other: ReturnCoding) -> ReturnCoding:
    return ReturnCoding(
        bitrate=min(one.bitrate, other.bitrate),
        redundancy=one.redundancy or other.redundancy,
    )


def review(conference: Conference) -> None:
    """Once a second: follow the lines."""
    if conference.returns.step(conference):
        conference.apply((WorkerKind.SOUND,))


def accepts_red(sdp: str) -> bool:
    """Whether an answer takes redundancy for all the sound it receives."""
    try:
        lines = parse_sdp(sdp, 64).lines
    except ControlError:
        return False
    heard = [line for line in lines if line.kind == "audio" and not line.rejected]
    return bool(heard) and all(payload_type.RED in accept(line).media.values() for line in heard)
