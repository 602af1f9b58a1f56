"""Receivers of the load answer sender reports, so that a server learns the round trip."""

import os
import socket
from collections.abc import AsyncIterator

import pytest

pytest.importorskip("bench._load", reason="no compiler here")

from bench.descriptions import PROFILE, TakenLine, one_profile
from bench.load_drive import Drive
from bench.load_reports import SenderReports
from bench.load_takers import Taker, Takers
from mixer.rtp.ntp import middle_of_ntp
from mixer.rtp.rtcp import (
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    parse_rtcp,
    serialize_rtcp,
)
from mixer.transport.srtp import SrtpSessions, make_sessions
from server.simulate.connection import Connection

NTP = 0x0123_4567_89AB_CDEF
AUDIO, VIDEO = 6, 5
LINES = [TakenLine("0", "audio", AUDIO, 0, 0), TakenLine("1", "video", VIDEO, 0, 0)]


class Paired(Connection):
    """A connection whose other end is a socket of ours."""

    def __init__(self) -> None:
        super().__init__(one_profile(), _nothing, _nothing)
        self._socket.close()
        self._socket, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self.far.setblocking(False)
        self._keying = os.urandom(2 * (PROFILE.key_bytes + PROFILE.salt_bytes))
        self.theirs = make_sessions(PROFILE, self._keying, is_server=True)

    def take_over(self) -> tuple[socket.socket, SrtpSessions]:
        return self._socket, make_sessions(PROFILE, self._keying, is_server=False)


class Server:
    """What a receiver is connected to."""

    def __init__(self) -> None:
        self.connection = Paired()
        self.takers = Takers([], 1)
        self.taker: Taker = self.takers.add(self.connection, LINES)

    def report(self, ssrc: int) -> None:
        text = serialize_rtcp(
            [SenderReport(ssrc, NTP, 0, 1, 1), SourceDescription(((ssrc, "server"),))]
        )
        self.connection.far.send(self.connection.theirs.outbound.protect_rtcp(text))
        assert self.takers.drain() == 1

    def answers(self) -> list[tuple[ReportBlock, ...]]:
        """Of reports that came alone."""
        found: list[tuple[ReportBlock, ...]] = []
        while True:
            try:
                datagram = self.connection.far.recv(2048)
            except BlockingIOError:
                return found
            parts = parse_rtcp(self.connection.theirs.inbound.unprotect_rtcp(datagram))
            if len(parts) == 1 and isinstance(parts[0], ReceiverReport):
                found.append(parts[0].reports)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    yield made
    made.takers.close()
    made.connection.far.close()


async def test_a_report_answers_the_last_of_its_stream_alone(server: Server) -> None:
    server.report(VIDEO)
    server.takers.answer_senders(server.taker)
    ((picture, sound),) = server.answers()
    assert (picture.ssrc, sound.ssrc) == (VIDEO, AUDIO)  # Janus reads the first
    assert picture.last_sr == middle_of_ntp(NTP)
    assert sound.last_sr == 0
    assert sound.delay_since_last_sr == 0


async def test_a_receiver_answers_each_second(server: Server) -> None:
    await Drive([], server.takers, ()).run(2.0)
    assert len(server.answers()) == 2


def test_the_delay_is_from_reading_to_answering() -> None:
    reports = SenderReports()
    reports.hear(SenderReport(VIDEO, NTP, 0, 1, 1), 1_000_000_000)
    assert reports.block(VIDEO, 77, 1_250_000_000) == ReportBlock(
        VIDEO, highest_sequence=77, last_sr=middle_of_ntp(NTP), delay_since_last_sr=0x4000
    )


def test_a_stream_without_packets_is_at_none() -> None:
    assert SenderReports().block(VIDEO, -1, 0).highest_sequence == 0


def _nothing(_packet: bytes) -> None:
    """The load reads its sockets itself."""
