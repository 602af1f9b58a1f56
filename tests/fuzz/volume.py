"""Damaged packets in volume through a fan-out: `python -m tests.fuzz.volume`, a process of its own.

A crash or a hang then ends that process, and what it was told repeats it. It prints an `Outcome`.
"""

from __future__ import annotations

import argparse
import dataclasses
import faulthandler
import gc
import importlib
import json
import socket as sockets
import sys
import time
from dataclasses import dataclass, field
from typing import Any, cast

from pylibsrtp import Policy, Session

from mixer.forward.interface import Address, Batch, DatagramSocket
from mixer.rtp.packet import RtpPacket
from mixer.wire.ids import MediaKind
from tests.fuzz import samples
from tests.fuzz._storm import AS_IT_IS, CONTROL, HEADER, PAYLOAD, Marks, Storm
from tests.fuzz.drive import WARM_SHARE, resident_bytes
from tests.fuzz.fanout import HEADERS, STEP_NS, VIDEO_NAMES
from tests.unit.mixer.forward.implementations import IMPLEMENTATIONS, MakeFanout
from tests.unit.mixer.forward.layers_rig import (
    LAYERS,
    OUT,
    OUT_SSRC,
    SOUND_OUT,
    SOUND_SSRC,
    SSRCS,
    LayersRig,
    sound_out,
    video_in,
)
from tests.unit.mixer.forward.rig import PUBLISHER, VIEWER, video_line

HANG_S = 60
ROUND = 16
"""Cases between two looks of the fan-out at its clock."""
OWN_SSRCS = {one[1] & 0x7F: int.from_bytes(one[8:12], "big") for one in HEADERS}
GOOD: Address = ("192.0.2.3", 3000)
BYSTANDER: Address = ("192.0.2.4", 4000)
"""A publisher and a viewer who do nothing wrong, in the midst of all that."""
GOOD_STREAM, GOOD_OUT, GOOD_SSRC = 960, 9, 500
ROOM_BYTES = 4 << 20
"""Of the sockets of a run over the wire."""


@dataclass(slots=True)
class Outcome:
    """What a run found; `forwarded` is a digest of all that left."""

    cases: int = 0
    sent: int = 0
    forwarded: str = ""
    drops: dict[str, int] = field(default_factory=dict)
    grown_bytes: int = 0
    seconds: float = 0.0
    good: int = 0
    """Pictures of a publisher who does nothing wrong."""
    passed: int = 0
    """Those that his viewer got."""


def _head(payload_type: int, ssrc: int, names: dict[int, bytes]) -> bytes:
    return RtpPacket(payload_type, 0, 0, ssrc, b"").serialize(names)


def make_storm(kind: str, seed: int) -> Storm:
    """Cases of one of `KINDS`, between the publisher and the viewer of a `LayersRig`."""
    found, options = _KINDS[kind]
    return Storm(found, seed, PUBLISHER, VIEWER, BYSTANDER, **options)


_KINDS: dict[str, tuple[list[bytes], dict[str, Any]]] = {
    "mixed": (samples.RTP + samples.RTCP + samples.checks(), {"shape": AS_IT_IS}),
    "rtp": (HEADERS, {"shape": HEADER, "ssrcs": OWN_SSRCS}),
    "rtcp": (samples.RTCP, {"shape": CONTROL, "subject": OUT_SSRC}),
    "twcc": (samples.TWCC, {"shape": CONTROL, "subject": OUT_SSRC}),
    "red": (
        samples.RED,
        {"shape": PAYLOAD, "head": _head(63, SOUND_SSRC, {1: b"1"}), "step": 960},
    ),
    "vp8": (
        samples.VP8,
        {"shape": PAYLOAD, "head": _head(96, SSRCS[0], VIDEO_NAMES), "step": 3600},
    ),
    "h264": (
        samples.H264,
        {"shape": PAYLOAD, "head": _head(98, SSRCS[0], VIDEO_NAMES), "step": 3600},
    ),
    "wire": (samples.RTP + samples.RTCP + HEADERS, {"shape": HEADER, "ssrcs": OWN_SSRCS}),
}
KINDS = tuple(_KINDS)
"""`wire`: all RTP and RTCP over real sockets, encrypted and then damaged now and then."""


class StormyRig(LayersRig):
    """A `LayersRig` on a socket, and with SRTP, of compiled code; and the two bystanders."""

    def __init__(self, make: MakeFanout, storm: Storm) -> None:
        super().__init__(make=lambda _: make(cast(DatagramSocket, storm)))
        self.storm = storm
        cast(Any, self).socket = storm
        self.good = 0
        self.fanout.add_out(SOUND_OUT, 2, sound_out(red=True))
        self.fanout.add_local(900, MediaKind.VIDEO, 90_000)
        for peer, address in ((3, GOOD), (4, BYSTANDER)):
            self.fanout.add_peer(peer, f"cname{peer}")
            self.fanout.set_address(peer, address, send_to=True)
        for peer in range(1, 5):
            self.fanout.set_keys(peer, Marks(), Marks())
        self.fanout.set_in_lines(3, (video_in(()),))
        self.fanout.add_in(GOOD_STREAM, 3, "0", MediaKind.VIDEO)
        self.fanout.add_out(GOOD_OUT, 4, video_line(ssrc=GOOD_SSRC))
        self.fanout.set_route(GOOD_OUT, GOOD_STREAM)

    def take(self, cases: int) -> None:
        """So many cases in one call, a moment later."""
        self.storm.left = cases
        self.now_ns += STEP_NS * cases
        self.fanout.drain(self.now_ns, cases)

    def live(self, number: int) -> None:
        """Feedback has something to be about, and a route something to switch to."""
        self.video(2, key=number % 10 == 0)
        self.fanout.set_route(OUT, LAYERS[number % 3])
        self.publish_well()
        self.fanout.poll(self.now_ns)

    def publish_well(self) -> None:
        """A key frame of the good publisher."""
        self.arrive(self.next_good(), GOOD)

    def next_good(self) -> bytes:
        """Its next packet, not protected."""
        self.good += 1
        stamp = self.now_ns * 9 // 100_000 & 0xFFFFFFFF
        number = self.good & 0xFFFF
        return RtpPacket(96, number, stamp, GOOD_SSRC, samples.VP8[2], True).serialize({1: b"0"})

    def passed(self) -> int:
        """How many of them their viewer got."""
        return self.storm.passed

    def close(self) -> None:
        """Nothing is open."""


