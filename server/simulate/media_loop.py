"""A media loop in memory: coded frames and Opus packets, ready to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
from av.bitstream import BitStreamFilterContext

if TYPE_CHECKING:
    from pathlib import Path

OPUS_S = 0.02


@dataclass(frozen=True, slots=True)
class CodedFrame:
    """One coded picture; H.264 in Annex B with parameter sets before key frames."""

    payload: bytes
    keyframe: bool


@dataclass(frozen=True, slots=True)
class MediaLoop:
    """What a site sends over and over. ``sound``: Opus packets of 20 ms."""

    codec: str
    frames_per_second: int
    pictures: tuple[CodedFrame, ...]
    sound: tuple[bytes, ...]

    def next_keyframe(self, index: int) -> int:
        """How many frames after ``index`` the next key frame stands (at least 0)."""
        for distance in range(len(self.pictures)):
            if self.pictures[(index + distance) % len(self.pictures)].keyframe:
                return distance
        raise ValueError("the loop has no key frame")


def load_loop(path: Path) -> MediaLoop:
    """Read a file made by `server.simulate.loops`.

    Raises av.FFmpegError, OSError when it cannot be read.
    """
    pictures: list[CodedFrame] = []
    sound: list[bytes] = []
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        codec = video.codec_context.name
        annexb = BitStreamFilterContext("h264_mp4toannexb", video) if codec == "h264" else None
        rate = video.average_rate or video.guessed_rate
        for packet in container.demux(video, audio):
            if packet.size == 0:
                continue
            if packet.stream is audio:
                sound.append(bytes(packet))
                continue
            keyframe = packet.is_keyframe  # the filter takes the packet away
            pieces = annexb.filter(packet) if annexb is not None else [packet]
            pictures += [CodedFrame(bytes(piece), keyframe) for piece in pieces]
    if rate is None or not pictures or not sound:
        raise ValueError(f"{path} is not a media loop; make it anew with make loops")
    whole = round(len(pictures) / float(rate) / OPUS_S)
    return MediaLoop(
        "vp8" if codec != "h264" else "h264", round(rate), tuple(pictures), tuple(sound[:whole])
    )
