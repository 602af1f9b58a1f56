"""Retransmission payloads."""

import pytest

from mixer.rtp.errors import RtpError
from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import MEDIA_OF_RTX, RTX_OF, RTX_VP8, VP8
from mixer.rtp.rtx import unwrap, wrap


def test_unwrapping_gives_the_original_back() -> None:
    original = RtpPacket(VP8, 65535, 7, 1, b"media", marker=True, extensions={3: b"\x01"})
    sent = wrap(original, payload_type=RTX_VP8, ssrc=2, sequence=70_000)
    assert (sent.payload_type, sent.ssrc, sent.sequence) == (RTX_VP8, 2, 70_000 & 0xFFFF)
    received = RtpPacket.parse(sent.serialize())
    assert unwrap(received, payload_type=VP8, ssrc=1) == original


@pytest.mark.parametrize("payload", [b"", b"\x00"])
def test_a_retransmission_without_sequence_number_is_refused(payload: bytes) -> None:
    with pytest.raises(RtpError, match=r"rtx\.short"):
        unwrap(RtpPacket(RTX_VP8, 1, 1, 2, payload), payload_type=VP8, ssrc=1)


def test_payload_types_map_both_ways() -> None:
    assert {MEDIA_OF_RTX[rtx]: rtx for rtx in MEDIA_OF_RTX} == RTX_OF
