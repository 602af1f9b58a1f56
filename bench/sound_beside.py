"""How late sound's ticks begin while the picture process works beside it.

Media, sound and picture as `lianxian serve` starts them. Nineteen sites send sound (speech, coded
once) and pictures over SRTP; all are on air in the grid and each has its return, every feature of
sound on. A process that does nothing else tells how late this machine wakes anybody.
"""

import asyncio
import logging
import tempfile
from itertools import pairwise
from pathlib import Path
from statistics import median

import structlog
import uvloop

from bench.lateness import IdleThread, quantile_ms
from bench.picture_films import Film, Form, make_film
from bench.picture_run import resources
from bench.priority import before_others
from bench.processes import read_usage
from bench.report import Measurement
from bench.sound import ALL_ON, SEATS
from bench.studio import SOUND, Studio, loop_of, running_studio
from bench.workers import BenchError
from mixer.sound.codec import TICK_SAMPLES, EncoderSettings
from mixer.sound.opus import LibOpus, library_paths
from mixer.sound.ticks import LATE_BOUNDS_MS
from mixer.wire.control import Metrics, ReadMetrics
from mixer.wire.ids import GroupId, PublicationId, WorkerKind
from mixer.wire.resources import OnAir, Resource, SoundProgramme, SoundReturn, SoundSource
from server.simulate.voice import speech_like

KINDS = (WorkerKind.MEDIA, WorkerKind.SOUND, WorkerKind.PICTURE)
SECONDS = 8.0
SETTLE_S = 3.0
SITE = Form(320, 180, 15)
FILMS = 3
"""That differ among the sites: making one takes a second."""
RETURN = 300
_LATE = "lianxian_sound_late_ticks_total"
_SKIPPED = "lianxian_sound_ticks_skipped_total"


def measure(rounds: int) -> list[Measurement]:
    """Medians over the rounds. Raises BenchError, ValueError below one round."""
    films = [make_film(SITE, seed) for seed in range(FILMS)]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with before_others():
        found = [_run(films) for _ in range(rounds)]
    names = ("late_p99", "idle_p99", "late_p99_over_idle", "skipped", "core")
    units = ("ms", "ms", "ms", "", "%")
    return [
        Measurement(name, median(run[place] for run in found), unit)
        for place, (name, unit) in enumerate(zip(names, units, strict=True))
    ]


def _run(films: list[Film]) -> tuple[float, float, float, float, float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return uvloop.run(_beside(films, Path(folder)))


def sound_resources() -> list[Resource]:
    """Everything for nineteen sites, all of them on air."""
    groups = tuple(GroupId(number) for number in range(1, SEATS + 1))
    return [
        ALL_ON,
        *(SoundSource(publication=PublicationId(SOUND + one), group=one) for one in groups),
        *(SoundReturn(publication=PublicationId(RETURN + one), group=one) for one in groups),
        SoundProgramme(opus=PublicationId(901), aac=PublicationId(902)),
        OnAir(revision=1, groups=groups, at_ns=0),
    ]


async def _beside(films: list[Film], folder: Path) -> tuple[float, float, float, float, float]:
    async with running_studio(KINDS, folder) as studio:
        await studio.hold(WorkerKind.PICTURE, resources("grid", SEATS))
        await studio.hold(WorkerKind.SOUND, sound_resources())
        voices = [_coded(seat) for seat in range(SEATS)]
        loops = [loop_of(films[n % FILMS], voice) for n, voice in enumerate(voices)]
        await studio.join(loops)
        await asyncio.sleep(SETTLE_S)
        idle = await asyncio.to_thread(IdleThread, LATE_BOUNDS_MS)
        before, used = await _metrics(studio), read_usage(studio.pids[WorkerKind.SOUND])
        await asyncio.sleep(SECONDS)
        after = await _metrics(studio)
        cores = read_usage(studio.pids[WorkerKind.SOUND]).cores_since(used)
        idle_ms = quantile_ms(await asyncio.to_thread(idle.stop), 0.99)
    late_ms = quantile_ms(late_counts(before, after), 0.99)
    skipped = after[_SKIPPED] - before[_SKIPPED]
    return late_ms, idle_ms, max(late_ms - idle_ms, 0.0), skipped, cores * 100


def late_counts(before: dict[str, float], after: dict[str, float]) -> dict[float, float]:
    """Ticks by upper bound, from counts of all up to each.

    Raises BenchError when hardly any were mixed.
    """
    names = [f"{_LATE}{bound}" for bound in (*LATE_BOUNDS_MS[:-1], "+Inf")]
    up_to = [0.0, *(after[name] - before[name] for name in names)]
    if up_to[-1] < SECONDS * 25:
        raise BenchError(f"{up_to[-1]:.0f} ticks in {SECONDS:.0f} s")
    steps = [late - early for early, late in pairwise(up_to)]
    return dict(zip(map(float, LATE_BOUNDS_MS), steps, strict=True))


async def _metrics(studio: Studio) -> dict[str, float]:
    answer = await studio.hub.request(WorkerKind.SOUND, ReadMetrics())
    if not isinstance(answer, Metrics):
        raise BenchError("no metrics")
    return {one.name + "".join(one.labels.values()): one.value for one in answer.samples}


def _coded(seat: int) -> list[bytes]:
    encoder = LibOpus(next(library_paths())).encoder(
        EncoderSettings(bitrate=32_000, low_delay=False)
    )
    sound = speech_like(seat, 2.0)
    return [encoder.encode(block) for block in sound.reshape(-1, TICK_SAMPLES)]
