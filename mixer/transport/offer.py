"""Offering a browser what it subscribes to, and reading its answer.

Payload types in our offers are the canonical ones, so packets need no translation unless a peer
answers with other numbers.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from mixer.transport.answer import FEEDBACK, LocalTransport, session_lines, transport_lines
from mixer.transport.codecs import accept, codecs_of
from mixer.transport.extensions import OFFERED, ExtensionIds, agreed, lines_of, used_by
from mixer.transport.sdp import Description, invalid
from mixer.wire.control import ControlError
from mixer.wire.ids import MediaKind, SubscriptionId

MAX_SENT_LINES: Final = 64


@dataclass(slots=True)
class SentLine:
    """An m-line of ours. It stays for ever; without a subscription it is inactive and free."""

    mid: str
    kind: MediaKind
    ssrc: int
    rtx_ssrc: int
    subscription: SubscriptionId | None


@dataclass(slots=True, frozen=True)
class SendAgreement:
    """What a browser accepted for one subscription; empty maps: nothing."""

    subscription: SubscriptionId
    mid: str
    ssrc: int
    rtx_ssrc: int
    media: dict[int, int]
    """Canonical payload type to the negotiated one."""
    rtx: dict[int, int]
    """Canonical payload type to the negotiated type of its retransmissions."""
    nack: bool
    extensions: ExtensionIds
    transport_feedback: bool
    """Packets shall carry transport-wide numbers; the browser reports their arrival."""


class SentLines:
    """The m-lines of one `send` connection, in order, over all its offers."""

    def __init__(self) -> None:
        self.lines: list[SentLine] = []

    def assign(self, wanted: dict[SubscriptionId, MediaKind]) -> None:
        """Give every wanted subscription a line and free those of the others.

        Raises `ControlError` ``media.too_many_lines`` above `MAX_SENT_LINES`.
        """
        for line in self.lines:
            if line.subscription is not None and line.subscription not in wanted:
                line.subscription = None
        placed = {line.subscription for line in self.lines}
        for subscription, kind in wanted.items():
            if subscription not in placed:
                self._free_line(kind).subscription = subscription

    def release(self, subscription: SubscriptionId) -> None:
        """Free the line of a removed subscription.

        Should it come back, it gets another SSRC: numbers used once under a key must never
        carry other packets (RFC 3711 section 9.1).
        """
        for line in self.lines:
            if line.subscription == subscription:
                line.subscription = None

    def _free_line(self, kind: MediaKind) -> SentLine:
        for line in self.lines:
            if line.subscription is None and line.kind is kind:
                # A new source on an old line: the receiver must not mix the two.
                line.ssrc, line.rtx_ssrc = _fresh_ssrc(), _fresh_ssrc()
                return line
        if len(self.lines) >= MAX_SENT_LINES:
            raise ControlError("media.too_many_lines", f"more than {MAX_SENT_LINES} m-lines")
        line = SentLine(str(len(self.lines)), kind, _fresh_ssrc(), _fresh_ssrc(), None)
        self.lines.append(line)
        return line

    def follow(self, offered: list[tuple[str, MediaKind, SubscriptionId | None]]) -> None:
        """Take the m-lines over that the other end offered, with what each is to carry."""
        self.lines = [
            SentLine(mid, kind, _fresh_ssrc(), _fresh_ssrc(), subscription)
            for mid, kind, subscription in offered
        ]

    def mids(self) -> dict[str, SubscriptionId]:
        """Which m-line carries which subscription."""
        return {line.mid: line.subscription for line in self.lines if line.subscription is not None}


def _fresh_ssrc() -> int:
    return secrets.randbelow(0xFFFFFFFE) + 1


def write_offer(
    lines: SentLines,
    local: LocalTransport,
    *,
    cname: str,
    session: int,
    version: int,
    feedback: frozenset[str] = FEEDBACK,
) -> str:
    """Return the offer; one CNAME for all lines makes browsers keep lips in sync."""
    text = session_lines(session, version, [line.mid for line in lines.lines])
    text.append("a=extmap-allow-mixed")
    for line in lines.lines:
        text += _sent_line(line, local, cname, feedback)
    return "\r\n".join([*text, ""])


def _sent_line(
    line: SentLine, local: LocalTransport, cname: str, feedback: frozenset[str]
) -> list[str]:
    is_video = line.kind is MediaKind.VIDEO
    codecs = codecs_of(line.kind)
    numbers = [number for rules in codecs for number in (rules.canonical, rules.rtx) if number]
    ids = used_by(OFFERED, line.kind)
    if "transport-cc" not in feedback:
        ids = ids._replace(transport_sequence=0)
    text = [
        f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, numbers))}",
        *transport_lines(local, "actpass"),
        f"a=mid:{line.mid}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *lines_of(ids),
    ]
    for rules in codecs:
        text += rules.offer_lines(feedback)
    if line.subscription is None:
        return [*text, "a=inactive"]
    return [*text, "a=sendonly", *source_lines(line, cname, has_rtx=is_video)]


def source_lines(line: SentLine, cname: str, *, has_rtx: bool) -> list[str]:
    """What an m-line says of the streams on it."""
    text = [f"a=msid:{cname} subscription-{line.subscription}"]
    ssrcs = [line.ssrc]
    if has_rtx:
        text.append(f"a=ssrc-group:FID {line.ssrc} {line.rtx_ssrc}")
        ssrcs.append(line.rtx_ssrc)
    for ssrc in ssrcs:
        text.append(f"a=ssrc:{ssrc} cname:{cname}")
        text.append(f"a=ssrc:{ssrc} msid:{cname} subscription-{line.subscription}")
    return text


def read_answer(lines: SentLines, answer: Description) -> tuple[SendAgreement, ...]:
    """Return what the browser takes, one agreement per subscription.

    Raises `ControlError` ``sdp.invalid`` when the m-lines are not those of our offer, or when
    no DTLS role was chosen (RFC 8842 section 5.3).
    """
    if answer.transport.setup not in ("active", "passive"):
        raise invalid(f"an answer cannot say a=setup:{answer.transport.setup}")
    if len(answer.lines) != len(lines.lines):
        raise invalid(f"{len(answer.lines)} m-lines answer {len(lines.lines)}")
    agreements: list[SendAgreement] = []
    for ours, theirs in zip(lines.lines, answer.lines, strict=True):
        if theirs.kind != ours.kind.value or (theirs.mid and theirs.mid != ours.mid):
            raise invalid(f"m-line {ours.mid} was answered by another")
        if ours.subscription is None:
            continue
        accepted = accept(theirs)
        ids = agreed(theirs, ours.kind)
        takes = not theirs.rejected and theirs.direction in ("recvonly", "sendrecv")
        media = {canonical: number for number, canonical in accepted.media.items()} if takes else {}
        agreements.append(
            SendAgreement(
                subscription=ours.subscription,
                mid=ours.mid,
                ssrc=ours.ssrc,
                rtx_ssrc=ours.rtx_ssrc,
                media=media,
                rtx={accepted.media[media_type]: rtx for rtx, media_type in accepted.rtx.items()},
                nack=accepted.nack,
                extensions=ids,
                transport_feedback=accepted.transport_feedback and bool(ids.transport_sequence),
            )
        )
    return tuple(agreements)
