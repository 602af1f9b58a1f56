"""Thousands of damaged datagrams: each is accepted or dropped by name, and nothing grows."""

import random

from mixer.forward.drops import Drop
from mixer.forward.reference import ReferenceFanout
from mixer.rtp.rtcp import Nack, PictureLoss, ReceiverReport, Remb, ReportBlock, serialize_rtcp
from tests.unit.mixer.forward.rig import (
    KEY,
    OUT_SSRC,
    PUBLISHER,
    VIDEO_SSRC,
    VIEWER,
    Rig,
    rtp,
    with_mid,
)

GOOD = (
    rtp(96, 10, 3600, VIDEO_SSRC, KEY),
    with_mid("0", 96, 11, 3600, VIDEO_SSRC, KEY),
    rtp(97, 1, 3600, 101, b"\0\x05" + KEY),
    rtp(111, 1, 960, 200, b"opus"),
    serialize_rtcp((ReceiverReport(1, (ReportBlock(OUT_SSRC),)), Nack(1, OUT_SSRC, (1, 2, 3)))),
    serialize_rtcp((PictureLoss(1, OUT_SSRC), Remb(1, 500_000, (OUT_SSRC,)))),
)


def damaged(source: random.Random) -> bytes:
    datagram = bytearray(source.choice(GOOD))
    for _ in range(source.randint(0, 4)):
        datagram[source.randrange(len(datagram))] = source.randrange(256)
    if source.random() < 0.2:
        del datagram[source.randrange(len(datagram)) :]
    return bytes(datagram)


def test_damaged_datagrams_of_known_peers() -> None:
    source = random.Random(20_261)
    rig = Rig()
    for _ in range(4000):
        rig.now_ns += source.randrange(20_000_000)
        rig.arrive(damaged(source), source.choice((PUBLISHER, VIEWER)))
        if source.random() < 0.1:
            rig.fanout.poll(rig.now_ns)
        rig.socket.sent.clear()
    assert rig.drops(Drop.INTERNAL_ERROR) == 0
    assert isinstance(rig.fanout, ReferenceFanout)
    for peer in rig.fanout._peers.values():
        assert len(peer.media) <= 4
        assert len(peer.rtx) <= 64


def test_random_bytes_of_strangers() -> None:
    source = random.Random(20_262)
    rig = Rig()
    for _ in range(3000):
        data = source.randbytes(source.randrange(80))
        rig.arrive_raw(data, source.choice((PUBLISHER, ("198.51.100.7", source.randrange(1, 99)))))
    assert rig.drops(Drop.INTERNAL_ERROR) == 0
    assert rig.socket.sent == []
