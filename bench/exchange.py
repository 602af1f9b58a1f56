"""Two halls and three remote sites talk in Mandarin and English, in virtual time.

espeak-ng speaks, with pauses and overlaps, over lines from clean to lossy; every site has a little
room noise, so that silence is never what was said. The report tells how loud the programme came
out and the longest time that anybody's sound was missing. A round is 20 s of talk.
"""

import random
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.namespace import require_program
from bench.report import Measurement
from bench.speech import PROGRAM, speech
from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import OPUS, RED
from mixer.rtp.red import join_red
from mixer.sound.codec import (
    SAMPLE_RATE,
    TICK_SAMPLES,
    Decoder,
    EncoderSettings,
    OpusLibrary,
    Samples,
)
from mixer.sound.delay import MILLISECOND_NS
from mixer.sound.engine import SoundEngine
from mixer.sound.opus import LibOpus, library_paths
from mixer.wire.frame import Frame, FrameKind
from mixer.wire.ids import TICK_NS, GroupId, PublicationId
from mixer.wire.resources import OnAir, ReturnKind, SoundProgramme, SoundReturn, SoundSource
from mixer.wire.sound import SoundFeatures

ROUND_S = 20
TARGET_LUFS = -23.0
NOISE = 10 ** (-52 / 20)
SILENT = 10 ** (-70 / 20)
"""RMS of 10 ms: far below the rooms' noise."""
WINDOW = SAMPLE_RATE // 100
SPEAKING = 6
"""Times the noise's RMS, which its highest samples do not reach."""
SETTLED_S = 2.0
"""A source is waited for that long after it comes."""
LEVELLED_S = 10.0
"""Loudness is brought to its target by at most 1 dB a second."""
RETURN, SOLO, DESK = 100, 200, 300
OPUS_PROGRAMME, AAC_PROGRAMME = PublicationId(900), PublicationId(901)


class Site(NamedTuple):
    """Who speaks, and over what line."""

    name: str
    voice: str
    rms: float
    texts: tuple[str, ...]
    base_ms: float
    jitter_ms: float
    loss: float
    ppm: float
    red: bool = False


SITES = (
    Site(
        "beijing",
        "cmn",
        0.08,
        (
            "各位来宾,大家晚上好。欢迎来到京湘两地远程交流活动的北京主会场。",
            "感谢湖南的朋友。下面请演播室的同事介绍一下今天的安排。",
            "这个问题很好,请湖南会场先回答,然后我们再听听山里的情况。",
        ),
        21,
        0.3,
        0,
        0,
    ),
    Site(
        "hunan",
        "cmn+f2",
        0.05,
        (
            "北京的朋友们好,湖南主会场已经准备好了,现场来了三百多位观众。",
            "我们这里下着小雨,不过大家的热情很高,请继续。",
            "对,我同意刚才的说法,先把声音调好,再谈画面。",
        ),
        24,
        0.5,
        0.001,
        15,
    ),
    Site(
        "studio",
        "en",
        0.1,
        (
            "Good evening from the studio. Tonight we link two halls and three remote sites.",
            "Please keep your answers short, because the line to the mountains may not last.",
            "We have a question from a viewer: how do you keep the sound from coming back?",
        ),
        32,
        3,
        0.01,
        -40,
    ),
    Site(
        "school",
        "en-gb-scotland",
        0.03,
        (
            "Hello, this is the classroom. We can hear both halls very well.",
            "Yes, the children have prepared a song, and they are a little nervous.",
            "Could you say that again? Somebody was speaking at the same time.",
        ),
        45,
        6,
        0.03,
        80,
    ),
    Site(
        "mountain",
        "cmn+m3",
        0.06,
        (
            "这里是山区教学点,信号不太稳定,如果听不清请告诉我们。",
            "我们这边有二十三个学生,今天第一次和北京的同学见面。",
            "谢谢大家,孩子们都很高兴,希望以后常常联系。",
        ),
        60,
        10,
        0.05,
        -120,
        red=True,
    ),
)


class Tally(NamedTuple):
    """What was heard and measured."""

    gaps_ms: dict[str, float]
    """Longest time without any of a site's sound, as a desk that listens to it alone hears."""
    silences_ms: dict[str, float]
    """The same of each site's return."""
    lufs: float
    """Programme, integrated, once the level has been found."""
    short_lufs: tuple[float, ...]
    true_peak_db: float
    alarms: int
    """Sites named for an echo; none has one."""
    overlap: float
    """Share of the time in which two or more spoke at once."""
    lost: dict[str, int]
    repaired: dict[str, int]
    concealed_ms: dict[str, float]
    delays_ms: dict[str, float]


