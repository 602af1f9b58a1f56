"""How well each direction of a device's way works, with the cause that a person can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from signaling.wire.state import LineView

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mixer.wire.control import PeerQuality
    from server.intent import Received

LOSS_LIMITS: Final = (0.005, 0.02, 0.05, 0.10)
RTT_LIMITS_MS: Final = (150.0, 300.0, 500.0, 1000.0)
"""One grade less, from 5, for each limit that is passed."""
SILENT_BPS: Final = 2_000.0
"""Reports alone make more; below it no media comes."""
_NARROW_GRADE: Final = 3
_PAUSED_GRADE: Final = 2
_GOOD: Final = 4


class Narrowed(NamedTuple):
    """What a way down has no room for."""

    picture: str = ""
    """``low`` or ``paused``, of the programme."""
    paused_tiles: tuple[str, ...] = ()


WHOLE: Final = Narrowed()


def narrowed(quality: PeerQuality, received: Iterable[Received]) -> Narrowed:
    """What media told by subscription, as pages know it."""
    picture, tiles = "", []
    for one in received:
        layer = quality.narrowed.get(one.subscription)
        if layer is None:
            continue
        if not one.tile:
            picture = "low" if layer >= 0 else "paused"
        elif layer < 0:
            tiles.append(one.tile)
    return Narrowed(picture, tuple(tiles))


def line_view(
    quality: PeerQuality | None,
    *,
    sends: bool = True,
    rtt_ms: float = 0.0,
    lost: bool = False,
    received: Iterable[Received] = (),
) -> LineView:
    """One direction. `sends`: media ought to flow; `rtt_ms`: what the device's other connection
    told, for where this one cannot tell; `lost`: the connection is being made again; `received`:
    what goes that way.
    """
    if lost:
        return LineView(cause="reconnecting", grade=1)
    if quality is None:
        return LineView()
    told_ms = quality.rtt_ms or rtt_ms
    lacks = narrowed(quality, received)
    cause, grade = _judged(quality, told_ms, lacks, sends=sends)
    return LineView(
        cause=cause,
        grade=grade,
        rtt_ms=round(told_ms),
        loss_percent=round(quality.loss_fraction * 100, 1),
        jitter_ms=round(quality.jitter_ms),
        bitrate_kbps=round(quality.bitrate / 1000),
        estimate_kbps=round(quality.estimate_bps / 1000),
        picture=lacks.picture,
        paused_tiles=list(lacks.paused_tiles),
    )


def _judged(
    quality: PeerQuality, rtt_ms: float, lacks: Narrowed, *, sends: bool
) -> tuple[str, int]:
    """The worst of what is wrong decides; its name is what a person is told. A picture that is
    paused comes before the loss and delay of the same narrow line.
    """
    if sends and quality.bitrate < SILENT_BPS:
        return "no_packets", 1
    if lacks.picture == "paused":
        return "paused", _PAUSED_GRADE
    narrow = lacks != WHOLE
    found = (
        (5 - sum(quality.loss_fraction > limit for limit in LOSS_LIMITS), "loss"),
        (5 - sum(rtt_ms > limit for limit in RTT_LIMITS_MS), "delay"),
        (_NARROW_GRADE if narrow else 5, "narrow"),
    )
    grade, cause = min(found, key=lambda one: one[0])
    return ("good", grade) if grade >= _GOOD else (cause, grade)
