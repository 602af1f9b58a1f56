"""Protecting and sending: the only place that writes to the socket."""

from __future__ import annotations

from collections.abc import Iterable

from pylibsrtp import Error as SrtpError

from mixer.forward.drops import Drop, DropCounters
from mixer.forward.interface import DatagramSocket
from mixer.forward.peer import PeerState
from mixer.rtp.rtcp import Rtcp, serialize_rtcp


class Egress:
    """Sends to peers that have keys and an address; a full socket buffer drops the packet."""

    def __init__(self, socket: DatagramSocket, drops: DropCounters) -> None:
        self._sendto = socket.sendto
        self._drops = drops
        self.packets = 0
        self.octets = 0
        self.resent = 0

    def send_rtp(self, peer: PeerState, packet: bytes) -> None:
        """Protect and send one RTP packet."""
        outbound, address = peer.outbound, peer.address
        if outbound is None or address is None:
            return
        try:
            datagram = outbound.protect(packet)
        except ValueError:
            self._drops.add(Drop.TOO_LONG)
            return
        except SrtpError:
            self._drops.add(Drop.PROTECT_FAILED)
            return
        try:
            self._sendto(datagram, address)
        except BlockingIOError:
            self._drops.add(Drop.SEND_BUFFER_FULL)
            return
        except OSError:
            self._drops.add(Drop.SEND_FAILED)
            return
        size = len(datagram)
        self.packets += 1
        self.octets += size
        peer.octets += size

    def send_rtcp(self, peer: PeerState, packets: Iterable[Rtcp]) -> None:
        """Protect and send one compound."""
        if peer.outbound is None or peer.address is None:
            return
        try:
            datagram = peer.outbound.protect_rtcp(serialize_rtcp(packets))
        except ValueError:
            self._drops.add(Drop.TOO_LONG)
            return
        except SrtpError:
            self._drops.add(Drop.PROTECT_FAILED)
            return
        self.send_raw(datagram, peer.address)

    def send_raw(self, datagram: bytes, address: tuple[str, int]) -> None:
        """Send STUN, DTLS or what is protected already."""
        try:
            self._sendto(datagram, address)
        except BlockingIOError:
            self._drops.add(Drop.SEND_BUFFER_FULL)
        except OSError:
            self._drops.add(Drop.SEND_FAILED)
