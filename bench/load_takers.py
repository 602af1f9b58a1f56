"""The receivers of a load: drained in batches, counted, with feedback and repair live."""

import random
import struct
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from bench._load import Load, send_all
from bench.descriptions import TakenLine, fresh_ssrc
from bench.load_publisher import MAGIC, MARK, Publisher
from bench.load_reports import SenderReports
from mixer.rtp.rtcp import (
    Nack,
    PictureLoss,
    ReceiverReport,
    Remb,
    SenderReport,
    parse_rtcp,
    serialize_rtcp,
)
from mixer.transport.srtp import SrtpSessions
from server.simulate.connection import Connection

SAMPLE_EVERY = 97
REMB_BPS = 100_000_000
_MOST_BLOCKS = 31
_SENDER_REPORT = 200
_OSN = struct.Struct("!H")


class Received(NamedTuple):
    """What one receiver got of one stream since the count began."""

    kind: str
    packets: int
    octets: int
    missing: int
    highest: int


@dataclass(slots=True)
class Taker:
    """One receiving connection."""

    index: int
    connection: Connection
    sessions: SrtpSessions
    lines: tuple[TakenLine, ...]
    fileno: int
    ssrc: int
    nacks_sent: int = 0
    repairs: int = 0
    reports_sent: int = 0
    rtcp_received: int = 0
    heard: SenderReports = field(default_factory=SenderReports)


