"""Everything that reads bytes of strangers: each accepts them or refuses them by a stable id."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from mixer.rtp import payload_type as types
from mixer.rtp.depacketise import assembler_for
from mixer.rtp.errors import RtpError
from mixer.rtp.packet import RtpPacket
from mixer.rtp.red import split_red
from mixer.rtp.rtcp import parse_rtcp
from mixer.rtp.vp8_descriptor import parse_descriptor
from mixer.transport.answer import LocalTransport, answer_offer
from mixer.transport.dtls import DtlsEndpoint, DtlsState
from mixer.transport.framing import MAX_FRAME_BYTES, Deframer, FramingError
from mixer.transport.ice import Credentials, IceAgent, IceDrop, IceServer, make_credentials
from mixer.transport.sdp import parse_sdp
from mixer.wire.control import ControlError
from tests.fuzz import samples
from tests.fuzz.drive import Case
from tests.fuzz.samples import damaged

ADDRESS = ("192.0.2.7", 5000)
MAX_DTLS_CASES = 200
"""So many datagrams reach one association at most."""


class Target(NamedTuple):
    """What is fed, and with what."""

    make_case: Callable[[], Case]
    make_input: Callable[[random.Random], bytes]


def _of(found: list[bytes]) -> Callable[[random.Random], bytes]:
    return lambda source: damaged(source, found)


def _refusing(call: Callable[[bytes], object]) -> Case:
    def case(text: bytes) -> str:
        try:
            call(text)
        except RtpError as error:
            return error.id
        return ""

    return case


def _stun() -> Case:
    server = IceServer()
    agent = IceAgent(1, [Credentials(samples.UFRAG, samples.PASSWORD)])
    server.add(agent)

    def case(text: bytes) -> str:
        verdict = server.receive(text, ADDRESS, 1)
        assert len(agent.addresses) <= 8
        return verdict.value if isinstance(verdict, IceDrop) else ""

    return case


def _dtls() -> Case:
    ours, theirs = samples.identities()
    held: list[DtlsEndpoint] = []
    taken = [0]

    def case(text: bytes) -> str:
        taken[0] += 1
        over = not held or held[0].state is not DtlsState.CONNECTING
        if over or taken[0] % MAX_DTLS_CASES == 0:
            held[:] = [DtlsEndpoint(ours, (theirs.fingerprint,), is_server=True)]
        held[0].receive(text or b"\x16")  # what has no first byte is not DTLS
        held[0].datagrams_to_send()
        return held[0].state.value

    return case


def _assembler(payload_type: int) -> Case:
    assembler = assembler_for(payload_type)
    sequence = [0]

    def case(text: bytes) -> str:
        sequence[0] += 1
        packet = RtpPacket(payload_type, sequence[0] & 0xFFFF, sequence[0] // 3 * 3600, 1, text)
        assembler.push(sequence[0], packet, sequence[0] * 10_000_000)
        return ""

    return case


def _sdp() -> Case:
    ours, _ = samples.identities()
    local = LocalTransport(make_credentials(), ours.fingerprint, (("127.0.0.1", 4000),))

    def case(text: bytes) -> str:
        try:
            answer_offer(parse_sdp(text.decode("utf-8", "replace")), local, session=1, version=1)
        except ControlError as error:
            return error.error
        return ""

    return case


def _tcp() -> Case:
    held = [Deframer()]

    def case(text: bytes) -> str:
        try:
            found = held[0].feed(text)
        except FramingError:
            held[0] = Deframer()
            return "framing"
        assert all(0 < len(one) <= MAX_FRAME_BYTES for one in found)
        return ""

    return case


TARGETS: dict[str, Target] = {
    "stun": Target(_stun, lambda source: damaged(source, samples.checks())),
    "dtls": Target(_dtls, lambda source: damaged(source, samples.flights())),
    "rtp": Target(lambda: _refusing(RtpPacket.parse), _of(samples.RTP)),
    "rtcp": Target(lambda: _refusing(parse_rtcp), _of(samples.RTCP)),
    "twcc": Target(lambda: _refusing(parse_rtcp), _of(samples.TWCC)),
    "red": Target(lambda: _refusing(split_red), _of(samples.RED)),
    "vp8_descriptor": Target(lambda: _refusing(parse_descriptor), _of(samples.VP8)),
    "vp8": Target(lambda: _assembler(types.VP8), _of(samples.VP8)),
    "h264": Target(lambda: _assembler(types.H264), _of(samples.H264)),
    "sdp": Target(_sdp, _of(samples.SDP)),
    "tcp": Target(_tcp, _of(samples.TCP)),
}
