"""What leaves for a peer, and when: pacing, probing, transport-wide numbers."""

from __future__ import annotations

from typing import Final

from mixer.forward.drops import Drop
from mixer.forward.egress import Egress
from mixer.forward.out_packet import OutPacket
from mixer.forward.out_stream import OutStream
from mixer.forward.peer import PeerState
from mixer.forward.probe import Probe
from mixer.wire.ids import MediaKind

_POLL_NS: Final = 20_000_000
_PACED_NS: Final = 5_000_000


class Sender:
    """Sends at once what may, and the rest by and by."""

    probe_type = Probe

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self.busy: dict[int, PeerState] = {}
        """Peers for whom something waits for `poll`."""
        self.probe_packets = 0
        self.resent = 0

    def send(self, packet: OutPacket, now_ns: int) -> None:
        """Send or queue one packet."""
        out = packet.out
        peer = out.peer
        pacer = peer.pacer
        if out.kind is MediaKind.AUDIO or pacer.may_pass(now_ns):
            self.transmit(peer, packet, now_ns)
        elif pacer.push(packet):
            self.busy[peer.peer] = peer
        else:
            out.drops.add(Drop.PACER_FULL)

    def repeat(self, out: OutStream, sequence: int, now_ns: int) -> None:
        """Answer a NACK for a 16-bit number, if that may be and can be done."""
        packet = out.retransmission(sequence, now_ns, out.peer.spacing_ns)
        if packet is not None:
            self.resend(packet, now_ns)

    def resend(self, packet: OutPacket, now_ns: int) -> None:
        """Send a packet that was asked for again."""
        self.resent += 1
        packet.out.resent += 1
        self.send(packet, now_ns)

    def transmit(self, peer: PeerState, packet: OutPacket, now_ns: int) -> None:
        """Number, protect and send a packet now."""
        plain = packet.plain
        uses_sequence = packet.sequence_at > 0 and not packet.is_repeat
        if uses_sequence:
            at = packet.sequence_at
            plain[at : at + 2] = (peer.sent.next_number & 0xFFFF).to_bytes(2, "big")
        if packet.time_at and not packet.is_repeat:
            # 6.18 fixed point seconds, wrapping each 64 s.
            stamp = (now_ns << 18) // 1_000_000_000 & 0xFFFFFF
            plain[packet.time_at : packet.time_at + 3] = stamp.to_bytes(3, "big")
        packet.out.note_sent(packet, now_ns)
        size = self._egress.send_rtp(peer, bytes(plain), packet.out.drops)
        peer.pacer.account(size or len(plain), now_ns)
        if not size:
            return
        # What the kernel had no room for has its number too, so that it is told as lost.
        if uses_sequence:
            peer.sent.add(now_ns, size, packet.cluster)
        elif packet.is_repeat and packet.sequence_at:
            peer.sent.forget(int.from_bytes(plain[packet.sequence_at : packet.sequence_at + 2]))
        if packet.cluster:
            self.probe_packets += 1
            peer.probe_octets += size

    # --- by and by ------------------------------------------------------------------------------

    def probe(self, peer: PeerState, cluster: int, octets: int, bps: int) -> bool:
        """See `interface.Fanout`."""
        if peer.probe is not None or octets <= 0 or bps <= 0 or padded(peer) is None:
            return False
        peer.probe = self.probe_type(cluster, octets, bps)
        self.busy[peer.peer] = peer
        return True

    def poll(self, now_ns: int) -> None:
        """Send what is due."""
        for peer in tuple(self.busy.values()):
            self.poll_peer(peer, now_ns)

    def poll_peer(self, peer: PeerState, now_ns: int) -> None:
        """Send what is due for one peer of whom something waits."""
        self._release(peer, now_ns)
        if peer.probe is not None:
            self.go_on_probing(peer, peer.probe, now_ns)
        if not len(peer.pacer) and peer.probe is None:
            del self.busy[peer.peer]

    def _release(self, peer: PeerState, now_ns: int) -> None:
        while (packet := peer.pacer.pop(now_ns)) is not None:
            self.transmit(peer, packet, now_ns)

    def note_busy(self, peer: PeerState) -> None:
        """Something waits for a peer."""
        self.busy[peer.peer] = peer

    def go_on_probing(self, peer: PeerState, probe: Probe, now_ns: int) -> None:
        """Send what is due of a probe, and end it."""
        self._pad(peer, probe, now_ns)
        if probe.is_done:
            peer.probe = None
        elif probe.is_hopeless(now_ns):
            peer.drops.add(Drop.PROBE_FORGONE)
            peer.probe = None

    def _pad(self, peer: PeerState, probe: Probe, now_ns: int) -> None:
        """Send the padding that is due, as long as there is a place for it."""
        while probe.is_due(now_ns):
            out = padded(peer)
            packet = out.padding(probe.cluster, now_ns) if out is not None else None
            if packet is None:
                return
            self.transmit(peer, packet, now_ns)
            probe.sent(len(packet.plain))

    def next_due_ns(self, now_ns: int) -> int:
        """See `interface.Fanout`."""
        return now_ns + (_PACED_NS if self.busy else _POLL_NS)

    def forget(self, peer: PeerState) -> None:
        """Drop what waits for a peer whose keys end."""
        count = peer.pacer.clear()
        if count:
            peer.drops.add(Drop.KEYS_REPLACED, count)
        peer.probe = None
        self.busy.pop(peer.peer, None)


def padded(peer: PeerState) -> OutStream | None:
    """The out-stream that can carry padding."""
    for out in peer.outs.values():
        line = out.line
        if out.may_pad and line.transport_feedback and line.extensions.transport_sequence:
            return out
    return None
