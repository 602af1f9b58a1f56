"""A camera whose pictures say when they were taken, and the eye that reads them on air."""

import time
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from numpy.typing import NDArray

from bench.studio import StudioSeat
from mixer.picture.colour import planes_of
from mixer.picture.decode import open_decoder
from mixer.rtp.depacketise import H264Assembler
from mixer.rtp.packet import RtpPacket
from mixer.rtp.packetise import packetise_vp8
from mixer.rtp.sequence import SequenceExtender
from mixer.transport.identity import Identity
from mixer.wire.ids import FRAME_NS
from server.simulate.media_loop import CodedFrame, MediaLoop

BITS = 12
WIDTH, HEIGHT = 1280, 720
BLACK, WHITE = 16, 235
SHOWN = 1 << (BITS - 1)
"""Numbers repeat after so many pictures; the last bit is their parity."""

Plane = NDArray[np.uint8]


def draw_number(number: int) -> Plane:
    """Luma of (720, 1280): the bits of a number, then their parity, as columns on grey."""
    value = number % SHOWN
    bits = [value >> place & 1 for place in range(BITS - 1)]
    bits.append(sum(bits) & 1)
    luma = np.full((HEIGHT, WIDTH), 110, np.uint8)
    for index, bit in enumerate(bits):
        luma[240:480, _left(index) : _left(index) + 64] = WHITE if bit else BLACK
    return luma


def read_number(luma: Plane) -> int | None:
    """The number in a picture of any size; None where none stands."""
    scale = luma.shape[1] / WIDTH
    rows = slice(int(300 * scale), int(420 * scale))
    bits: list[int] = []
    for index in range(BITS):
        columns = slice(int((_left(index) + 16) * scale), int((_left(index) + 48) * scale))
        mean = float(np.mean(luma[rows, columns]))
        if 80 < mean < 170:
            return None
        bits.append(int(mean >= 170))
    if sum(bits) & 1:
        return None
    return sum(bit << place for place, bit in enumerate(bits[:-1]))


def _left(index: int) -> int:
    return 128 + index * 88


class ClockSeat(StudioSeat):
    """A seat whose camera shows the running number of its pictures; coded as they are taken."""

    def __init__(self, number: int, identity: Identity) -> None:
        still = MediaLoop("vp8", 25, (CodedFrame(b"", keyframe=True),), (b"\xf8\xff\xfe",))
        super().__init__(number, still, identity)
        self.player.video_muted = True
        self._coder = _vp8()
        self._chroma = np.full((HEIGHT // 2, WIDTH), 128, np.uint8)
        self._begun_ns = 0
        self._count = 0
        self._asked = 0
        self.taken_ns: dict[int, int] = {}
        """When each picture was taken, monotonic, by the number it shows."""

    def advance(self, now_ns: int) -> None:
        """Take and send the picture that is due."""
        super().advance(now_ns)
        if not self._begun_ns:
            self._begun_ns = now_ns
        if now_ns < self._begun_ns + self._count * FRAME_NS:
            return
        taken_ns = time.monotonic_ns()
        array = np.concatenate([draw_number(self._count), self._chroma])
        frame = VideoFrame.from_ndarray(array, format="yuv420p")
        frame.pts, frame.time_base = self._count, Fraction(1, 25)
        asked, self._asked = self.player.keyframes_asked != self._asked, self.player.keyframes_asked
        frame.pict_type = PictureType.I if asked else PictureType.NONE
        unit = b"".join(bytes(packet) for packet in self._coder.encode(frame))
        self.taken_ns[self._count % SHOWN] = taken_ns
        self._count += 1
        payloads = packetise_vp8(unit, self._count & 0x7FFF)
        self.player.video.send_frame(payloads, taken_ns, time.monotonic_ns())


def _vp8() -> VideoCodecContext:
    context = av.CodecContext.create("libvpx", "w")
    if not isinstance(context, VideoCodecContext):
        raise TypeError("libvpx is no video codec")
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context.time_base, context.bit_rate, context.thread_count = Fraction(1, 25), 1_500_000, 1
    context.options = {"deadline": "realtime", "cpu-used": "12", "lag-in-frames": "0"}
    return context


class Eye:
    """Decodes what a receiver of the programme gets; notes when it saw which number."""

    def __init__(self, camera: ClockSeat) -> None:
        self._camera = camera
        self._assembler = H264Assembler()
        self._extender = SequenceExtender()
        self._decoder = open_decoder("h264")
        self._last: int | None = None
        self.delays_ms: list[float] = []
        """From taking a picture to having decoded it on air, once for each that was new."""
        self.pictures = 0

    def on_rtp(self, packet: bytes) -> None:
        """One packet of the programme."""
        parsed = RtpPacket.parse(packet)
        number = self._extender.extend(parsed.sequence)
        for unit in self._assembler.push(number, parsed, 0):
            for frame in self._decoder.decode(av.Packet(unit.payload)):
                self._look(frame)

    def _look(self, frame: VideoFrame) -> None:
        self.pictures += 1
        number = read_number(planes_of(frame).y)
        if number is None or number == self._last:
            return
        self._last = number
        taken_ns = self._camera.taken_ns.get(number)
        if taken_ns is not None:
            self.delays_ms.append((time.monotonic_ns() - taken_ns) / 1e6)
