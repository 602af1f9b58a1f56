"""Damaged packets through a whole fan-out, compiled or reference, one kind at a time."""

from __future__ import annotations

import random
from collections.abc import Callable

from mixer.forward.drops import Drop
from mixer.forward.interface import Address
from mixer.rtp.packet import RtpPacket
from mixer.wire.ids import MediaKind
from tests.fuzz import samples
from tests.fuzz.drive import Case
from tests.fuzz.samples import damaged
from tests.fuzz.targets import Target
from tests.unit.mixer.forward.implementations import MakeFanout
from tests.unit.mixer.forward.layers_rig import (
    LAYERS,
    OUT,
    OUT_SSRC,
    SOUND_OUT,
    SOUND_SSRC,
    SSRCS,
    LayersRig,
    sound_out,
)
from tests.unit.mixer.forward.rig import MS, PUBLISHER, VIEWER, Rig

LOOK_EVERY = 1000
"""Cases after which counters are held against what they may be."""
STEP_NS = 4 * MS
"""Faster, and most of control packets would be a flood."""
VIDEO_NAMES = {1: b"0", 2: b"l"}
HEADERS = [
    RtpPacket(96, 0, 3600, SSRCS[0], samples.VP8[0]).serialize({**VIDEO_NAMES, 5: b"\0\1"}),
    RtpPacket(96, 0, 7200, SSRCS[1], samples.VP8[1]).serialize({1: b"0", 2: b"m", 6: b"\1"}),
    RtpPacket(97, 0, 3600, 1100, b"\0\x05" + samples.VP8[0]).serialize({1: b"0", 3: b"l"}),
    RtpPacket(111, 0, 960, SOUND_SSRC, b"opus").serialize({1: b"1", 4: b"\x9e", 5: b"\0\2"}),
]
"""What `LayersRig` knows, with all extensions it has agreed on."""
Arrival = tuple[bytes, Address]
Shape = Callable[[bytes, int], Arrival]
"""Makes of an input and its number what arrives, and from where."""


def _numbered(text: bytes, number: int) -> bytes:
    """What repeats a number is a duplicate and read no deeper."""
    if number % 20 == 0 or len(text) < 12:
        return text
    return text[:2] + (number & 0xFFFF).to_bytes(2, "big") + text[4:]


def _header(text: bytes, number: int) -> Arrival:
    """Most keep the SSRC of their kind, so that a damaged one takes no stream away for good."""
    text = _numbered(text, number)
    own = {sample[1] & 0x7F: sample[8:12] for sample in HEADERS}
    if number % 4 and len(text) >= 12 and text[1] & 0x7F in own:
        text = text[:8] + own[text[1] & 0x7F] + text[12:]
    return text, PUBLISHER


def _payload(payload_type: int, ssrc: int, names: dict[int, bytes], step: int) -> Shape:
    def shape(text: bytes, number: int) -> Arrival:
        stamp = number // 3 * step & 0xFFFFFFFF
        packet = RtpPacket(payload_type, number & 0xFFFF, stamp, ssrc, text, number % 3 == 0)
        return packet.serialize(names), PUBLISHER

    return shape


def _control(text: bytes, number: int) -> Arrival:
    """Feedback on what is really sent is read deeper."""
    if number % 3 and len(text) >= 12:
        text = text[:8] + OUT_SSRC.to_bytes(4, "big") + text[12:]
    return text, VIEWER if number % 4 else PUBLISHER


SHAPES: dict[str, tuple[list[bytes], Shape, Drop | None]] = {
    "rtp": (HEADERS, _header, Drop.MALFORMED_RTP),
    "rtcp": (samples.RTCP, _control, Drop.MALFORMED_RTCP),
    "twcc": (samples.TWCC, _control, Drop.MALFORMED_RTCP),
    "red": (samples.RED, _payload(63, SOUND_SSRC, {1: b"1"}, 960), Drop.MALFORMED_RTP),
    "vp8": (samples.VP8, _payload(96, SSRCS[0], VIDEO_NAMES, 3600), None),
    "h264": (samples.H264, _payload(98, SSRCS[0], VIDEO_NAMES, 3600), None),
}
"""Of each kind good bytes, how they arrive, and how some of the damaged have to be discarded."""


class _Fed:
    """A publisher of three layers and sound, a viewer of one and of the sound."""

    def __init__(self, make: MakeFanout, kind: str) -> None:
        _, self._shape, self._refusal = SHAPES[kind]
        self._rig = LayersRig(make=make)
        self._rig.fanout.add_out(SOUND_OUT, 2, sound_out(red=True))
        self._rig.fanout.add_local(900, MediaKind.VIDEO, 90_000)
        self._number = 0
        self._sent = 0

    def __call__(self, text: bytes) -> str:
        self._number += 1
        rig = self._rig
        rig.now_ns += STEP_NS
        rig.arrive(*self._shape(text, self._number))
        if self._number % 20 == 0:
            # Feedback has something to be about, and a route something to switch to.
            rig.video(2, key=self._number % 200 == 0)
            if self._refusal:
                rig.fanout.set_route(OUT, LAYERS[self._number // 20 % 3])
            rig.fanout.poll(rig.now_ns)
            self._sent += len(rig.socket.sent)
            rig.socket.sent.clear()
        if self._number % LOOK_EVERY == 0:
            self._look()
        return ""

    def _look(self) -> None:
        assert self._rig.drops(Drop.INTERNAL_ERROR) == 0
        assert self._sent
        self._sent = 0
        assert self._refusal is None or self._rig.drops(self._refusal)


def _of_strangers(make: MakeFanout) -> Case:
    """Raw and protected datagrams, turn by turn, of a publisher and a viewer of one layer."""
    rig = Rig(make=make)
    turn = [0]

    def case(text: bytes) -> str:
        turn[0] += 1
        rig.now_ns += MS
        arrive = rig.arrive_raw if turn[0] % 7 == 0 else rig.arrive
        arrive(_numbered(text, turn[0]), PUBLISHER if turn[0] % 2 else VIEWER)
        if turn[0] % 20 == 0:
            rig.fanout.poll(rig.now_ns)
            rig.socket.sent.clear()
        if turn[0] % LOOK_EVERY == 0:
            assert rig.drops(Drop.INTERNAL_ERROR) == 0
        return ""

    return case


KINDS = ("mixed", *SHAPES)


def forwarding(make: MakeFanout, kind: str) -> Target:
    """One of the fan-outs, and one of `KINDS`."""
    if kind == "mixed":
        found = samples.RTP + samples.RTCP
        return Target(lambda: _of_strangers(make), lambda source: damaged(source, found))
    found, _, _ = SHAPES[kind]

    def make_input(source: random.Random) -> bytes:
        return damaged(source, found)

    return Target(lambda: _Fed(make, kind), make_input)
