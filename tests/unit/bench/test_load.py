"""The compiled load, and the figures of `bench forward`."""

import socket
import struct
from collections.abc import Iterator

import pytest

from bench import _load as load
from bench import forward
from bench.__main__ import LIMITS_PATH
from bench.descriptions import SentLine, publishing, taking, transport_id
from bench.forward import BARE, JANUS, LIVE_SHOWN, OURS, RATES, SHIPPED, Turn, figures
from bench.limits import load_limits
from bench.load_drive import Span
from bench.load_publisher import _vp8
from bench.processes import Cpu
from bench.shares import Shares, read_report
from bench.videoroom import room_request
from mixer.rtp.rtcp import TransportFeedback, parse_rtcp
from mixer.rtp.vp8_descriptor import parse_descriptor
from mixer.transport.ice import make_credentials
from mixer.transport.identity import Identity

HEADER = struct.Struct("!BBHII")


def packet(number: int, ssrc: int = 7, transport: int | None = None) -> bytes:
    head = HEADER.pack(0x90 if transport is not None else 0x80, 96, number & 0xFFFF, 0, ssrc)
    extension = b"" if transport is None else struct.pack("!HHBHx", 0xBEDE, 1, 0x31, transport)
    return head + extension + bytes(20)


class Pair:
    """A receiver and who sends to it."""

    def __init__(self) -> None:
        self.near, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.load = load.Load(1, 1)
        self.load.add(self.near.fileno(), 3)
        self.load.expect(0, 7, 8)

    def send(self, *packets: bytes) -> None:
        assert load.send_all(self.far.fileno(), list(packets)) == len(packets)
        assert self.load.drain() == len(packets)


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.near.close()
    made.far.close()


def missing(pair: Pair) -> int:
    return int(pair.load.counts(0)[0][3])


def test_numbers_are_counted_over_the_wrap_and_in_any_order(pair: Pair) -> None:
    pair.send(*(packet(number) for number in (65534, 65535, 1, 0, 2)))
    assert pair.load.counts(0)[0] == (7, 5, 160, 0, 2, False)
    assert len(pair.load.samples) == 5


def test_a_hole_is_missing_until_a_repair_fills_it(pair: Pair) -> None:
    pair.send(*(packet(number) for number in (10, 11, 14)))
    assert missing(pair) == 2
    pair.send(packet(12), packet(1, ssrc=8))
    assert missing(pair) == 1
    assert [index for index, _ in pair.load.others] == [0]
    pair.load.repaired(0, 8, 13)
    assert missing(pair) == 0
    pair.send(packet(12))
    assert pair.load.repeats(0) == 1


def test_what_is_older_than_the_count_repairs_nothing(pair: Pair) -> None:
    pair.send(packet(10), packet(12))
    pair.load.restart()
    pair.send(packet(13), packet(11))
    assert pair.load.repeats(0) == 0
    pair.send(packet(13))
    assert pair.load.repeats(0) == 1


def test_what_is_not_media_is_handed_on(pair: Pair) -> None:
    others = [b"\0\1" + bytes(18), b"\x16\xfe\xfd" + bytes(20), bytes((0x80, 200)) + bytes(26)]
    pair.send(*others, packet(1, ssrc=99))
    assert [datagram for _, datagram in pair.load.others] == others
    assert pair.load.unknown(0) == 1


def test_feedback_is_what_our_parser_reads(pair: Pair) -> None:
    assert pair.load.feedback(0, 1, 7) is None
    came = [0, 1, 2, 5, 6, 7, 8, 9, 12]
    pair.send(*(packet(number, transport=65530 + number & 0xFFFF) for number in came))
    text = pair.load.feedback(0, 1, 7)
    assert text is not None
    (feedback,) = parse_rtcp(text)
    assert isinstance(feedback, TransportFeedback)
    assert feedback.base_sequence == 65530
    arrived = [index for index, delta in enumerate(feedback.deltas) if delta is not None]
    assert arrived == came
    assert pair.load.feedback(0, 1, 7) is None


