"""A browser that publishes three layers and sound, and one that takes them with all that is new."""

from __future__ import annotations

from mixer.forward.interface import Batch, Extensions, InLine, OutLine
from mixer.rtp import payload_type as types
from mixer.rtp.packet import RtpPacket
from mixer.wire.ids import MediaKind
from tests.unit.mixer.forward.implementations import MakeFanout, reference
from tests.unit.mixer.forward.rig import MS, VIEWER, Wire

RIDS = ("l", "m", "h")
LAYERS = (800, 801, 802)
"""In-streams."""
SSRCS = (1000, 1001, 1002)
RTX_SSRCS = (1100, 1101, 1102)
SOUND, SOUND_SSRC = 808, 1200
OUT, OUT_SSRC, OUT_RTX_SSRC = 7, 3000, 3001
SOUND_OUT, SOUND_OUT_SSRC = 8, 3100
IN_IDS = Extensions(
    mid=1, rid=2, repaired_rid=3, audio_level=4, transport_sequence=5, orientation=6
)
OUT_IDS = Extensions(mid=9, audio_level=10, transport_sequence=11, orientation=12)


class LayersRig(Wire):
    """Each layer numbers its packets and pictures on its own."""

    def __init__(self, *, make: MakeFanout = reference, rtx: bool = True) -> None:
        super().__init__(make)
        self.next = [65_000, 30_000, 100]
        self.picture = [120, 32_760, 7]
        self.stamp = [0, 0, 0]
        self.transport = 65_530
        self.fanout.set_in_lines(1, (video_in(), sound_in()))
        for stream, rid in zip(LAYERS, RIDS, strict=True):
            self.fanout.add_in(stream, 1, "0", MediaKind.VIDEO, rid)
        self.fanout.add_in(SOUND, 1, "1", MediaKind.AUDIO)
        self.fanout.add_out(OUT, 2, video_out(rtx=rtx))
        self.fanout.add_out(SOUND_OUT, 2, sound_out())
        self.fanout.set_route(OUT, LAYERS[0])
        self.fanout.set_route(SOUND_OUT, SOUND)

    def publish(self, packet: RtpPacket, elements: dict[int, bytes]) -> Batch:
        self.transport += 1
        number = (self.transport & 0xFFFF).to_bytes(2, "big")
        return self.arrive(packet.serialize({5: number, **elements}))

    def packet(
        self, layer: int, *, key: bool = False, first: bool = True, last: bool = True
    ) -> RtpPacket:
        """The next packet of a layer; `first` begins a picture, 1 ms after the one before."""
        if first:
            self.now_ns += MS
            self.picture[layer] = self.picture[layer] + 1 & 0x7FFF
        number = self.next[layer]
        self.next[layer] += 1
        picture = self.picture[layer]
        descriptor = (0x8000 | picture).to_bytes(2, "big") + bytes((picture & 0xFF, 0x00))
        head = bytes((0x90 if first else 0x80, 0xE0)) + descriptor
        body = b"\x10" if key and first else b"\x11"
        self.stamp[layer] = self.now_ns // MS if first else self.stamp[layer]
        stamp = (self.stamp[layer] * 90 + layer * 1_000_000) & 0xFFFFFFFF
        return RtpPacket(96, number & 0xFFFF, stamp, SSRCS[layer], head + body + b"body", last)

    def video(self, layer: int, *, key: bool = False, named: bool = True) -> Batch:
        """A picture of one packet."""
        elements = {1: b"0", 2: RIDS[layer].encode()} if named else {}
        return self.publish(self.packet(layer, key=key), elements)

    def picture_of_all(self, *, key: bool = False) -> None:
        for layer in range(3):
            self.video(layer, key=key)

    def sound(self, sequence: int, level: int = 30, *, voice: bool = True) -> Batch:
        packet = RtpPacket(111, sequence, sequence * 960, SOUND_SSRC, b"opus")
        return self.publish(packet, {1: b"1", 4: bytes((voice << 7 | level,))})

    def repeat(self, layer: int, original: RtpPacket, *, named: bool = True) -> Batch:
        """The packet once more, as a retransmission."""
        payload = original.sequence.to_bytes(2, "big") + original.payload
        packet = RtpPacket(
            97, 5000 + original.sequence & 0xFFFF, original.timestamp, RTX_SSRCS[layer], payload
        )
        return self.publish(packet, {1: b"0", 3: RIDS[layer].encode()} if named else {})

    def to_viewer(self, ssrc: int = OUT_SSRC) -> list[RtpPacket]:
        """What the viewer got of one stream; the others are forgotten too."""
        return [packet for packet in self.rtp_to(VIEWER) if packet.ssrc == ssrc]


def video_in(rids: tuple[str, ...] = RIDS) -> InLine:
    return InLine(
        "0",
        MediaKind.VIDEO,
        {96: types.VP8, 98: types.H264},
        {97: 96},
        (),
        {},
        nack=True,
        rids=rids,
        extensions=IN_IDS,
        transport_feedback=True,
    )


def sound_in() -> InLine:
    return InLine(
        "1",
        MediaKind.AUDIO,
        {111: types.OPUS, 63: types.RED},
        {},
        (SOUND_SSRC,),
        {},
        nack=False,
        extensions=IN_IDS,
        transport_feedback=True,
    )


def video_out(*, rtx: bool = True) -> OutLine:
    return OutLine(
        MediaKind.VIDEO,
        OUT_SSRC,
        OUT_RTX_SSRC,
        {types.VP8: 120, types.H264: 122},
        {types.VP8: 121} if rtx else {},
        mid="v",
        extensions=OUT_IDS,
        transport_feedback=True,
    )


def sound_out(*, red: bool = False) -> OutLine:
    media = {types.OPUS: 110, types.RED: 62} if red else {types.OPUS: 110}
    return OutLine(
        MediaKind.AUDIO,
        SOUND_OUT_SSRC,
        0,
        media,
        {},
        mid="a",
        extensions=OUT_IDS,
        nack=False,
        transport_feedback=True,
    )


def picture_id(packet: RtpPacket) -> int:
    return int.from_bytes(packet.payload[2:4], "big") & 0x7FFF


def tl0(packet: RtpPacket) -> int:
    return packet.payload[4]
