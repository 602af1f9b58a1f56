# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The compiled fan-out: the packets that pass without the interpreter.

Its classes hold in C what every packet touches and inherit the rest from the reference, so that
whatever is unusual is done by the very same Python code on the same state. One idea a file:

_tally, _ring, _clock, _streams, _outs, _peers, _arrivals, _pacer, _probe, _due: state; _srtp: libsrtp by pointer;
_parse: RTP;
_waiting: when; _addresses, _engine, _control: in; _carrier: across; _outbox: out; _told, _line, _estimate: what a
report tells, and what it means for a peer's line; _again, _reports: what leaves beside what comes.
"""

from cython cimport freelist
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc cimport errno
from libc.math cimport pow
from libc.stdint cimport int16_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memcpy, memmove, memset

from mixer.forward._kernel cimport (
    AF_INET,
    AF_INET6,
    CMSG_DATA,
    CMSG_FIRSTHDR,
    CMSG_LEN,
    CMSG_SPACE,
    CLOCK_MONOTONIC,
    MSG_DONTWAIT,
    POLLIN,
    SOL_UDP,
    UDP_SEGMENT,
    clock_gettime,
    cmsghdr,
    htons,
    inet_ntop,
    inet_pton,
    iovec,
    mmsghdr,
    msghdr,
    ntohs,
    pollfd,
    ppoll,
    recvmmsg,
    scaled,
    sendmmsg,
    sockaddr_in,
    sockaddr_in6,
    socklen_t,
    timespec,
)

from os import urandom

import structlog
from pylibsrtp import Error as SrtpError
from pylibsrtp import Session

from mixer.forward import pacer as pacing
from mixer.forward import probe as probes
from mixer.forward import reports
from mixer.forward import schedule as schedules
from mixer.forward import turns as turning
from mixer.forward.batch import NOTHING, Batch, ReceptionReport, TappedPacket
from mixer.forward.binding import Refused
from mixer.forward.drops import Drop
from mixer.forward.estimate import acknowledged, bursts, measured, overuse
from mixer.forward.estimate import loss as losses
from mixer.forward.estimate import rate as rates
from mixer.forward.estimate import trend as trends
from mixer.forward.extension_writer import ExtensionBlock
from mixer.forward.in_stream import REORDER_NS, InStream
from mixer.forward.ingress import elements_of
from mixer.forward.lines import STREAM_HOST
from mixer.forward.media_packet import MediaPacket, PictureNumbers
from mixer.forward.numbering import Numbering
from mixer.forward.out_packet import OutPacket
from mixer.forward.out_stream import OutStream
from mixer.forward.pacer import Pacer
from mixer.forward.peer import DEFAULT_RTT_NS, PeerState
from mixer.forward.readings import AudioLevel, OutFlow, StreamFlow
from mixer.forward.schedule import Due
from mixer.forward.transport_log import ArrivalLog
from mixer.rtp import clock as clocks
from mixer.rtp import payload_type, twcc
from mixer.rtp.clock import ClockStream, SessionClock
from mixer.rtp.nack import NackGenerator
from mixer.rtp.ntp import UNIX_TO_NTP_NS, middle_of_ntp
from mixer.rtp.rtcp import ReportBlock, serialize_rtcp
from mixer.wire.ids import MediaKind

cdef extern from "Python.h":
    Py_ssize_t PyList_GET_SIZE(PyObject *) noexcept nogil

cdef extern from *:
    """
    #ifndef LIANXIAN_SOURCES
    #define LIANXIAN_SOURCES ""
    #endif
    """
    const char *LIANXIAN_SOURCES

SOURCES = LIANXIAN_SOURCES.decode()
"""Of which sources this was built; see `stamp`."""

log = structlog.get_logger("mixer.forward.compiled")
AUDIO = MediaKind.AUDIO
cdef int64_t SECOND_NS = 1_000_000_000
cdef int64_t TO_NTP_NS = UNIX_TO_NTP_NS
cdef int64_t REFERENCE_NS = twcc.REFERENCE_NS
cdef int64_t TICK_NS = twcc.TICK_NS
cdef int64_t DEPTH_NS = pacing.DEPTH_NS
cdef int64_t FULL_WAIT_NS = pacing.FULL_NS
cdef int64_t DEBT_NS = pacing.MAX_DEBT_NS
cdef int FULL = pacing.FULL_PACKETS
cdef int BRIMMING = pacing.BRIMMING_PACKETS
cdef int64_t USUAL_RTT_NS = DEFAULT_RTT_NS
cdef int64_t RECEIVER_INTERVAL_NS = reports.RECEIVER_INTERVAL_NS
cdef int64_t FEEDBACK_INTERVAL_NS = reports.FEEDBACK_INTERVAL_NS
cdef int64_t SENDER_INTERVAL_NS = reports.SENDER_INTERVAL_NS
cdef int64_t FIRST_REPORT_NS = reports.FIRST_REPORT_NS
cdef int64_t STREAMS_NS = schedules.STREAMS_NS
cdef int64_t REPORTS_NS = schedules.REPORTS_NS
cdef int64_t AWAITED_NS = schedules.AWAITED_NS
cdef int VP8 = payload_type.VP8
cdef int H264 = payload_type.H264
cdef int RED = payload_type.RED
cdef enum:
    MOST_EXTENSION = 40

include "_tally.pxi"
include "_told.pxi"
include "_line.pxi"
include "_estimate.pxi"
include "_ring.pxi"
include "_srtp.pxi"
include "_addresses.pxi"

cdef class OutCore
cdef class PeerCore

include "_clock.pxi"
include "_streams.pxi"
include "_outs.pxi"
include "_arrivals.pxi"
include "_pacer.pxi"
include "_probe.pxi"
include "_peers.pxi"
include "_parse.pxi"
include "_outbox.pxi"
include "_carrier.pxi"
include "_again.pxi"
include "_control.pxi"
include "_reports.pxi"
include "_due.pxi"
include "_engine.pxi"
include "_waiting.pxi"


def rewrite_header(bytearray packet, int sequence, unsigned int timestamp, unsigned int ssrc) -> None:
    """Write sequence number, timestamp and SSRC into an RTP packet in place.

    `sequence` is taken modulo 2**16. Raises ValueError when the packet is shorter than the
    fixed header of 12 bytes, OverflowError when a value does not fit its C type.
    """
    if len(packet) < HEADER_BYTES:
        raise ValueError("RTP packet shorter than its fixed header")
    cdef unsigned char[::1] field = packet
    write16(&field[2], sequence)
    write32(&field[4], timestamp)
    write32(&field[8], ssrc)