def test_feedback_on_many_packets_is_told_in_parts(pair: Pair) -> None:
    for begin in range(0, 1200, 100):
        pair.send(*(packet(begin + number, transport=begin + number) for number in range(100)))
    told: list[int] = []
    while (text := pair.load.feedback(0, 1, 7)) is not None:
        assert len(text) < 1400
        (feedback,) = parse_rtcp(text)
        assert isinstance(feedback, TransportFeedback)
        told += range(feedback.base_sequence, feedback.base_sequence + len(feedback.deltas))
    assert told == list(range(1200))


def test_many_packets_go_in_batches(pair: Pair) -> None:
    for begin in range(0, 300, 100):
        pair.send(*(packet(begin + number) for number in range(100)))
    assert missing(pair) == 0


def test_our_own_offers_and_answers_are_understood() -> None:
    identity, credentials = Identity(), make_credentials()
    lines = [SentLine("0", "video", 5, ("l", "h")), SentLine("1", "audio", 6)]
    offer = publishing(lines, credentials, identity.fingerprint, "bench")
    assert transport_id(offer) == 3
    assert "a=simulcast:send l;h" in offer
    plain = [SentLine("0", "video", 5), SentLine("1", "audio", 6)]
    offer = publishing(plain, credentials, identity.fingerprint, "bench")
    answer, taken = taking(offer, credentials, identity.fingerprint)
    assert [(one.kind, one.ssrc) for one in taken] == [("video", 5), ("audio", 6)]
    assert "a=recvonly" in answer


@pytest.mark.parametrize(("starts", "is_key"), [(True, True), (True, False), (False, False)])
def test_the_payload_is_vp8(*, starts: bool, is_key: bool) -> None:
    payload = _vp8(300, starts=starts, is_key=is_key)
    descriptor = parse_descriptor(payload + bytes(10))
    assert descriptor.starts_frame is starts
    assert descriptor.picture_id == 300
    if starts:
        assert (payload[descriptor.size] & 1 == 0) is is_key


def test_every_limited_figure_of_forward_is_measured() -> None:
    def turn(us: float) -> Turn:
        cpu = Cpu(int(us * 1000 * 1000), 1.0, 3.0)
        spans = {rate: Span(cpu, 1.0, 1000, 0, 0, 0.0, []) for rate in RATES}
        return Turn(spans, dict.fromkeys(LIVE_SHOWN, 3) | {"nacks_to_server": 4})

    turns = {
        OURS: [turn(99), turn(4), turn(5), turn(6)],
        JANUS: [turn(1), turn(10), turn(10), turn(10)],
        SHIPPED: [turn(1), turn(20), turn(20), turn(20)],
        BARE: [turn(9), turn(2), turn(2), turn(3)],
    }
    values = {one.name: one.value for one in figures(turns, {OURS: Shares(0.5, 0.2, 0.3)})}
    assert values.keys() >= load_limits(LIMITS_PATH)["forward"].keys()
    assert values["ours_to_janus_800"] == pytest.approx(0.5)
    assert values["bare_to_janus_800"] == pytest.approx(0.2)
    assert values["ours_800"] == pytest.approx(5)
    assert values["ours_800_kernel"] == pytest.approx(25)
    assert values["janus_repaired"] == pytest.approx(75)
    assert values["ours_crypto_share"] == pytest.approx(20)


def test_shares_are_read_from_a_report() -> None:
    text = """# Overhead|Object|Symbol
    50.00%|[kernel.kallsyms]|[k] udp_sendmsg
    20.00%|libcrypto.so.3|[.] aesni_gcm_encrypt
    10.00%|python3.11|[.] _PyEval_EvalFrameDefault
    20.00%|_fanout.so|[.] rewrite
    """
    assert read_report(text) == pytest.approx((0.5, 0.2, 0.3))
    assert read_report("") is None


def test_videoroom_has_feedback_and_no_recording() -> None:
    request = room_request()
    assert request["transport_wide_cc_ext"] is True
    assert request["record"] is False


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="rounds"):
        forward.measure(3)
