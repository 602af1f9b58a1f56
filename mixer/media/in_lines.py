"""What was agreed with a publisher, in the fan-out's terms."""

from __future__ import annotations

from mixer.forward.interface import Extensions, InLine
from mixer.transport.answer import ReceiveAgreement


def in_lines(agreement: ReceiveAgreement) -> tuple[InLine, ...]:
    """One for each m-line that was accepted."""
    extensions = Extensions(**agreement.extensions._asdict())
    return tuple(
        InLine(
            mid=line.mid,
            kind=line.kind,
            media=line.media,
            rtx=line.rtx,
            ssrcs=line.ssrcs,
            rtx_ssrcs=line.rtx_ssrcs,
            nack=line.nack,
            rids=line.rids,
            extensions=extensions,
            transport_feedback=line.transport_feedback,
        )
        for line in agreement.lines
    )
