"""Coded test sources as link frames, and the programme read back from link frames."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from mixer.picture.colour import planes_of, to_yuv
from mixer.picture.picture_format import STANDARD, PictureFormat
from mixer.rtp import payload_type
from mixer.rtp.assembler import Assembler
from mixer.rtp.depacketise import H264Assembler, Vp8Assembler
from mixer.rtp.packet import RtpPacket
from mixer.rtp.packetise import packetise_h264, packetise_vp8
from mixer.wire.frame import Frame, FrameKind

Rgb = tuple[int, int, int]
RED: Rgb = (200, 40, 40)
GREEN: Rgb = (40, 180, 60)
BLUE: Rgb = (50, 60, 200)
YELLOW: Rgb = (200, 190, 40)


def plain_frame(width: int, height: int, rgb: Rgb) -> VideoFrame:
    """A yuv420p frame of one colour."""
    frame = VideoFrame(width, height, "yuv420p")
    for plane, value in zip(frame.planes, to_yuv(*rgb), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


def _open(codec: str, width: int, height: int) -> VideoCodecContext:
    context = av.CodecContext.create("libvpx" if codec == "vp8" else "libx264", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base = Fraction(1, 25)
    context.bit_rate = 1_000_000
    context.thread_count = 1
    if codec == "vp8":
        context.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    else:
        context.options = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1"}
    return context


class Camera:
    """A publication's encoder: pictures of one colour as RTP link frames."""

    def __init__(
        self,
        publication: int,
        codec: str = "vp8",
        size: tuple[int, int] = (320, 180),
        rgb: Rgb = RED,
    ) -> None:
        self.publication = publication
        self.codec = codec
        self.size = size
        self.rgb = rgb
        self._context = _open(codec, *size)
        self._sequence = 65_500
        self._count = 0

    def resize(self, width: int, height: int) -> None:
        self.size = (width, height)
        self._context = _open(self.codec, width, height)

    def coded(self, *, keyframe: bool = False) -> bytes:
        frame = plain_frame(*self.size, self.rgb)
        frame.pts = self._count
        frame.time_base = Fraction(1, 25)
        frame.pict_type = PictureType.I if keyframe or not self._count else PictureType.NONE
        return b"".join(bytes(packet) for packet in self._context.encode(frame))

    def frames(self, session_ns: int, *, keyframe: bool = False) -> list[Frame]:
        coded = self.coded(keyframe=keyframe)
        if self.codec == "vp8":
            payloads, kind = packetise_vp8(coded, self._count), payload_type.VP8
        else:
            payloads, kind = packetise_h264(coded), payload_type.H264
        self._count += 1
        made: list[Frame] = []
        for index, payload in enumerate(payloads):
            packet = RtpPacket(
                kind,
                self._sequence & 0xFFFF,
                session_ns * 9 // 100_000 & 0xFFFFFFFF,
                77,
                payload,
                marker=index == len(payloads) - 1,
            )
            made.append(
                Frame(
                    FrameKind.RTP,
                    self.publication,
                    0,
                    0,
                    self._sequence,
                    session_ns + 20_000_000,
                    session_ns,
                    packet.serialize(),
                )
            )
            self._sequence += 1
        return made


class ProgrammeReader:
    """Decodes one layer of the programme; keeps its last picture and all frame numbers."""

    def __init__(self, layer: int = 1, codec: str = "h264", form: PictureFormat = STANDARD) -> None:
        self.layer = layer
        self.form = form
        self.numbers: list[int] = []
        self.sequences: list[int] = []
        self.keyframes: list[int] = []
        self.first: VideoFrame | None = None
        self.picture: VideoFrame | None = None
        self._make = H264Assembler if codec == "h264" else Vp8Assembler
        self._assembler: Assembler = self._make()
        self._context = av.CodecContext.create(codec, "r")

    def begin_life(self) -> None:
        """Sequence numbers begin anew, as when the publication was announced again."""
        self._assembler = self._make()

    def feed(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            if frame.layer != self.layer:
                continue
            packet = RtpPacket.parse(frame.payload)
            self.sequences.append(frame.sequence)
            for unit in self._assembler.push(frame.sequence, packet, frame.session_ns):
                number = self.form.frame_at(unit.session_ns)
                assert self.form.time_of(number) == unit.session_ns
                assert packet.timestamp == number * (90_000 // self.form.frame_rate) & 0xFFFFFFFF
                self.numbers.append(number)
                if unit.keyframe:
                    self.keyframes.append(number)
                assert isinstance(self._context, VideoCodecContext)
                if not self.keyframes:
                    continue  # joined in the middle
                for picture in self._context.decode(av.Packet(unit.payload)):
                    self.first = self.first or picture
                    self.picture = picture

    def colour_at(self, x: int, y: int, *, first: bool = False) -> tuple[int, int, int]:
        """Mean Y, U, V of the 16x16 pixels around a place of the last (or first) picture."""
        picture = self.first if first else self.picture
        assert picture is not None
        planes = planes_of(picture)
        return (
            int(np.mean(planes.y[y - 8 : y + 8, x - 8 : x + 8])),
            int(np.mean(planes.u[y // 2 - 4 : y // 2 + 4, x // 2 - 4 : x // 2 + 4])),
            int(np.mean(planes.v[y // 2 - 4 : y // 2 + 4, x // 2 - 4 : x // 2 + 4])),
        )

    def shows(self, rgb: Rgb, x: int, y: int, tolerance: int = 8) -> bool:
        """Whether this colour stands at a place."""
        return all(
            abs(found - wanted) <= tolerance
            for found, wanted in zip(self.colour_at(x, y), to_yuv(*rgb), strict=True)
        )
