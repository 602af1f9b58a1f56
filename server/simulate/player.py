"""Plays a media loop into two tracks in real time.

Picture n leaves at n / rate after the start, packet k of sound at k / 50 s; both
stand at the same place of the loop. A request for a key frame moves both forward
to the loop's next one, so that flashes and beeps stay together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.rtp import payload_type
from mixer.rtp.packetise import packetise_h264, packetise_vp8

from .media_loop import OPUS_S
from .sender import SentTrack

if TYPE_CHECKING:
    from collections.abc import Callable

    from .media_loop import MediaLoop

_SECOND_NS = 1_000_000_000
SOUND_NS = round(OPUS_S * _SECOND_NS)
LATE_NS = 100_000_000
"""A player that fell further behind (a stopped process) begins a new timeline."""


class LoopPlayer:
    """`advance` sends everything due; call it every few milliseconds."""

    def __init__(self, loop: MediaLoop, send_rtp: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._frame_ns = _SECOND_NS // loop.frames_per_second
        number = payload_type.VP8 if loop.codec == "vp8" else payload_type.H264
        self.video = SentTrack(number, payload_type.VIDEO_CLOCK_RATE, send_rtp)
        self.audio = SentTrack(payload_type.OPUS, payload_type.AUDIO_CLOCK_RATE, send_rtp)
        self._origin_ns = 0
        self._frame = 0
        self._packet = 0
        self._frame_shift = 0
        self._packet_shift = 0
        self._lag_ns = 0
        self._picture_id = 0
        self._want_keyframe = True
        self.keyframes_asked = 0
        self.skipped_late = 0
        """Frames and packets never sent because this process was too late."""
        self.video_muted = False
        self.audio_muted = False

    def start(self, now_ns: int) -> None:
        """Time 0 of both tracks."""
        self._origin_ns = now_ns
        self.video.start(now_ns)
        self.audio.start(now_ns)

    def ask_keyframe(self) -> None:
        """The next picture shall decode by itself."""
        self.keyframes_asked += 1
        self._want_keyframe = True

    def advance(self, now_ns: int) -> None:
        """Send every picture and packet whose time has come."""
        self._skip_if_late(now_ns)
        while (due_ns := self._origin_ns + self._packet * SOUND_NS) <= now_ns:
            self._send_sound(due_ns, now_ns)
        while (due_ns := self._picture_due_ns()) <= now_ns:
            self._send_picture(due_ns, now_ns)

    def _picture_due_ns(self) -> int:
        return self._origin_ns + self._frame * self._frame_ns + self._lag_ns

    def _skip_if_late(self, now_ns: int) -> None:
        late_ns = now_ns - self._origin_ns - self._packet * SOUND_NS
        if late_ns <= LATE_NS:
            return
        packets = late_ns // SOUND_NS
        frames = late_ns // self._frame_ns
        self._packet += packets
        self._frame += frames
        self.skipped_late += packets + frames
        self._want_keyframe = True

    def _send_sound(self, due_ns: int, now_ns: int) -> None:
        sound = self._loop.sound
        if not self.audio_muted:
            packet = sound[(self._packet + self._packet_shift) % len(sound)]
            self.audio.send_frame((packet,), due_ns, now_ns)
        self._packet += 1

    def _jump(self, distance: int) -> None:
        """Sound can only jump by whole packets; pictures wait for the rest, 10 ms at most."""
        self._frame_shift += distance
        ahead_ns = self._frame_shift * self._frame_ns
        self._packet_shift = round(ahead_ns / SOUND_NS)
        self._lag_ns = ahead_ns - self._packet_shift * SOUND_NS

    def _send_picture(self, due_ns: int, now_ns: int) -> None:
        pictures = self._loop.pictures
        index = (self._frame + self._frame_shift) % len(pictures)
        if self._want_keyframe:
            distance = self._loop.next_keyframe(index)
            self._jump(distance)
            due_ns = self._picture_due_ns()
            index = (index + distance) % len(pictures)
            self._want_keyframe = False
        self._frame += 1
        if self.video_muted:
            return
        frame = pictures[index].payload
        if self._loop.codec == "vp8":
            self._picture_id = (self._picture_id + 1) & 0x7FFF
            payloads = packetise_vp8(frame, self._picture_id)
        else:
            payloads = packetise_h264(frame)
        self.video.send_frame(payloads, due_ns, now_ns)
