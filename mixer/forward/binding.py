"""Whose packet is it: binding SSRCs to in-streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mixer.forward.drops import Drop
from mixer.forward.in_stream import InStream
from mixer.forward.interface import InLine
from mixer.forward.peer import PeerState

_MAX_RTX_SSRCS: Final = 64
# A publisher changes its SSRC when a track is replaced, never several times a second.
_MIN_LIFE_NS: Final = 100_000_000


class Refused(Exception):  # noqa: N818  says what happened, not that something broke
    """This packet is dropped."""

    def __init__(self, reason: Drop) -> None:
        super().__init__(reason)
        self.reason = reason


class Binder:
    """Finds the in-stream of a new SSRC and begins its life."""

    def __init__(self, first_life: int) -> None:
        """`first_life` is larger than any life of an earlier process."""
        self._life = first_life

    def next_life(self) -> int:
        """Mint a life; grows for ever."""
        self._life += 1
        return self._life

    def bind(
        self,
        peer: PeerState,
        elements: Mapping[int, bytes],
        payload_type: int,
        ssrc: int,
        now_ns: int,
    ) -> InStream:
        """Return the in-stream. Raises `Refused`."""
        line = _line_of(peer, elements, payload_type, ssrc)
        if line is None:
            raise Refused(Drop.UNBOUND_SSRC)
        is_rtx = payload_type in line.rtx
        stream = (_repaired if is_rtx else _named)(peer, line, elements, ssrc)
        if stream is None or ssrc in stream.retired:
            raise Refused(Drop.UNBOUND_SSRC)
        if is_rtx:
            if len(peer.rtx) >= _MAX_RTX_SSRCS:
                peer.rtx.clear()
            peer.rtx[ssrc] = stream
            return stream
        if payload_type not in line.media:
            raise Refused(Drop.UNKNOWN_PAYLOAD_TYPE)
        if stream.ssrc >= 0 and now_ns - stream.bound_ns < _MIN_LIFE_NS:
            raise Refused(Drop.UNBOUND_SSRC)
        self._begin_life(peer, stream, line, ssrc)
        stream.bound_ns = now_ns
        return stream

    def _begin_life(self, peer: PeerState, stream: InStream, line: InLine, ssrc: int) -> None:
        if stream.ssrc >= 0:
            stream.retired.append(stream.ssrc)
            peer.media.pop(stream.ssrc, None)
            peer.clock.remove_ssrc(stream.ssrc)
        peer.rtx.pop(ssrc, None)
        peer.media[ssrc] = stream
        peer.clock.add_ssrc(ssrc, stream.clock_rate)
        stream.line = line
        stream.begin(ssrc=ssrc, life=self.next_life(), wants_nack=line.nack)


def _text(element: bytes | None) -> str | None:
    return None if element is None else element.decode("ascii", "replace")


def _line_of(
    peer: PeerState, elements: Mapping[int, bytes], payload_type: int, ssrc: int
) -> InLine | None:
    """By mid, by announced SSRC, by a payload type of one line only (RFC 8843 section 9.2)."""
    mid = _text(elements.get(peer.extensions.mid))
    if mid is not None:
        return peer.lines.get(mid)
    for line in peer.lines.values():
        if ssrc in line.ssrcs or ssrc in line.rtx_ssrcs:
            return line
    fitting = [
        line
        for line in peer.lines.values()
        if payload_type in line.media or payload_type in line.rtx
    ]
    return fitting[0] if len(fitting) == 1 else None


def _named(
    peer: PeerState, line: InLine, elements: Mapping[int, bytes], _ssrc: int
) -> InStream | None:
    rid = (_text(elements.get(peer.extensions.rid)) or "") if line.rids else ""
    return peer.streams.get((line.mid, rid))


def _repaired(
    peer: PeerState, line: InLine, elements: Mapping[int, bytes], ssrc: int
) -> InStream | None:
    """Whom a retransmission stream repeats: by repaired-rid, by announced SSRC, or the only one."""
    if not line.rids:
        return peer.streams.get((line.mid, ""))
    rid = _text(elements.get(peer.extensions.repaired_rid))
    if rid is None:
        return peer.media.get(line.rtx_ssrcs.get(ssrc, -1))
    return peer.streams.get((line.mid, rid))