class WiredRig(StormyRig):
    """All of it on UDP sockets of loopback, encrypted."""

    def __init__(self, make: MakeFanout, storm: Storm) -> None:
        self._ours, *self._ends = (_bound() for _ in range(5))
        super().__init__(lambda _: make(self._ours), storm)
        for peer, end in enumerate(self._ends, start=1):
            end.connect(self._ours.getsockname())
            keys = _session(Policy.SSRC_ANY_INBOUND), _session(Policy.SSRC_ANY_OUTBOUND)
            self.fanout.set_keys(peer, *keys)
            self.fanout.set_address(peer, cast(Address, end.getsockname()), send_to=True)
        # What is damaged may use up the numbers of any stream, so that has a session of its own.
        self._theirs = [_session(Policy.SSRC_ANY_OUTBOUND) for _ in range(2)]
        self._storms = _session(Policy.SSRC_ANY_OUTBOUND)
        self._pointers = _pointers(self._storms)
        self._passed = 0

    def take(self, cases: int) -> None:
        """So many cases by the kernel in one call, a moment later."""
        publisher = self._ends[0]
        came = self.storm.over_wire(publisher.fileno(), *self._pointers, cases)
        assert came == cases
        self.now_ns += STEP_NS * cases
        self.fanout.drain(self.now_ns, cases)

    def arrive(self, datagram: bytes, address: Address = PUBLISHER) -> Batch:
        """See `Wire`."""
        which = int(address == GOOD)
        self._ends[2 * which].send(self._theirs[which].protect(datagram))
        return self.fanout.drain(self.now_ns, 1)

    def passed(self) -> int:
        """See `StormyRig`."""
        for end in self._ends[1], self._ends[3]:
            while datagram := _read(end):
                is_media = not 64 <= datagram[1] & 0x7F <= 95
                self._passed += end is self._ends[3] and is_media
        return self._passed

    def live(self, number: int) -> None:
        """See `StormyRig`."""
        super().live(number)
        self.passed()

    def close(self) -> None:
        """The sockets."""
        for end in (self._ours, *self._ends):
            end.close()


def _bound() -> sockets.socket:
    end = sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM)
    end.bind(("127.0.0.1", 0))
    end.setblocking(False)
    end.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, ROOM_BYTES)
    return end


def _read(end: sockets.socket) -> bytes:
    try:
        return end.recv(2048)
    except BlockingIOError:
        return b""


def _session(direction: int) -> Session:
    profile = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    return Session(Policy(bytes(range(28)), ssrc_type=direction, srtp_profile=profile))


def _pointers(session: Session) -> tuple[int, int, int]:
    """libsrtp's functions that protect RTP and RTCP, and a session's context."""
    binding = importlib.import_module("pylibsrtp._binding")
    ffi, lib = binding.ffi, binding.lib
    protect, protect_rtcp = (
        int(ffi.cast("uintptr_t", ffi.addressof(lib, name)))
        for name in ("srtp_protect", "srtp_protect_rtcp")
    )
    return protect, protect_rtcp, int(ffi.cast("uintptr_t", vars(session)["_srtp"][0]))


def run(path: str, kind: str, cases: int, seed: int) -> Outcome:
    """Feed the cases, and tell what came of them."""
    outcome = Outcome(cases)
    begun_s = time.perf_counter()
    storm = make_storm(kind, seed)
    rig = (WiredRig if kind == "wire" else StormyRig)(IMPLEMENTATIONS[path], storm)
    rounds = -(-cases // ROUND)
    resident = 0
    for number in range(rounds):
        if number % 512 == 0:
            faulthandler.dump_traceback_later(HANG_S, exit=True)
        rig.take(ROUND)
        if number % 4 == 0:
            rig.live(number // 4)
        if number == int(rounds * WARM_SHARE):
            gc.collect()
            resident = resident_bytes()
    faulthandler.cancel_dump_traceback_later()
    rig.pass_time(200)
    gc.collect()
    outcome.grown_bytes = resident_bytes() - resident
    outcome.drops = {reason.value: n for reason, n in rig.fanout.totals().drops.items() if n}
    outcome.sent, outcome.forwarded = storm.sent, f"{storm.digest:016x}"
    outcome.good, outcome.passed = rig.good, rig.passed()
    rig.close()
    outcome.seconds = time.perf_counter() - begun_s
    return outcome


def main() -> None:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", choices=IMPLEMENTATIONS)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("cases", type=int)
    parser.add_argument("seed", type=int)
    asked = parser.parse_args()
    outcome = run(asked.path, asked.kind, asked.cases, asked.seed)
    sys.stdout.write(json.dumps(dataclasses.asdict(outcome)) + "\n")


if __name__ == "__main__":
    main()
