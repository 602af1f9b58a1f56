"""Nineteen sources and nineteen returns: the sound engine in virtual time, beside bare codecs.

The engine gets real RTP of speech-like sound and makes every return and the programme (Opus and
AAC), with every feature on, at 5 % loss, and plain (no drift correction, true peak, loudness or
echo watch). The control does only what no design can save: decode 19 packets, encode 19 returns
and the programme. CPU time of this thread, in percent of one core per simulated second.
"""

import random
from collections.abc import Callable
from statistics import median
from time import thread_time_ns

import numpy as np

from bench.alternate import alternate
from bench.report import Measurement
from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import OPUS
from mixer.sound.codec import SAMPLE_RATE, TICK_SAMPLES, EncoderSettings, OpusLibrary, Samples
from mixer.sound.encode import (
    PROGRAMME_BITRATE,
    PROGRAMME_COMPLEXITY,
    RETURN_COMPLEXITY,
    AacStream,
    OpusStream,
)
from mixer.sound.engine import SoundEngine
from mixer.sound.opus import LibOpus, library_paths
from mixer.wire.frame import Frame, FrameKind
from mixer.wire.ids import TICK_NS, GroupId, PublicationId
from mixer.wire.resources import OnAir, SoundProgramme, SoundReturn, SoundSource
from mixer.wire.sound import SoundFeatures

SEATS = 19
SECONDS = 4
TICKS = SECONDS * 50
LATENESS_NS = 3_000_000
RETURN = 100
OPUS_PROGRAMME, AAC_PROGRAMME = PublicationId(200), PublicationId(201)
PROGRAMME_SETTINGS = EncoderSettings(
    channels=2, bitrate=PROGRAMME_BITRATE, complexity=PROGRAMME_COMPLEXITY
)
RETURN_SETTINGS = EncoderSettings(complexity=RETURN_COMPLEXITY)
ALL_ON = SoundFeatures(loudness_target_lufs=-23, echo_duck=True, meters_per_s=25)
PLAIN = SoundFeatures(drift_correction=False, true_peak=False, loudness=False, echo_watch=False)


def measure(rounds: int) -> list[Measurement]:
    """Percent of a core for the engine, the codecs alone, the returns' encodes; and a ratio."""
    library = LibOpus(next(library_paths()))
    sounds = [_speech(seat) for seat in range(SEATS)]
    packets = [_encoded(library, sound) for sound in sounds]
    returns: list[float] = []

    def engine() -> float:
        return _percent(lambda: _run_engine(library, packets))

    def lossy() -> float:
        return _percent(lambda: _run_engine(library, packets, loss=0.05))

    def plain() -> float:
        return _percent(lambda: _run_engine(library, packets, features=PLAIN))

    def codecs() -> float:
        returns.append(_percent(lambda: _encode_returns(library, sounds)))
        return returns[-1] + _percent(lambda: _decode_and_programme(library, packets, sounds))

    found = alternate({"engine": engine, "lossy": lossy, "plain": plain, "codecs": codecs}, rounds)
    return [
        Measurement("core", found.median("engine"), "%"),
        Measurement("core_lossy", found.median("lossy"), "%"),
        Measurement("core_plain", found.median("plain"), "%"),
        Measurement("codecs_alone", found.median("codecs"), "%"),
        Measurement("returns_encode", median(returns[1:]), "%"),
        Measurement("engine_to_codecs", found.ratio("engine", "codecs")),
        Measurement("plain_to_codecs", found.ratio("plain", "codecs")),
    ]


def _percent(work: Callable[[], None]) -> float:
    begun_ns = thread_time_ns()
    work()
    return (thread_time_ns() - begun_ns) / (SECONDS * 1e9) * 100


def _speech(seat: int) -> Samples:
    """Harmonics under syllables, noise between: a second, looped."""
    time_s = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    pitch_hz = 100 + 10 * seat
    voice = sum(np.sin(2 * np.pi * pitch_hz * n * time_s) / n for n in range(1, 12))
    syllables = 0.5 - 0.5 * np.cos(2 * np.pi * (3 + seat % 3) * time_s)
    noise = np.random.default_rng(seat).standard_normal(SAMPLE_RATE)
    return (0.04 * voice * syllables + 0.002 * noise).astype(np.float32)


def _encoded(library: OpusLibrary, sound: Samples) -> list[bytes]:
    encoder = library.encoder(EncoderSettings(bitrate=32_000, low_delay=False))
    return [encoder.encode(block) for block in sound.reshape(-1, TICK_SAMPLES)]


def _run_engine(
    library: OpusLibrary,
    packets: list[list[bytes]],
    *,
    loss: float = 0,
    features: SoundFeatures = ALL_ON,
) -> None:
    engine = SoundEngine(library)
    engine.put(features)
    chance = random.Random(1)
    for seat in range(SEATS):
        group = GroupId(seat + 1)
        engine.put(SoundSource(publication=PublicationId(seat), group=group))
        engine.put(SoundReturn(publication=PublicationId(RETURN + seat), group=group))
    engine.put(SoundProgramme(opus=OPUS_PROGRAMME, aac=AAC_PROGRAMME))
    groups = tuple(GroupId(seat + 1) for seat in range(SEATS))
    engine.put(OnAir(revision=1, groups=groups, at_ns=0))
    for tick in range(TICKS):
        engine.insert(
            [
                _frame(seat, tick, packets[seat][tick % 50])
                for seat in range(SEATS)
                if chance.random() >= loss
            ],
            tick * TICK_NS + LATENESS_NS,
        )
        engine.tick(tick)


def _frame(seat: int, tick: int, payload: bytes) -> Frame:
    packet = RtpPacket(OPUS, tick, tick * TICK_SAMPLES, seat, payload)
    captured_ns = tick * TICK_NS
    arrival_ns = captured_ns + LATENESS_NS
    return Frame(FrameKind.RTP, seat, 0, 0, tick, arrival_ns, captured_ns, packet.serialize())


def _encode_returns(library: OpusLibrary, sounds: list[Samples]) -> None:
    mix = np.sum(sounds, axis=0).reshape(-1, TICK_SAMPLES)
    encoders = [library.encoder(RETURN_SETTINGS) for _ in range(SEATS)]
    for tick in range(TICKS):
        for encoder in encoders:
            encoder.encode(mix[tick % 50])


def _decode_and_programme(
    library: OpusLibrary, packets: list[list[bytes]], sounds: list[Samples]
) -> None:
    mix = np.repeat(np.sum(sounds, axis=0).reshape(-1, TICK_SAMPLES, 1), 2, axis=2)
    decoders = [library.decoder() for _ in range(SEATS)]
    opus = OpusStream(library, OPUS_PROGRAMME, PROGRAMME_SETTINGS)
    aac = AacStream(AAC_PROGRAMME)
    for tick in range(TICKS):
        for seat, decoder in enumerate(decoders):
            decoder.decode(packets[seat][tick % 50])
        opus.frame(tick, mix[tick % 50])
        aac.frames(tick, mix[tick % 50])