def measure(rounds: int) -> list[Measurement]:
    """Hold the exchange; figures of its sound.

    Raises MissingError without espeak-ng.
    """
    require_program(PROGRAM, PROGRAM)
    told = hold(rounds * ROUND_S)
    measured = [
        Measurement("seconds", rounds * ROUND_S, "s"),
        Measurement("overlap", 100 * told.overlap, "%"),
        Measurement("programme_lufs", told.lufs, "LUFS"),
        Measurement("programme_short_low", float(np.percentile(told.short_lufs, 5)), "LUFS"),
        Measurement("programme_short_high", float(np.percentile(told.short_lufs, 95)), "LUFS"),
        Measurement("programme_true_peak", told.true_peak_db, "dBTP"),
        Measurement("longest_gap", max(told.gaps_ms.values()), "ms"),
        Measurement("longest_silence", max(told.silences_ms.values()), "ms"),
        Measurement("echo_alarms", told.alarms),
    ]
    for site in SITES:
        measured += [
            Measurement(f"{site.name}_gap", told.gaps_ms[site.name], "ms"),
            Measurement(f"{site.name}_lost", told.lost[site.name]),
            Measurement(f"{site.name}_repaired", told.repaired[site.name]),
            Measurement(f"{site.name}_concealed", told.concealed_ms[site.name], "ms"),
            Measurement(f"{site.name}_delay", told.delays_ms[site.name], "ms"),
        ]
    return measured


def hold(seconds: float, seed: int = 1) -> Tally:
    """The exchange, so long. Raises FileNotFoundError without espeak-ng."""
    library = LibOpus(next(library_paths()))
    said = spoken(round(seconds * SAMPLE_RATE), random.Random(seed))
    lines = [_Line(library, site, sound, seed) for site, sound in zip(SITES, said, strict=True)]
    engine = _engine(library)
    ears = {publication: _Ear(library) for publication in _publications()}
    meters = _Meters()
    ticks = round(seconds * SAMPLE_RATE) // TICK_SAMPLES
    for tick in range(ticks):
        now_ns = tick * TICK_NS
        for number, line in enumerate(lines):
            for at_ns, frame in line.until(now_ns, number + 1):
                engine.insert([frame], at_ns)
        for frame in engine.tick(tick):
            ear = ears.get(frame.publication)
            if ear is not None:
                ear.hear(frame)
        meters.read(engine, tick)
    return _tally(engine, said, ears, meters)


