"""Switches between truly encoded layers under loss: what a receiver decodes stays whole."""

from __future__ import annotations

import dataclasses
import itertools
import random

import pytest

from mixer.forward.batch import Batch
from mixer.forward.interface import Address
from mixer.rtp import payload_type as types
from mixer.rtp.vp8_descriptor import parse_descriptor
from tests.harness.line import Impairment, Line
from tests.sim.decoding_viewer import MS, WAIT_NS, DecodingViewer
from tests.sim.layered_camera import FRAMES_PER_SECOND, LayeredCamera
from tests.unit.mixer.forward.implementations import IMPLEMENTATIONS
from tests.unit.mixer.forward.layers_rig import LAYERS, OUT, LayersRig, video_in, video_out
from tests.unit.mixer.forward.rig import PUBLISHER, VIEWER

FRAME_MS = 1000 // FRAMES_PER_SECOND
LINE = Impairment(loss=0.03, delay_ms=20, jitter_ms=8, reorder=0.02, duplicate=0.01)
KEYFRAME_WAIT_MS = 500 + 2 * 2 * 28 + 2 * FRAME_MS + 400
"""The throttle, two round trips, two pictures, and what the viewer waits for a lost packet."""
REPAIR_TICKS = WAIT_NS // MS * 90
_NEVER_NS = 1 << 62


