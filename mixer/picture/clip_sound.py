"""The sound of a film: decoded, brought to 48 kHz stereo, coded as Opus for the link."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import OPUS
from mixer.wire.frame import Frame, FrameKind
from mixer.wire.ids import Codec, PublicationId
from mixer.wire.resources import StreamCodec

from .clip_file import FILE_OPTIONS, ClipError, Step, packets_of, start_of

RATE = 48_000
PACKET_SAMPLES = 960
PACKET_NS = 20_000_000
BIT_RATE = 192_000
PRIMING_SAMPLES = 312
"""What libopus puts before the first sample (RFC 7845 section 4.2), 6.5 ms."""
PRIMING_NS = PRIMING_SAMPLES * 1_000_000_000 // RATE
CODEC = StreamCodec(codec=Codec.OPUS, clock_rate=RATE, channels=2)


class SoundPacket(NamedTuple):
    """20 ms of coded sound and where its samples begin, in ns from the film's first."""

    at_ns: int
    payload: bytes


def _encoder() -> AudioCodecContext:
    context = av.CodecContext.create("libopus", "w")
    if not isinstance(context, AudioCodecContext):
        raise TypeError("libopus is no audio codec")
    context.sample_rate = RATE
    context.layout = "stereo"
    context.format = "s16"
    context.bit_rate = BIT_RATE
    context.time_base = Fraction(1, RATE)
    context.options = {"frame_duration": "20", "application": "audio"}
    return context


def sound_packets(
    path: Path, from_s: float = 0.0, step: Step = lambda: None
) -> Iterator[SoundPacket]:
    """The first sound track from about ``from_s`` on. Raises what `FileFault` names."""
    with av.open(str(path), options=FILE_OPTIONS) as container:
        if not container.streams.audio:
            raise ClipError("no sound in it")
        stream = container.streams.audio[0]
        if from_s > 0:
            container.seek(round(from_s * av.time_base), backward=True)
        resampler = AudioResampler(format="s16", layout="stereo", rate=RATE)
        fifo, encoder = AudioFifo(), _encoder()
        begun_ns: int | None = None
        done = 0
        for frame in _decoded(stream, container, step):
            if begun_ns is None:
                at_s = (frame.time or 0.0) - start_of(container)
                if at_s + frame.samples / frame.sample_rate <= from_s:
                    continue  # a seek ends at a key picture, which may be far before
                begun_ns = round(at_s * 1e9)
            for ready in resampler.resample(frame):
                ready.pts = None
                fifo.write(ready)
            while (block := fifo.read(PACKET_SAMPLES)) is not None:
                for payload in _coded(encoder, block, done):
                    at_ns = begun_ns + done * 1_000_000_000 // RATE - PRIMING_NS
                    yield SoundPacket(at_ns, payload)
                    done += PACKET_SAMPLES


def _decoded(stream: AudioStream, container: InputContainer, step: Step) -> Iterator[AudioFrame]:
    for packet in packets_of(stream, container, step):
        yield from stream.decode(packet)


def _coded(encoder: AudioCodecContext, block: AudioFrame, done: int) -> Iterator[bytes]:
    block.pts = done
    block.sample_rate = RATE
    block.time_base = Fraction(1, RATE)
    for packet in encoder.encode(block):
        yield bytes(packet)


def sound_frame(publication: PublicationId, session_ns: int, payload: bytes) -> Frame:
    """A packet for the link. Its number follows session time, so numbers grow from play to play."""
    sequence = max(session_ns, 0) // PACKET_NS
    packet = RtpPacket(
        OPUS,
        sequence & 0xFFFF,
        sequence * PACKET_SAMPLES & 0xFFFFFFFF,
        publication & 0xFFFFFFFF,
        payload,
        marker=False,
    ).serialize()
    return Frame(FrameKind.RTP, publication, 0, 0, sequence, 0, session_ns, packet)
