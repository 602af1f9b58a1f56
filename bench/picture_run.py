"""The picture process as `lianxian serve` starts it, given films to play, timed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.lateness import IdleThread, quantile_ms
from bench.picture_films import Film
from bench.processes import Usage, read_usage
from bench.studio import PROGRAMME, Studio, loop_of, running_studio
from bench.workers import BenchError
from mixer.picture.timeline import LATE_BOUNDS_MS
from mixer.wire.control import Metrics, ReadMetrics
from mixer.wire.ids import FRAME_NS, LAYER_LOW, LAYER_MAIN, PublicationId, WorkerKind
from mixer.wire.picture import Caption, PictureProgramme, PictureSource, Scene, Slot
from mixer.wire.resources import Resource
from server.workers.hub import WorkerHub

SETTLE_S = 3.0
_LATE = "lianxian_picture_late_frames_total"


class Run(NamedTuple):
    """What a run of the picture process cost, per programme frame and as a whole."""

    core_percent: float
    frame_ms: float
    """CPU per frame delivered in both layers."""
    compose_ms: float
    encode_ms: float
    late_ms: float
    """99th percentile of how late frames began, less that of the idle control thread."""
    idle_ms: float
    resident_mb: float
    growth_mb: float
    frames: int
    missing: int
    stale: int
    decoders: int
    main_kbps: float


def scene(layout: str, count: int) -> Scene:
    """The sources in a layout, with everything that may stand above them."""
    return Scene(
        revision=1,
        at_ns=0,
        layout=layout,
        slots=tuple(Slot(seat=str(n + 1), title=f"站点{n + 1}") for n in range(count)),
        caption=Caption(
            title="京湘两地远程交流", subtitle="Beijing–Hunan", organisation="国家图书馆"
        ),
        strap="场外连线一",
        bug="live",
        clock_offset_min=480,
    )


def resources(layout: str, count: int) -> list[Resource]:
    """What the picture process holds."""
    sources = [
        PictureSource(publication=PublicationId(n + 1), seat=str(n + 1), title=f"站点{n + 1}")
        for n in range(count)
    ]
    programme = PictureProgramme(publication=PROGRAMME)
    return [programme, *sources, scene(layout, count)]


async def run_picture(films: Sequence[Film], folder: Path, seconds: float) -> Run:
    """Let it make the programme for so long. Raises BenchError when it made none."""
    async with running_studio((WorkerKind.MEDIA, WorkerKind.PICTURE), folder) as studio:
        await studio.hold(WorkerKind.PICTURE, resources("grid", len(films)))
        await studio.join([loop_of(film) for film in films])
        await asyncio.sleep(SETTLE_S)
        return await timed(studio, seconds)


async def timed(studio: Studio, seconds: float) -> Run:
    """What the picture process of a studio does for so long. Raises BenchError."""
    idle = await asyncio.to_thread(IdleThread, LATE_BOUNDS_MS)
    pid, tap = studio.pids[WorkerKind.PICTURE], studio.tap
    before = await read_metrics(studio.hub)
    # Frames and CPU of one span: counted from and up to the moments the CPU is read.
    tap.clear()
    used = read_usage(pid)
    readings = [used]
    for _ in range(10):
        await asyncio.sleep(seconds / 10)
        readings.append(read_usage(pid))
    delivered = min(len(tap.times.get(one, ())) for one in (LAYER_LOW, LAYER_MAIN))
    main_bytes = tap.size_bytes.get(LAYER_MAIN, 0)
    after = await read_metrics(studio.hub)
    idle_ms = quantile_ms(await asyncio.to_thread(idle.stop), 0.99)
    if delivered < seconds * 5:
        raise BenchError(f"{delivered} programme frames in {seconds:.0f} s")
    gone = {name: value - before.get(name, 0.0) for name, value in after.items()}
    frames = gone["lianxian_picture_frames_total"]
    return Run(
        core_percent=readings[-1].cores_since(used) * 100,
        frame_ms=(readings[-1].cpu_s - used.cpu_s) / delivered * 1000,
        compose_ms=gone["lianxian_picture_compose_seconds_total"] / frames * 1000,
        encode_ms=gone["lianxian_picture_encode_seconds_total"] / frames * 1000,
        late_ms=max(quantile_ms(_late(gone), 0.99) - idle_ms, 0.0),
        idle_ms=idle_ms,
        resident_mb=max(one.resident_bytes for one in readings) / 1e6,
        growth_mb=_growth(readings),
        frames=delivered,
        missing=max(tap.missing(one, FRAME_NS) for one in (LAYER_LOW, LAYER_MAIN)),
        stale=round(gone["lianxian_picture_stale_repeats_total"]),
        decoders=round(after["lianxian_picture_decoders"]),
        main_kbps=main_bytes * 8 / (readings[-1].at_s - used.at_s) / 1000,
    )


def _growth(readings: Sequence[Usage]) -> float:
    """Of the second half over the first, in MB."""
    half = len(readings) // 2
    first, second = (
        max(one.resident_bytes for one in part) for part in (readings[:half], readings[half:])
    )
    return (second - first) / 1e6


def _late(gone: dict[str, float]) -> dict[float, float]:
    """Frames by upper bound, from counts of all up to each."""
    counts: dict[float, float] = {}
    seen = 0.0
    for bound in LATE_BOUNDS_MS:
        le = f"{bound}" if bound != LATE_BOUNDS_MS[-1] else "+Inf"
        up_to = gone[f"{_LATE}{le}"]
        counts[float(bound)], seen = up_to - seen, up_to
    return counts


async def read_metrics(hub: WorkerHub) -> dict[str, float]:
    """All samples of the picture process, labels behind the name. Raises ControlError."""
    answer = await hub.request(WorkerKind.PICTURE, ReadMetrics())
    if not isinstance(answer, Metrics):
        raise BenchError("no metrics")
    return {one.name + "".join(one.labels.values()): one.value for one in answer.samples}