def spoken(samples: int, chance: random.Random) -> list[Samples]:
    """What each site says: turns in order, every third one begun before the last has ended."""
    noise = np.random.default_rng(chance.randrange(1 << 30))
    said = [(NOISE * noise.standard_normal(samples)).astype(np.float32) for _ in SITES]
    at, turn = SAMPLE_RATE, 0
    while at < samples:
        number = turn % len(SITES)
        site = SITES[number]
        words = speech(site.texts[turn // len(SITES) % len(site.texts)], site.voice, rms=site.rms)
        # A pause at the end is part of what espeak-ng makes, and would undo an overlap.
        words = words[: int(np.flatnonzero(np.abs(words) > NOISE)[-1]) + 1]
        piece = words[: samples - at]
        said[number][at : at + len(piece)] += piece
        pause_s = -chance.uniform(0.8, 1.6) if turn % 3 == 1 else chance.uniform(0.2, 0.7)
        at += max(len(words) + round(pause_s * SAMPLE_RATE), SAMPLE_RATE)
        turn += 1
    return said


class _Line:
    """Codes what a site says and lets the network do to it what that line does."""

    def __init__(self, library: OpusLibrary, site: Site, sound: Samples, seed: int) -> None:
        settings = EncoderSettings(bitrate=32_000, low_delay=False, fec=True, loss_percent=20)
        encoder = library.encoder(settings)
        blocks = sound[: len(sound) // TICK_SAMPLES * TICK_SAMPLES].reshape(-1, TICK_SAMPLES)
        self._site = site
        self._packets = [encoder.encode(block) for block in blocks]
        chance = random.Random(f"{site.name} {seed}")
        waiting = []
        for number in range(len(self._packets)):
            captured_ns = round(number * TICK_NS * (1 + site.ppm * 1e-6))
            late_ms = site.base_ms + chance.expovariate(1) * site.jitter_ms
            if chance.random() >= site.loss:
                at_ns = captured_ns + round(late_ms * MILLISECOND_NS)
                waiting.append((at_ns, number, captured_ns))
        self._waiting = sorted(waiting)
        self._next = 0

    def until(self, now_ns: int, publication: int) -> Iterator[tuple[int, Frame]]:
        """What has arrived by then."""
        while self._next < len(self._waiting) and self._waiting[self._next][0] <= now_ns:
            at_ns, number, captured_ns = self._waiting[self._next]
            self._next += 1
            payload = self._packets[number]
            if self._site.red:
                old = self._packets[number - 1] if number else b""
                payload = join_red(payload, old, TICK_SAMPLES)
            packet = RtpPacket(
                RED if self._site.red else OPUS,
                number & 0xFFFF,
                number * TICK_SAMPLES,
                publication,
                payload,
            ).serialize()
            yield at_ns, Frame(FrameKind.RTP, publication, 0, 0, number, at_ns, captured_ns, packet)


class _Ear:
    """Decodes one return and remembers how loud each 10 ms of it was."""

    def __init__(self, library: OpusLibrary) -> None:
        self._decoder: Decoder = library.decoder()
        self._levels: list[float] = []

    def hear(self, frame: Frame) -> None:
        block = self._decoder.decode(RtpPacket.parse(frame.payload).payload)
        self._levels += np.sqrt((block.reshape(-1, WINDOW) ** 2).mean(axis=1)).tolist()

    def longest_silence_ms(self) -> float:
        longest = now = 0
        for level in self._levels[round(SETTLED_S * 100) :]:
            now = now + 1 if level < SILENT else 0
            longest = max(longest, now)
        return longest * 1000 * WINDOW / SAMPLE_RATE


class _Meters:
    """What the engine tells of loudness and echoes."""

    def __init__(self) -> None:
        self.lufs = -120.0
        self.short_lufs: list[float] = []
        self.true_peak_db = -120.0
        self.alarms: set[int] = set()
        self._levelled = False

    def read(self, engine: SoundEngine, tick: int) -> None:
        self.alarms.update(engine.echoes)
        if not self._levelled and tick * TICK_NS >= LEVELLED_S * 1e9:
            self._levelled = True
            engine.put(SoundFeatures(loudness_target_lufs=TARGET_LUFS, loudness_period=1))
        told = engine.take_loudness()
        if told is not None:
            self.lufs = told.integrated_lufs
            self.true_peak_db = max(self.true_peak_db, told.true_peak_db)
            if self._levelled:
                self.short_lufs.append(told.short_lufs)


def _publications() -> Iterator[int]:
    for seat in range(1, len(SITES) + 1):
        yield RETURN + seat
        yield SOLO + seat


def _engine(library: OpusLibrary) -> SoundEngine:
    """All on air, a return each, and a desk that listens to each alone."""
    engine = SoundEngine(library)
    engine.put(SoundFeatures(loudness_target_lufs=TARGET_LUFS))
    groups = tuple(GroupId(seat) for seat in range(1, len(SITES) + 1))
    for group in groups:
        engine.put(SoundSource(publication=PublicationId(group), group=group))
        engine.put(SoundReturn(publication=PublicationId(RETURN + group), group=group))
        engine.put(
            SoundReturn(
                publication=PublicationId(SOLO + group),
                group=GroupId(DESK + group),
                kind=ReturnKind.OTHER_HALL,
                other=group,
            )
        )
    engine.put(SoundProgramme(opus=OPUS_PROGRAMME, aac=AAC_PROGRAMME))
    engine.put(OnAir(revision=1, groups=groups, at_ns=0))
    return engine


def _speaking(sound: Samples) -> NDArray[np.bool_]:
    """In which tenths of a second somebody speaks; pauses between words do not count."""
    tenth = SAMPLE_RATE // 10
    tenths = np.abs(sound[: len(sound) // tenth * tenth]).reshape(-1, tenth)
    loud = tenths.max(axis=1) > SPEAKING * NOISE
    made: NDArray[np.bool_] = loud | np.roll(loud, 1) | np.roll(loud, -1)
    return made


def _tally(
    engine: SoundEngine, said: list[Samples], ears: dict[int, _Ear], meters: _Meters
) -> Tally:
    speaking = np.array([_speaking(sound) for sound in said])
    numbered = {site.name: number for number, site in enumerate(SITES, start=1)}
    counters = {
        name: engine.sources[PublicationId(number)].jitter.counters
        for name, number in numbered.items()
    }
    delays_ns = engine.delays_ns()
    return Tally(
        gaps_ms={name: ears[SOLO + n].longest_silence_ms() for name, n in numbered.items()},
        silences_ms={name: ears[RETURN + n].longest_silence_ms() for name, n in numbered.items()},
        lufs=meters.lufs,
        short_lufs=tuple(meters.short_lufs),
        true_peak_db=meters.true_peak_db,
        alarms=len(meters.alarms),
        overlap=float((speaking.sum(axis=0) > 1).mean()),
        lost={name: one.lost for name, one in counters.items()},
        repaired={name: one.recovered + one.redundant for name, one in counters.items()},
        concealed_ms={
            name: one.concealed_samples * 1e3 / SAMPLE_RATE for name, one in counters.items()
        },
        delays_ms={
            name: delays_ns[PublicationId(n)] / MILLISECOND_NS for name, n in numbered.items()
        },
    )