class SwitchingCall:
    """Publisher, fan-out and viewer, four bad lines, and a target that moves by chance."""

    def __init__(self, make: str, codec: int, seed: int, switches: int) -> None:
        self._chance = random.Random(seed)
        lines = [Line[bytes](LINE, seed * 4 + number) for number in range(4)]
        self.up, self.up_back, self.down, self.down_back = lines
        self.rig = LayersRig(make=IMPLEMENTATIONS[make])
        line = video_in()
        self.rig.fanout.set_in_lines(1, (dataclasses.replace(line, rtx={97: 96, 99: 98}),))
        out = video_out()
        rtx = {types.VP8: 121, types.H264: 123}
        self.rig.fanout.add_out(OUT, 2, dataclasses.replace(out, rtx=rtx))
        self.camera, self.viewer = LayeredCamera(codec), DecodingViewer(codec)
        self.target = 0
        self.switched: list[tuple[int, int]] = []
        """Time (ns) and layer."""
        self.waits_ms: list[float] = []
        """From the wish to the switch."""
        self._wished_ns = self._begin_ns = self.rig.now_ns
        self._next_wish_ns = self._begin_ns + 1000 * MS
        self._run(switches)

    def _run(self, switches: int) -> None:
        for now_ms in itertools.count():
            # The first is what the stream begins with.
            if len(self.switched) > switches:
                break
            assert now_ms < 5000 + 2500 * switches, f"only {len(self.switched)} switches"
            self._step(now_ms)
        self._next_wish_ns = _NEVER_NS
        for more in range(1000):
            self._step(now_ms + more)

    def _step(self, now_ms: int) -> None:
        now_ns = self.rig.now_ns = self._begin_ns + now_ms * MS
        if now_ms % FRAME_MS == 0:
            self._push(self.up, self.camera.take_picture())
        for line, address in ((self.up, PUBLISHER), (self.down_back, VIEWER)):
            self._arrive(line, address)
        if now_ms % 5 == 0:
            self._note(self.rig.fanout.poll(now_ns))
        if now_ms % 20 == 0:
            self._push(self.down_back, self.viewer.ask(now_ns))
        for address, line in ((PUBLISHER, self.up_back), (VIEWER, self.down)):
            for is_rtcp in (False, True):
                self._push(line, self.rig._taken(address, is_rtcp=is_rtcp))
        for control in self.up_back.pop(now_ns):
            self._push(self.up, self.camera.react(control))
        for datagram in self.down.pop(now_ns):
            self.viewer.take(datagram, now_ns)
        if self.switched and now_ns >= self._next_wish_ns:
            self._wish()

    def _push(self, line: Line[bytes], datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            line.push(datagram, len(datagram), self.rig.now_ns)

    def _arrive(self, line: Line[bytes], address: Address) -> None:
        for datagram in line.pop(self.rig.now_ns):
            self._note(self.rig.arrive(datagram, address))

    def _wish(self) -> None:
        """Another layer, as the allocator or a page would: target, then ask for a key frame."""
        self.target = self._chance.choice([n for n in range(3) if n != self.target])
        self._wished_ns = self.rig.now_ns
        self._next_wish_ns = _NEVER_NS
        self.rig.fanout.set_route(OUT, LAYERS[self.target])
        self._note(self.rig.fanout.request_keyframe(LAYERS[self.target], self.rig.now_ns))

    def _note(self, batch: Batch) -> None:
        for switch in batch.switches:
            layer = LAYERS.index(switch.stream)
            assert layer == self.target
            self.switched.append((self.rig.now_ns, layer))
            self.waits_ms.append((self.rig.now_ns - self._wished_ns) / MS)
            self._next_wish_ns = self.rig.now_ns + self._chance.randrange(50, 600) * MS


def check_pictures(call: SwitchingCall) -> None:
    """Each picture shown is, to the last bit, the one a perfect receiver of its layer shows."""
    known = call.camera.pictures
    assert {shown.unit for shown in call.viewer.shown} <= known.keys()
    wrong = [shown for shown in call.viewer.shown if known[shown.unit][1] != shown.picture]
    assert [(known[shown.unit][0], shown.at_ns) for shown in wrong] == []
    layers = [known[shown.unit][0] for shown in call.viewer.shown]
    changes = [layer for layer, _ in itertools.groupby(layers)]
    # A stay that ended before its first key frame was repaired shows nothing.
    stays = iter(layer for _, layer in call.switched)
    assert all(layer in stays for layer in changes)
    assert len(changes) >= 0.95 * len(call.switched)


def check_freezes(call: SwitchingCall) -> None:
    shown = call.viewer.shown
    gaps = [(b.at_ns - a.at_ns) / MS for a, b in itertools.pairwise(shown)]
    assert max(gaps) <= KEYFRAME_WAIT_MS, sorted(gaps)[-5:]
    # Switching itself holds nothing up: the old layer goes on until the new one's key frame.
    assert sum(gap > 4 * FRAME_MS for gap in gaps) <= len(call.switched) / 4
    assert len(shown) >= 0.9 * call.camera.frames
    assert call.viewer.skipped <= 0.1 * call.camera.frames


def check_numbers(call: SwitchingCall, codec: int) -> None:
    """One stream: sequence numbers, timestamps, picture ids and TL0PICIDX go on."""
    packets = call.viewer.packets
    numbers = sorted(packets)
    newest = packets[numbers[-1]].timestamp
    # What was lost last may still be on its way.
    settled = [n for n in numbers if (newest - packets[n].timestamp) & 0xFFFFFFFF >= REPAIR_TICKS]
    missing = settled[-1] - settled[0] + 1 - len(settled)
    assert missing <= 0.002 * len(settled)
    cut_short = 0
    for before, after in itertools.pairwise(numbers):
        if after != before + 1:
            continue
        one, two = packets[before], packets[after]
        elapsed = (two.timestamp - one.timestamp) & 0xFFFFFFFF
        assert elapsed < 90_000
        ends = elapsed > 0
        cut_short += ends and not one.marker
        assert ends or not one.marker
        if codec == types.VP8:
            old, new = parse_descriptor(one.payload), parse_descriptor(two.payload)
            assert old.picture_id is not None
            assert old.tl0_picture_index is not None
            assert new.picture_id == (old.picture_id + ends) & 0x7FFF
            assert new.tl0_picture_index == (old.tl0_picture_index + ends) & 0xFF
    assert call.viewer.cut_short <= cut_short <= len(call.switched) / 8


def check(implementation: str, codec: int, seed: int, switches: int) -> None:
    call = SwitchingCall(implementation, codec, seed, switches)
    check_pictures(call)
    check_freezes(call)
    check_numbers(call, codec)
    assert len(call.switched) == switches + 1
    # Where a request for a key frame is lost, the next comes a throttle's interval later.
    waits = sorted(call.waits_ms)
    assert waits[len(waits) * 9 // 10] <= KEYFRAME_WAIT_MS
    assert waits[-1] <= KEYFRAME_WAIT_MS + 1000


@pytest.mark.parametrize("implementation", sorted(IMPLEMENTATIONS))
@pytest.mark.parametrize("codec", [types.VP8, types.H264], ids=["vp8", "h264"])
def test_twenty_switches_under_loss(implementation: str, codec: int) -> None:
    check(implementation, codec, 1, 20)


@pytest.mark.soak
@pytest.mark.parametrize("implementation", sorted(IMPLEMENTATIONS))
@pytest.mark.parametrize("codec", [types.VP8, types.H264], ids=["vp8", "h264"])
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_two_hundred_switches_under_loss(implementation: str, codec: int, seed: int) -> None:
    check(implementation, codec, seed, 200)
