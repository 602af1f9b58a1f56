"""Answering a player that offers to receive (WHEP), where browsers of ours answer our offer."""

from __future__ import annotations

from typing import Final

from mixer.transport.answer import (
    FEEDBACK,
    PROTOCOL,
    LocalTransport,
    ReceivedLine,
    choose,
    codec_lines,
    order,
    refusal,
    session_lines,
    transport_lines,
)
from mixer.transport.extensions import agreed, lines_of
from mixer.transport.offer import SendAgreement, SentLine, SentLines, source_lines
from mixer.transport.sdp import Description, MediaLine, invalid
from mixer.wire.ids import MediaKind, SubscriptionId

_TAKES: Final = frozenset({"recvonly", "sendrecv"})


def place(offer: Description, lines: SentLines, wanted: dict[SubscriptionId, MediaKind]) -> None:
    """Give each m-line that receives the next subscription of its kind.

    Raises `ControlError` ``sdp.invalid`` when not one of them finds a place.
    """
    waiting = list(wanted.items())
    placed: list[tuple[str, MediaKind, SubscriptionId | None]] = []
    for line in offer.lines:
        found = next((one for one in waiting if _carries(line, one[1])), None)
        if found is not None:
            waiting.remove(found)
        kind = MediaKind.AUDIO if line.kind == "audio" else MediaKind.VIDEO
        placed.append((line.mid, kind, found[0] if found else None))
    if len(waiting) == len(wanted):
        raise invalid("no m-line receives what there is")
    lines.follow(placed)


def _carries(line: MediaLine, kind: MediaKind) -> bool:
    usable = not line.rejected and line.rtcp_mux and bool(line.mid) and line.direction in _TAKES
    return usable and line.kind == kind.value and bool(_chosen(line, kind).media)


def _chosen(line: MediaLine, kind: MediaKind) -> ReceivedLine:
    # Layers are our business here: what is sent has one size at a time.
    return choose(line, agreed(line, kind)._replace(rid=0, repaired_rid=0))


def answer_receiver(
    offer: Description,
    lines: SentLines,
    local: LocalTransport,
    *,
    cname: str,
    session: int,
    version: int,
) -> tuple[str, tuple[SendAgreement, ...]]:
    """Return the answer and what it means for what is sent. `lines` are as `place` left them."""
    body: list[str] = []
    mids: list[str] = []
    agreements: list[SendAgreement] = []
    setup = "active" if offer.transport.setup == "passive" else "passive"
    for theirs, ours in zip(offer.lines, lines.lines, strict=True):
        if ours.subscription is None:
            body += refusal(theirs)
            continue
        mids.append(theirs.mid)
        agreements.append(_agreement(theirs, ours, ours.subscription))
        body += _sent(theirs, ours, local, setup, cname)
    head = session_lines(session, version, mids)
    if any(line.mixed_extensions for line in offer.lines):
        head.append("a=extmap-allow-mixed")
    return "\r\n".join([*head, *body, ""]), tuple(agreements)


def _agreement(theirs: MediaLine, ours: SentLine, subscription: SubscriptionId) -> SendAgreement:
    chosen = _chosen(theirs, ours.kind)
    ids = agreed(theirs, ours.kind)._replace(rid=0, repaired_rid=0)
    return SendAgreement(
        subscription=subscription,
        mid=ours.mid,
        ssrc=ours.ssrc,
        rtx_ssrc=ours.rtx_ssrc,
        # Of several numbers for one codec the first offered is the one it prefers.
        media={
            chosen.media[number]: number
            for number in reversed(order(theirs, chosen))
            if number in chosen.media
        },
        rtx={chosen.media[media]: number for number, media in chosen.rtx.items()},
        nack=chosen.nack,
        extensions=ids,
        transport_feedback=chosen.transport_feedback,
    )


def _sent(
    theirs: MediaLine, ours: SentLine, local: LocalTransport, setup: str, cname: str
) -> list[str]:
    chosen = _chosen(theirs, ours.kind)
    numbers = " ".join(map(str, order(theirs, chosen)))
    return [
        f"m={theirs.kind} 9 {PROTOCOL} {numbers}",
        *transport_lines(local, setup),
        f"a=mid:{theirs.mid}",
        "a=sendonly",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *lines_of(agreed(theirs, ours.kind)._replace(rid=0, repaired_rid=0)),
        *codec_lines(theirs, chosen, FEEDBACK),
        *source_lines(ours, cname, has_rtx=bool(chosen.rtx)),
    ]


def ice_fragment(local: LocalTransport, mids: tuple[str, ...]) -> str:
    """Our end after an ICE restart (RFC 8840 section 9): credentials, and candidates of the
    m-line that all share.
    """
    lines = transport_lines(local, "passive")
    candidates = [line for line in lines if line.startswith("a=candidate:")]
    return "\r\n".join(
        [
            "a=ice-lite",
            f"a=group:BUNDLE {' '.join(mids)}",
            f"a=ice-ufrag:{local.credentials.ufrag}",
            f"a=ice-pwd:{local.credentials.password}",
            "m=audio 9 UDP/TLS/RTP/SAVPF 0",
            f"a=mid:{mids[0] if mids else '0'}",
            *candidates,
            "a=end-of-candidates",
            "",
        ]
    )