class Takers:
    """All receivers of a run, read in one call a tick."""

    def __init__(self, publishers: list[Publisher], capacity: int) -> None:
        self._load = Load(SAMPLE_EVERY, capacity)
        self._publishers = {one.index: one for one in publishers}
        self._random = random.Random(1)
        self.takers: list[Taker] = []
        self.delays_ns: list[int] = []
        """From leaving a publisher to the kernel's arrival stamp, of sampled packets."""
        self.opened = self.refused = 0
        """Samples that were decrypted and were what was sent; those that were not."""

    def add(self, connection: Connection, lines: list[TakenLine]) -> Taker:
        """A receiver whose connection is up."""
        socket, sessions = connection.take_over()
        extension = max((line.transport_id for line in lines), default=0)
        index = self._load.add(socket.fileno(), extension)
        for line in lines:
            self._load.expect(index, line.ssrc, line.rtx_ssrc)
        taker = Taker(index, connection, sessions, tuple(lines), socket.fileno(), fresh_ssrc())
        self.takers.append(taker)
        return taker

    def drain(self) -> int:
        """Read all sockets; how many datagrams came."""
        count = self._load.drain()
        for index, datagram in self._load.others:
            self._other(self.takers[index], datagram)
        self._load.others.clear()
        for index, arrival_ns, packet in self._load.samples:
            self._sample(self.takers[index], arrival_ns, packet)
        self._load.samples.clear()
        return count

    def repeated(self) -> int:
        """Repairs that came, in a stream of their own or as plain repeats."""
        return sum(self._load.repeats(one.index) + one.repairs for one in self.takers)

    def restart(self) -> None:
        """Count anew."""
        self._load.restart()
        self.delays_ns.clear()
        self.opened = self.refused = 0

    def received(self, taker: Taker) -> list[Received]:
        """Its media streams."""
        kinds = {line.ssrc: line.kind for line in taker.lines}
        return [
            Received(kinds[ssrc], packets, octets, missing, highest)
            for ssrc, packets, octets, missing, highest, is_repair in self._load.counts(taker.index)
            if not is_repair
        ]

    def report(self, taker: Taker) -> None:
        """Feedback of 100 ms: transport-wide where agreed, else a report and REMB."""
        media = [line for line in taker.lines if line.kind == "video"] or list(taker.lines)
        text = self._load.feedback(taker.index, taker.ssrc, media[0].ssrc)
        if text is None:
            remb = Remb(taker.ssrc, REMB_BPS, tuple(line.ssrc for line in media))
            text = serialize_rtcp([self._reception(taker), remb])
        while text is not None:
            self._send_rtcp(taker, text)
            text = self._load.feedback(taker.index, taker.ssrc, media[0].ssrc)

    def answer_senders(self, taker: Taker) -> None:
        """A receiver report beside the transport-wide ones, as browsers send each second."""
        self._send_rtcp(taker, serialize_rtcp([self._reception(taker)]))

    def ask_again(self, taker: Taker) -> None:
        """A NACK for one recent packet of a video stream, as after a loss."""
        streams = self._load.counts(taker.index)
        flowing = [
            (ssrc, highest)
            for ssrc, packets, _, _, highest, is_repair in streams
            if packets > 64 and not is_repair and self._is_video(taker, ssrc)
        ]
        if flowing:
            ssrc, highest = self._random.choice(flowing)
            lost = (highest - self._random.randrange(2, 20)) & 0xFFFF
            taker.nacks_sent += 1
            self._send_rtcp(taker, serialize_rtcp([Nack(taker.ssrc, ssrc, (lost,))]))

    def ask_pictures(self) -> None:
        """A key frame for every video stream, as a receiver does that begins."""
        for taker in self.takers:
            for line in taker.lines:
                if line.kind == "video":
                    self._send_rtcp(taker, serialize_rtcp([PictureLoss(taker.ssrc, line.ssrc)]))

    def _is_video(self, taker: Taker, ssrc: int) -> bool:
        return any(line.ssrc == ssrc and line.kind == "video" for line in taker.lines)

    def _reception(self, taker: Taker) -> ReceiverReport:
        """Video first: Janus reads one block of a report."""
        now_ns = time.monotonic_ns()
        blocks = [
            (line.kind != "video", taker.heard.block(line.ssrc, one.highest, now_ns))
            for line, one in zip(taker.lines, self.received(taker), strict=True)
        ]
        blocks.sort(key=lambda block: block[0])
        return ReceiverReport(taker.ssrc, tuple(block for _, block in blocks[:_MOST_BLOCKS]))

    def _send_rtcp(self, taker: Taker, text: bytes) -> None:
        taker.reports_sent += send_all(taker.fileno, [taker.sessions.outbound.protect_rtcp(text)])

    def _other(self, taker: Taker, datagram: bytes) -> None:
        if len(datagram) < 12 or datagram[0] < 128:
            taker.connection.received(datagram)
        elif 192 <= datagram[1] <= 223:
            taker.rtcp_received += 1
            if datagram[1] == _SENDER_REPORT:
                self._hear(taker, datagram)
        elif not datagram[0] & 0x20:  # padding repairs nothing, and need not be decrypted
            self._repair(taker, datagram)

    def _hear(self, taker: Taker, datagram: bytes) -> None:
        now_ns = time.monotonic_ns()
        for part in parse_rtcp(taker.sessions.inbound.unprotect_rtcp(datagram)):
            if isinstance(part, SenderReport):
                taker.heard.hear(part, now_ns)

    def _repair(self, taker: Taker, datagram: bytes) -> None:
        """Retransmissions begin with the number they repeat (RFC 4588 section 4)."""
        plain = taker.sessions.inbound.unprotect(datagram)
        at = 12 + 4 * (plain[0] & 15)
        if plain[0] & 0x10:
            at += 4 + 4 * int.from_bytes(plain[at + 2 : at + 4], "big")
        if len(plain) >= at + 2 and not plain[0] & 0x20:
            taker.repairs += 1
            ssrc = int.from_bytes(plain[8:12], "big")
            self._load.repaired(taker.index, ssrc, _OSN.unpack_from(plain, at)[0])

    def _sample(self, taker: Taker, arrival_ns: int, packet: bytes) -> None:
        try:
            plain: bytes = taker.sessions.inbound.unprotect(packet)
        except Exception as error:
            if type(error).__module__ != "pylibsrtp":
                raise
            self.refused += 1
            return
        magic, source, number = MARK.unpack_from(plain, len(plain) - MARK.size)
        publisher = self._publishers.get(source)
        if magic != MAGIC or publisher is None:
            self.refused += 1
            return
        self.opened += 1
        sent_ns = publisher.sent_ns.get(number)
        if sent_ns is not None:
            self.delays_ns.append(arrival_ns - sent_ns)

    def close(self) -> None:
        """Hang up."""
        for taker in self.takers:
            taker.connection.close()
