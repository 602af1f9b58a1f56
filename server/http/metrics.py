"""`/metrics` in Prometheus' text format: the workers' samples and the server's own."""

from __future__ import annotations

import asyncio
import collections
import resource
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from mixer.wire.control import ControlError, Metric, Metrics, ReadMetrics
from mixer.wire.ids import WorkerKind
from signaling.seats import Presence

if TYPE_CHECKING:
    from .context import Context

_log = structlog.get_logger(__name__)
COUNTED = {
    "request": "Requests of pages and of the HTTP interface, by kind.",
    "error": "Errors told to clients, by id.",
    "report": "Reports of workers, by worker and kind.",
    "state": "Changes of state by what changed, and messages deferred because a line was full.",
    "disconnected": "Connections ended by the server, by reason.",
    "dropped": "Things not kept, by reason.",
    "levels": "Levels not told, by reason.",
    "store": "Changes that were made before the disk had them, by reason.",
}
PAGE_BYTES = resource.getpagesize()


def _own(context: Context) -> list[Metric]:
    conference = context.conference
    samples = [
        Metric(
            name=f"lianxian_server_{what}_total",
            value=count,
            labels={"what": which},
            help=COUNTED[what],
        )
        for (what, which), count in sorted(conference.counters.items())
    ]
    presences = collections.Counter(
        device.presence for device in conference.cores.seats.devices.values()
    )
    samples += [
        Metric(
            name="lianxian_server_devices",
            value=presences[presence],
            labels={"presence": presence},
            kind="gauge",
            help="Devices that sit at seats.",
        )
        for presence in (Presence.PRESENT, Presence.AWAY)
    ]
    samples += [
        Metric(
            name="lianxian_server_peer",
            value=1.0,
            labels={
                "peer": str(peer),
                "seat": sitting.device.seat,
                "device": sitting.device.kind,
                "direction": direction,
            },
            kind="gauge",
            help="Which seat a peer connection belongs to, for the metrics of media.",
        )
        for sitting in conference.sitting()
        for peer, direction in (
            (sitting.wiring.receive_peer, "receive"),
            (sitting.wiring.send_peer, "send"),
        )
        if peer
    ]
    journal = context.journal
    gauges = {
        "connections": (len(context.gateway.connections), "Pages connected."),
        "state_revision": (conference.state.revision, "Revision of the state map."),
        "session_time_seconds": (conference.now_ms() / 1000, "The event's clock."),
        "memory_bytes": (_memory_bytes(), "Resident memory."),
    }
    counters = {
        "store_writes_total": (journal.written, "Rows written."),
        "store_failures_total": (journal.failed, "Transactions that failed and were tried again."),
        "store_dropped_total": (journal.dropped_full, "Audit rows lost to a full disk."),
        "cpu_seconds_total": (_cpu_seconds(), "Processor time of the server process."),
    }
    for kind, group in (("gauge", gauges), ("counter", counters)):
        samples += [
            Metric(name=f"lianxian_server_{name}", value=value, kind=kind, help=text)
            for name, (value, text) in group.items()
        ]
    return samples


def _memory_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_BYTES


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _of_worker(context: Context, kind: WorkerKind) -> list[Metric]:
    workers = context.conference.workers
    samples: list[Metric] = []
    up = workers.connected(kind)
    if up:
        try:
            outcome = await workers.request(kind, ReadMetrics())
        except ControlError as error:
            _log.warning("metrics.worker_silent", worker=kind, error=error.error)
            up = False
        else:
            samples = list(outcome.samples) if isinstance(outcome, Metrics) else []
    samples.append(
        Metric(
            name="lianxian_server_worker_up",
            value=float(up),
            labels={"worker": kind},
            kind="gauge",
            help="Whether a worker is there and answers.",
        )
    )
    return samples


async def collect(context: Context) -> list[Metric]:
    """Everything there is to know now; workers are asked at the same time."""
    groups = await asyncio.gather(*(_of_worker(context, kind) for kind in WorkerKind))
    return [*_own(context), *(sample for group in groups for sample in group)]


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def prometheus_text(samples: list[Metric]) -> str:
    """Samples of one name stand together, below its help and type."""
    named: dict[str, list[Metric]] = {}
    for sample in samples:
        named.setdefault(sample.name, []).append(sample)
    lines = []
    for name, group in named.items():
        if group[0].help:
            lines.append(f"# HELP {name} {_escaped(group[0].help)}")
        lines.append(f"# TYPE {name} {group[0].kind}")
        for sample in group:
            pairs = ",".join(f'{key}="{_escaped(text)}"' for key, text in sample.labels.items())
            lines.append(f"{name}{{{pairs}}} {sample.value}" if pairs else f"{name} {sample.value}")
    return "\n".join(lines) + "\n"
