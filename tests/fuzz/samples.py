"""Good bytes of every kind that strangers send, and seeded damage to them."""

from __future__ import annotations

import random
import struct
from functools import cache

from aioice import stun

from mixer.rtp.packet import RtpPacket
from mixer.rtp.rtcp import (
    Goodbye,
    Nack,
    PictureLoss,
    ReceiverReport,
    Remb,
    ReportBlock,
    SenderReport,
    SourceDescription,
    serialize_rtcp,
)
from mixer.rtp.twcc import TransportFeedback
from mixer.transport.dtls import DtlsEndpoint
from mixer.transport.framing import frame
from mixer.transport.identity import Identity
from tests.unit.mixer.transport.sample_sdp import OFFER

VP8_KEY = bytes.fromhex("10020000 9d012a 80026801".replace(" ", ""))
_INTERESTING = (0, 1, 0x7F, 0x80, 0xFF)

EXTENSIONS = {1: b"0", 3: b"\x12\x34", 10: b"h", 2: b"\x85", 5: b"\1\2\3", 12: b""}

RTP = [
    RtpPacket(96, 10, 3600, 100, b"\x90\x80\x81\x02" + VP8_KEY).serialize({4: b"0", 3: b"\0\1"}),
    RtpPacket(96, 11, 3600, 100, b"\x90\xe0\x81\x02\x05\x20" + VP8_KEY).serialize(),
    RtpPacket(111, 1, 960, 200, b"opus").serialize({4: b"1"}),
    RtpPacket(97, 1, 3600, 101, b"\0\x05\x10\0key").serialize(),
    struct.pack("!BBHIIHHBBBx", 0x90, 96, 5, 6, 7, 0x1000, 1, 4, 1, 48) + b"\x10\0key",
    struct.pack("!BBHIIII", 0xB2, 96, 5, 6, 7, 8, 9) + bytes(7) + b"\x08",
]

TWCC = [
    TransportFeedback(1, 2, 65530, 5, 3, (0, 4, None, 300, None, None, 2, -9) * 4).serialize(),
    TransportFeedback(1, 2, 0, 0x7FFFFF, 255, (1,) * 300).serialize(),
    TransportFeedback(1, 2, 9, 0, 0, (None,) * 20 + (1,)).serialize(),
]

RTCP = [
    serialize_rtcp([SenderReport(100, 1 << 60, 5, 6, 7), SourceDescription(((100, "name"),))]),
    serialize_rtcp([ReceiverReport(1, (ReportBlock(300, 10, 5, 70000, 9, 1, 2),) * 3)]),
    serialize_rtcp([ReceiverReport(1), Nack(1, 300, (*range(65530, 65536), 1, 9, 40))]),
    serialize_rtcp([PictureLoss(1, 300), Remb(1, 500_000, (300, 301)), Goodbye((1,), "left")]),
    *TWCC,
]

VP8 = [
    b"\x90\x80\x81\x02" + VP8_KEY,
    b"\xb0\xf0\x81\x02\x05\x25" + VP8_KEY,
    b"\x10" + VP8_KEY,
    b"\x80\x80\x05" + bytes(20),
    b"\x00" + bytes(8),
]

H264 = [
    b"\x67\x42\xe0\x1f\xda\x02\x80\xbf\xe5\xc0",
    b"\x78\0\x05\x67\x42\xe0\x1f\xda\0\x03\x68\xce\x06",
    b"\x7c\x85" + bytes(40),
    b"\x7c\x45" + bytes(40),
    b"\x65" + bytes(40),
    b"\x41\x9a" + bytes(20),
]

RED = [b"\xef\x00\x00\x04\x6fold!new", b"\x6fonly", b"\xef\x00\x00\x00\x6f"]

SDP = [
    OFFER.encode(),
    OFFER.replace("a=sendonly", "a=sendrecv").encode(),
    (OFFER + "a=rid:l send\r\na=rid:h send\r\na=simulcast:send l;h\r\n").encode(),
]

TCP = [frame(RTP[0]) + frame(RTCP[0]), frame(b"x" * 1200), b"\0\0" + frame(RTP[1])]

UFRAG, PASSWORD = "abcd", "p" * 24


@cache
def checks() -> list[bytes]:
    """STUN binding requests: right, of another, without integrity, and a response."""
    found = []
    for user, key in ((UFRAG, PASSWORD), ("nobody", PASSWORD), (UFRAG, "wrong")):
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, b"t" * 12)
        request.attributes["USERNAME"] = f"{user}:them"
        request.attributes["PRIORITY"] = 5
        request.attributes["ICE-CONTROLLING"] = 9
        request.attributes["USE-CANDIDATE"] = None
        found.append(bytes(request))
        request.add_message_integrity(key.encode())
        found.append(bytes(request))
    return found


@cache
def identities() -> tuple[Identity, Identity]:
    """Ours and a client's."""
    return Identity(), Identity()


@cache
def flights() -> list[bytes]:
    """All datagrams of one good handshake, and a record of a finished association."""
    ours, theirs = identities()
    server = DtlsEndpoint(ours, (theirs.fingerprint,), is_server=True)
    client = DtlsEndpoint(theirs, (ours.fingerprint,), is_server=False)
    client.start()
    found: list[bytes] = []
    for _ in range(6):
        for sender, receiver in ((client, server), (server, client)):
            for datagram in sender.datagrams_to_send():
                receiver.receive(datagram)
                found.append(datagram)
    client.close()
    found += client.datagrams_to_send()
    return found


def damaged(source: random.Random, samples: list[bytes]) -> bytes:
    """A sample with some bytes changed, cut off, repeated, put in or joined to another."""
    text = bytearray(source.choice(samples))
    for _ in range(source.randint(0, 4)):
        _damage(source, text, samples)
    return bytes(text)


def _damage(source: random.Random, text: bytearray, samples: list[bytes]) -> None:
    if not text:
        text += source.randbytes(source.randrange(40))
        return
    place = source.randrange(len(text))
    match source.randrange(7):
        case 0:
            text[place] = source.randrange(256)
        case 1:
            text[place] ^= 1 << source.randrange(8)
        case 2:
            text[place] = source.choice(_INTERESTING)
        case 3:
            del text[place:]
        case 4:
            text[place:place] = text[place : place + source.randrange(1, 30)]
        case 5:
            text[place:place] = source.randbytes(source.randrange(1, 9))
        case 6:
            text[place:] = source.choice(samples)[place:]
