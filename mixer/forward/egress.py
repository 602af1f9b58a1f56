"""Protecting and sending: the only place that writes to the socket."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pylibsrtp import Error as SrtpError

from mixer.forward.drops import Drop, DropCounters, DropTally
from mixer.forward.interface import STREAM_HOST, Address, DatagramSocket
from mixer.forward.peer import PeerState
from mixer.rtp.rtcp import Rtcp, serialize_rtcp

_MAX_STREAMED: Final = 4096


class Egress:
    """Sends to peers that have keys and an address; a full socket buffer drops the packet."""

    def __init__(self, socket: DatagramSocket, drops: DropCounters) -> None:
        self._sendto = socket.sendto
        self._drops = drops
        self._streamed: list[tuple[Address, bytes]] = []
        self.packets = 0
        self.octets = 0

    def send_rtp(self, peer: PeerState, packet: bytes, drops: DropTally) -> int:
        """Protect and send one RTP packet; return its size, 0 if it could not be protected.

        Every discard is counted, also that of the kernel, which is a loss like one on the line.
        """
        outbound, address = peer.outbound, peer.address
        if outbound is None or address is None:
            return 0
        try:
            datagram = outbound.protect(packet)
        except ValueError:
            drops.add(Drop.TOO_LONG)
            return 0
        except SrtpError:
            drops.add(Drop.PROTECT_FAILED)
            return 0
        size = len(datagram)
        if not self.send_raw(datagram, address, drops):
            return size
        self.packets += 1
        self.octets += size
        peer.packets_out += 1
        peer.octets_out += size
        return size

    def send_rtcp(self, peer: PeerState, packets: Iterable[Rtcp]) -> None:
        """Protect and send one compound."""
        if peer.outbound is None or peer.address is None:
            return
        try:
            datagram = peer.outbound.protect_rtcp(serialize_rtcp(packets))
        except ValueError:
            peer.drops.add(Drop.TOO_LONG)
            return
        except SrtpError:
            peer.drops.add(Drop.PROTECT_FAILED)
            return
        self.send_raw(datagram, peer.address, peer.drops)

    def send_raw(
        self, datagram: bytes, address: Address, drops: DropTally | DropCounters | None = None
    ) -> bool:
        """Send STUN, DTLS or what is protected already; False: dropped and counted."""
        counted = self._drops if drops is None else drops
        if address[0] == STREAM_HOST:
            if len(self._streamed) >= _MAX_STREAMED:
                counted.add(Drop.STREAM_OUTBOX_FULL)
                return False
            self._streamed.append((address, datagram))
            return True
        try:
            self._sendto(datagram, address)
        except BlockingIOError:
            counted.add(Drop.SEND_BUFFER_FULL)
            return False
        except OSError:
            counted.add(Drop.SEND_FAILED)
            return False
        return True

    def flush(self) -> None:
        """Send what waits; here nothing does."""

    def take_streamed(self) -> list[tuple[Address, bytes]]:
        """See `interface.Fanout`."""
        streamed, self._streamed = self._streamed, []
        return streamed
