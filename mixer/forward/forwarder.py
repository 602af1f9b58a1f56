"""Packets of in-streams on their way to taps and out-streams."""

from __future__ import annotations

from typing import Final

from mixer.forward.batch import Batch, InjectedPacket, LayerSwitch, TappedPacket
from mixer.forward.drops import Drop, DropCounters
from mixer.forward.in_stream import InStream
from mixer.forward.ingress import HEADER, note_keyframe
from mixer.forward.media_packet import HEADER_BYTES, MediaPacket, picture_numbers
from mixer.forward.numbering import LATE_NS
from mixer.forward.out_stream import OutStream
from mixer.forward.sender import Sender
from mixer.wire.ids import MediaKind

_CATCH_UP: Final = 256


class Forwarder:
    """Carries each packet to everybody who takes its in-stream."""

    def __init__(self, streams: dict[int, InStream], sender: Sender, drops: DropCounters) -> None:
        self._streams = streams
        self._sender = sender
        self._drops = drops
        self.switches = 0

    def pass_on(
        self, stream: InStream, packet: MediaPacket, arrival_ns: int, now_ns: int, batch: Batch
    ) -> None:
        """Tap and forward one packet; `arrival_ns` is session time, 0 for made here."""
        if stream.tapped:
            batch.tapped.append(
                TappedPacket(
                    stream.stream,
                    packet.life,
                    packet.packet[1] & 0x7F,
                    packet.is_keyframe,
                    packet.sequence,
                    arrival_ns,
                    packet.session_ns,
                    packet.packet,
                    stream.rotation,
                )
            )
        if stream.leaving:
            self.pass_late(stream, packet, now_ns)
        if not stream.routes:
            return
        if stream.kind is MediaKind.VIDEO:
            stream.ring.store(packet, now_ns)
        for out in tuple(stream.routes) if packet.is_keyframe else stream.routes:
            self.offer(stream, out, packet, now_ns, batch)

    def offer(
        self, stream: InStream, out: OutStream, packet: MediaPacket, now_ns: int, batch: Batch
    ) -> None:
        """Send a packet to one receiver, if it takes it."""
        if not out.is_open:
            if out.paused:
                out.drops.add(Drop.PAUSED)
            return
        is_switch = out.stream != stream.stream
        if is_switch:
            if not packet.is_keyframe or not out.has_room:
                return
            if out.is_behind(packet, now_ns):
                stream.gate.want(stream.stream)
                return
            self._go_over(stream, out, now_ns)
        began = not out.flows
        made = out.take(packet, stream.ring, now_ns)
        if made is None:
            return
        self._sender.send(made, now_ns)
        if is_switch or began:
            self._note_switch(out, stream, batch)
            if out.flows:  # else it was late for a run that ended, whose other packets have left
                self._catch_up(stream, out, packet, now_ns)

    def _go_over(self, stream: InStream, out: OutStream, now_ns: int) -> None:
        before = self._streams.get(out.stream) if out.stream is not None else None
        if before is not None:
            if out in before.routes:
                before.routes.remove(out)
            before.leaving.append((out, now_ns + LATE_NS))
        out.stream, out.target = stream.stream, None
        out.interrupt(now_ns)

    def _note_switch(self, out: OutStream, stream: InStream, batch: Batch) -> None:
        if out.shown == stream.stream:
            return
        if out.shown >= 0:
            out.switches += 1
            self.switches += 1
        out.shown = stream.stream
        batch.switches.append(LayerSwitch(out.out, stream.stream))

    def _catch_up(self, stream: InStream, out: OutStream, first: MediaPacket, now_ns: int) -> None:
        """Send what overtook the first packet of a key frame on its way here."""
        if stream.kind is MediaKind.AUDIO:
            return
        end = min(stream.ring.newest, first.sequence + _CATCH_UP)
        for sequence in range(first.sequence + 1, end + 1):
            packet = stream.ring.get(sequence)
            made = out.take(packet, stream.ring, now_ns) if packet is not None else None
            if made is not None:
                self._sender.send(made, now_ns)

    def pass_late(self, stream: InStream, packet: MediaPacket, now_ns: int) -> None:
        """Fill the gaps of receivers that went over to another layer."""
        stream.leaving = [entry for entry in stream.leaving if now_ns < entry[1]]
        for out, _ in stream.leaving:
            if not out.is_open or out.stream == stream.stream:
                continue
            made = out.take_late(packet, now_ns)
            if made is not None:
                stream.ring.store(packet, now_ns)
                self._sender.send(made, now_ns)

    def inject(self, packets: list[InjectedPacket], now_ns: int) -> Batch:
        """See `interface.Fanout`."""
        batch = Batch()
        for injected in packets:
            stream = self._streams.get(injected.stream)
            if stream is None or stream.peer is not None:
                self._drops.add(Drop.UNKNOWN_STREAM)
                continue
            packet = self._accept(stream, injected, now_ns)
            if packet is not None:
                self.pass_on(stream, packet, 0, now_ns, batch)
        return batch

    def _accept(
        self, stream: InStream, injected: InjectedPacket, now_ns: int
    ) -> MediaPacket | None:
        number, is_keyframe, sequence, session_ns, plain = injected
        if len(plain) <= HEADER_BYTES or plain[0] != 0x80:
            stream.drops.add(Drop.MALFORMED_RTP)
            return None
        if not stream.window.is_new(sequence):
            # A number sent twice with other bytes would break the receivers' encryption.
            stream.drops.add(Drop.DUPLICATE)
            return None
        _, second, _, timestamp, _ = HEADER.unpack_from(plain)
        canonical = second & 0x7F
        payload = plain[HEADER_BYTES:]
        begins = note_keyframe(stream, canonical, timestamp, sequence, payload)
        stream.payload_type = canonical
        stream.last_packet_ns = now_ns
        stream.packets += 1
        stream.octets += len(payload)
        return MediaPacket(
            number,
            stream.life,
            sequence,
            timestamp,
            session_ns,
            begins or is_keyframe,
            plain,
            picture_numbers(canonical, payload),
        )
