"""A fan-out, workers that publish, and receivers behind a narrow line, in virtual time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from mixer.forward.allocation import PAUSED
from mixer.forward.interface import Batch, Extensions, InjectedPacket, OutLine
from mixer.forward.transport_log import ArrivalLog
from mixer.media.allocating import Allocating
from mixer.media.streams import publication_of, stream_of
from mixer.rtp import payload_type as types
from mixer.rtp.nack import NackGenerator
from mixer.rtp.packet import Kind, RtpPacket, classify
from mixer.rtp.rtcp import Nack, serialize_rtcp
from mixer.rtp.sequence import SequenceExtender
from mixer.wire.ids import Layer, MediaKind, PeerId, PublicationId, SubscriptionId
from mixer.wire.resources import Priority, Subscription
from tests.harness.line import Impairment, Line
from tests.unit.mixer.forward.implementations import MakeFanout, reference
from tests.unit.mixer.forward.rig import MarkingSrtp, Wire, rtp

MS = 1_000_000
PROGRAMME, SOUND = PublicationId(100), PublicationId(101)
TILES = [PublicationId(200 + number) for number in range(19)]
EXTENSION = 11
OUT_IDS = Extensions(transport_sequence=EXTENSION)
FEEDBACK_MS = 100
BACK_MS = 20
"""Of the way of reports."""
MTU = 1100


class Camera:
    """One layer: 25 pictures a second, a key frame each 2 s and within 500 ms of a request."""

    def __init__(self, stream: int, bps: float, key_octets: int, fps: int = 25) -> None:
        self.stream = stream
        self.key_octets = key_octets
        self.delta_octets = max(100, int((bps / 4 - key_octets) / (2 * fps - 1)))
        self.every_ms = 1000 // fps
        self.wants_key = True
        self._key_ms = -2000
        self._sequence = 0
        self._stamp = 0

    def packets(self, now_ms: int) -> list[InjectedPacket]:
        if now_ms % self.every_ms:
            return []
        since = now_ms - self._key_ms
        is_key = since >= 2000 or (self.wants_key and since >= 500)
        if is_key:
            self._key_ms = now_ms
            self.wants_key = False
        left = self.key_octets if is_key else self.delta_octets
        self._stamp += 90 * self.every_ms
        found: list[InjectedPacket] = []
        while left > 0:
            begins = not found
            body = b"\x10" + (b"\x00" if is_key else b"\x01") if begins else b"\x00\x00"
            payload = body + bytes(min(left, MTU))
            left -= MTU
            packet = rtp(types.VP8, self._sequence, self._stamp, 1, payload)
            if left <= 0:
                packet = packet[:1] + bytes((packet[1] | 0x80,)) + packet[2:]
            found.append(
                InjectedPacket(self.stream, is_key and begins, self._sequence, now_ms * MS, packet)
            )
            self._sequence += 1
        return found


class Microphone:
    """64 kbit/s in 50 packets a second."""

    def __init__(self, stream: int) -> None:
        self.stream = stream
        self._sequence = 0

    def packets(self, now_ms: int) -> list[InjectedPacket]:
        if now_ms % 20:
            return []
        self._sequence += 1
        number = self._sequence
        packet = rtp(types.OPUS, number, number * 960, 1, bytes(160))
        return [InjectedPacket(self.stream, False, number, now_ms * MS, packet)]


@dataclass
class Seen:
    """What a receiver noted."""

    sound: list[tuple[int, int]] = field(default_factory=list)
    """Milliseconds and number of each packet."""
    sent: int = 0
    arrived: int = 0
    octets: int = 0


class Viewer:
    """Reports arrivals each 100 ms, and asks for what is lost of its pictures."""

    def __init__(self, peer: int, down: Line[tuple[int, bytes]]) -> None:
        self.peer = PeerId(peer)
        self.address = (f"192.0.2.{peer}", 5000)
        self.down = down
        self.up: Line[bytes] = Line(Impairment(delay_ms=BACK_MS), peer)
        self.seen = Seen()
        self.subscriptions: list[Subscription] = []
        self.tells = True
        self.clock_ns = 10**15
        """Its clock is another one."""
        self._log = ArrivalLog()
        self._sound_ssrcs: set[int] = set()
        self._asked: dict[int, tuple[SequenceExtender, NackGenerator]] = {}
        self._rtx_to_media: dict[int, int] = {}

    def listens(self, line: OutLine) -> None:
        if line.kind is MediaKind.AUDIO:
            self._sound_ssrcs.add(line.ssrc)
        else:
            self._asked[line.ssrc] = (SequenceExtender(), NackGenerator(reorder_ns=10 * MS))
            self._rtx_to_media[line.rtx_ssrc] = line.ssrc

    def take(self, datagram: bytes, now_ms: int) -> None:
        self.seen.octets += len(datagram)
        plain = datagram.removesuffix(b"protected")
        if classify(plain) is not Kind.RTP:
            return
        self.seen.arrived += 1
        packet = RtpPacket.parse(plain)
        elements = packet.extensions
        self._log.add(int.from_bytes(elements[EXTENSION], "big"), now_ms * MS + self.clock_ns)
        if packet.ssrc in self._sound_ssrcs:
            self.seen.sound.append((now_ms, packet.sequence))
            return
        sequence, ssrc = packet.sequence, packet.ssrc
        if ssrc in self._rtx_to_media:
            if packet.padding_only:
                return
            sequence, ssrc = int.from_bytes(packet.payload[:2], "big"), self._rtx_to_media[ssrc]
        extender, nack = self._asked[ssrc]
        nack.add(extender.extend(sequence), now_ms * MS)

    def tell(self, now_ms: int) -> None:
        if now_ms % 20 == 0:
            for ssrc, (_, nack) in self._asked.items():
                lost = nack.poll(now_ms * MS, 100 * MS)
                if lost:
                    asked = serialize_rtcp((Nack(1, ssrc, tuple(n & 0xFFFF for n in lost)),))
                    self.up.push(asked, len(asked), now_ms * MS)
        if now_ms % FEEDBACK_MS == 0:
            for report in self._log.reports(1, 2):
                datagram = serialize_rtcp((report,))
                if self.tells:
                    self.up.push(datagram, len(datagram), now_ms * MS)


class World:
    """Implements `Receivers`. Run it second by second."""

    def __init__(
        self, publications: Mapping[PublicationId, Sequence[float]], make: MakeFanout = reference
    ) -> None:
        """Rates of the layers of each publication; sound apart."""
        self.wire = Wire(make)
        self.fanout = self.wire.fanout
        self.wire.now_ns = 0
        self.layers = {**{key: len(rates) for key, rates in publications.items()}, SOUND: 1}
        self.cameras: dict[int, Camera] = {}
        for publication, rates in publications.items():
            for layer, bps in enumerate(rates):
                stream = stream_of(publication, layer)
                self.fanout.add_local(stream, MediaKind.VIDEO, types.VIDEO_CLOCK_RATE)
                self.cameras[stream] = Camera(stream, bps, int(bps / 8 * 0.24))
        self.microphone = Microphone(stream_of(SOUND, 0))
        self.fanout.add_local(self.microphone.stream, MediaKind.AUDIO, types.AUDIO_CLOCK_RATE)
        self.viewers: list[Viewer] = []
        self.lines: list[Line[tuple[int, bytes]]] = []
        self.allocating = Allocating(self.fanout, self)
        self.given: dict[int, int] = {}
        self.changes: list[tuple[int, int, int]] = []
        """Milliseconds, subscription, layer."""
        self.now_ms = 0
        self.ending_ms = 0
        self.is_silent = False
        """Nobody publishes anything."""
        self._poll_due_ns = 0
        self.extra: list[tuple[Line[tuple[int, bytes]], int]] = []
        """Lines that other flows fill, with their bits per second."""

    # --- building -------------------------------------------------------------------------------

    def line(self, impairment: Impairment, seed: int = 1) -> Line[tuple[int, bytes]]:
        self.lines.append(Line(impairment, seed))
        return self.lines[-1]

    def viewer(
        self,
        line: Line[tuple[int, bytes]],
        takes: Sequence[tuple[PublicationId, int, Priority]],
    ) -> Viewer:
        """A receiver that takes publications up to a layer."""
        peer = 10 + len(self.viewers)
        viewer = Viewer(peer, line)
        self.viewers.append(viewer)
        self.fanout.add_peer(peer, f"cname{peer}")
        self.fanout.set_keys(peer, MarkingSrtp(), MarkingSrtp())
        self.fanout.set_address(peer, viewer.address, send_to=True)
        for publication, layer, priority in takes:
            kind = MediaKind.AUDIO if publication == SOUND else MediaKind.VIDEO
            number = peer * 1000 + publication
            viewer.subscriptions.append(
                Subscription(
                    id=SubscriptionId(number),
                    peer=viewer.peer,
                    publication=publication,
                    kind=kind,
                    layer=Layer(layer),
                    priority=priority,
                )
            )
            out = _out_line(kind, number * 10)
            viewer.listens(out)
            self.fanout.add_out(number, peer, out)
            self.fanout.set_route(number, stream_of(publication, 0))
        return viewer

    # --- see `Receivers` ------------------------------------------------------------------------

    def receivers(self) -> dict[PeerId, Sequence[Subscription]]:
        return {viewer.peer: tuple(viewer.subscriptions) for viewer in self.viewers}

    def measures(self, _peer: PeerId) -> bool:
        return True

    def layers_of(self, publication: PublicationId) -> int:
        return self.layers[publication]

    def give(self, subscription: SubscriptionId, layer: int) -> None:
        if self.given.get(subscription) == layer:
            return
        self.given[subscription] = layer
        self.changes.append((self.now_ms, subscription, layer))
        self.fanout.set_paused(subscription, paused=layer < 0)
        if layer >= 0:
            stream = stream_of(PublicationId(subscription % 1000), layer)
            self.fanout.set_route(subscription, stream)
            self._take(self.fanout.request_keyframe(stream, self.now_ms * MS))

    # --- time -----------------------------------------------------------------------------------

    def run(self, seconds: float) -> None:
        self.ending_ms += int(seconds * 1000)
        while self.now_ms < self.ending_ms:
            self._step()
            self.now_ms += 1

    def _take(self, batch: Batch) -> None:
        for stream in batch.keyframes_wanted:
            self.cameras[stream].wants_key = True
        self.allocating.take(batch)

    def _step(self) -> None:
        now_ms, now_ns = self.now_ms, self.now_ms * MS
        self.wire.now_ns = now_ns
        if now_ms % 20 == 0:
            self.allocating.tick(now_ns)
        packets = self.microphone.packets(now_ms)
        for camera in self.cameras.values():
            packets += camera.packets(now_ms)
        if packets and not self.is_silent:
            self._take(self.fanout.inject(packets, now_ns))
        if now_ns >= self._poll_due_ns or (now_ms % 5 == 0):
            self._take(self.fanout.poll(now_ns))
            self._poll_due_ns = self.fanout.next_due_ns(now_ns)
        self._carry(now_ms, now_ns)

    def _carry(self, now_ms: int, now_ns: int) -> None:
        by_address = {viewer.address: viewer for viewer in self.viewers}
        for datagram, address in self.wire.socket.sent:
            viewer = by_address[address]
            viewer.seen.sent += 1
            viewer.down.push((viewer.peer, datagram), len(datagram), now_ns)
        self.wire.socket.sent.clear()
        if now_ms % 10 == 0:
            for line, bps in self.extra:
                line.push((0, b""), bps // 800 - 28, now_ns)
        by_peer = {viewer.peer: viewer for viewer in self.viewers}
        for line in self.lines:
            for peer, datagram in line.pop(now_ns):
                if peer:
                    by_peer[PeerId(peer)].take(datagram, now_ms)
        for viewer in self.viewers:
            viewer.tell(now_ms)
            for datagram in viewer.up.pop(now_ns):
                self._take(self.wire.arrive(datagram, viewer.address))

    # --- looking --------------------------------------------------------------------------------

    def layer(self, viewer: Viewer, publication: PublicationId) -> int:
        """What a receiver is really sent: the current layer, -1 for none."""
        number = viewer.peer * 1000 + publication
        (figures,) = [one for one in self.fanout.out_figures() if one.out == number]
        if figures.paused or figures.current < 0:
            return PAUSED
        return publication_of(figures.current)[1]

    def estimate_bps(self, viewer: Viewer) -> float:
        return self.allocating.estimate_bps(viewer.peer)

    def pictures(self, viewer: Viewer) -> set[PublicationId]:
        """Publications that a receiver is sent pictures of."""
        return {
            held.publication
            for held in viewer.subscriptions
            if held.kind is MediaKind.VIDEO and self.layer(viewer, held.publication) >= 0
        }


def sound_of(viewer: Viewer, from_ms: int, to_ms: int) -> tuple[int, int]:
    """Packets of sound that did not come, and the longest silence in ms, between two times."""
    found = [one for one in viewer.seen.sound if from_ms <= one[0] < to_ms]
    numbers = {number for _, number in found}
    times = sorted(at for at, _ in found)
    missing = max(numbers) - min(numbers) + 1 - len(numbers)
    return missing, max(after - before for before, after in pairwise(times))


def _out_line(kind: MediaKind, ssrc: int) -> OutLine:
    if kind is MediaKind.AUDIO:
        return OutLine(
            kind,
            ssrc,
            0,
            {types.OPUS: 110},
            {},
            extensions=OUT_IDS,
            nack=False,
            transport_feedback=True,
        )
    return OutLine(
        kind,
        ssrc,
        ssrc + 1,
        {types.VP8: 120},
        {types.VP8: 121},
        extensions=OUT_IDS,
        transport_feedback=True,
    )
