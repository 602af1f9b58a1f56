"""What a conference left behind: counts, loads and rows that do not come from the recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from .figures import Counts
from .verdict import Row, Verdict, on_time_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signaling.wire.state import RecordingView

    from .plan import Step
    from .usage import Load


class Simulated(msgspec.Struct):
    """The newest line of `lianxian simulate`, as far as it is used here."""

    joined: int = 0
    sent: int = 0
    received: int = 0
    lost: int = 0
    repaired: int = 0
    repeated: int = 0
    skipped_late: int = 0
    late_ms: float = 0.0
    seats: dict[str, dict[str, object]] = {}

    @property
    def taken_over(self) -> frozenset[str]:
        """Seats at which somebody else sits now."""
        return frozenset(seat for seat, one in self.seats.items() if one.get("taken_over"))


@dataclass(slots=True)
class Held:
    """What a conference left behind for the verdict."""

    session: str = ""
    stage: dict[str, int] = field(default_factory=dict)
    checks: list[Step] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    recorded_s: float = 0.0
    origin_monotonic_s: float = 0.0
    joined: int = 0
    counted: Counts | None = None
    loads: dict[str, Load] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)
    recording: RecordingView | None = None
    simulated: Simulated = field(default_factory=Simulated)

    @property
    def on_time(self) -> float:
        """Share of the programme's frames that were composed in time."""
        counted = self.counted
        if counted is None:
            return 0.0
        return on_time_share(counted.frames, counted.stale, counted.holes)


def held_rows(held: Held) -> list[Row]:
    """Who joined, whether the recorder was content, whether a process died."""
    wanted = len(held.stage)
    recording = held.recording
    state = recording.state if recording is not None else "never finished"
    text = recording.text if recording is not None else ""
    restarts = ", ".join(f"{name} {count} times" for name, count in held.restarts.items())
    return [
        Row(
            name="joined",
            value=f"{held.joined} of {wanted}",
            limit="all",
            ok=held.joined == wanted > 0,
        ),
        Row(
            name="processes",
            value=f"started anew: {restarts}" if restarts else "none died",
            limit="none dies",
            ok=not restarts,
        ),
        Row(
            name="recorder",
            value=f"{state} ({text})" if text else state,
            limit="verified",
            ok=state == "verified",
        ),
    ]


def figure_texts(held: Held) -> dict[str, str]:
    """What was counted, for the table."""
    counted, simulated = held.counted, held.simulated
    texts = {
        "simulated sites": f"{simulated.sent} packets sent, {simulated.received} received, "
        f"{simulated.lost} lost, {simulated.repaired} repaired, {simulated.repeated} sent again",
    }
    if simulated.skipped_late:
        texts["simulated, too late"] = f"{simulated.skipped_late} frames and packets never sent"
    if counted is not None:
        texts["media"] = (
            f"{counted.packets_in:.0f} packets in, {counted.packets_out:.0f} out, "
            f"{counted.lost:.0f} lost, {counted.recovered:.0f} repaired, "
            f"{counted.resent:.0f} sent again"
        )
        texts["programme"] = (
            f"{counted.frames:.0f} frames made, {counted.holes:.0f} holes, "
            f"{counted.stale:.0f} stale repeats, {100 * held.on_time:.2f} % on time"
        )
        texts["sound"] = (
            f"{counted.ticks:.0f} ticks mixed, {counted.ticks_late:.0f} over 20 ms late, "
            f"{counted.ticks_skipped:.0f} given up"
        )
    recording = held.recording
    if recording is not None:
        texts["recording"] = (
            f"{recording.files} files, {recording.size_bytes / 1e6:.1f} MB, "
            f"{recording.duration_ms / 1000:.1f} s"
        )
    return texts


def _steps(steps: Sequence[Step]) -> list[dict[str, object]]:
    return [
        {"cue": step.cue, "at_s": step.at_s, "until_s": step.until_s, "on_air": step.scene.slots}
        for step in steps
    ]


def report(held: Held, rows: Sequence[Row], verdict: Verdict, directory: str) -> bytes:
    """The JSON file: everything the table tells and more."""
    content = {
        "verdict": verdict.outcome,
        "why": verdict.why,
        "session": directory,
        "joined": held.joined,
        "recorded_s": round(held.recorded_s, 3),
        "frames_on_time": round(held.on_time, 5),
        "counted": held.counted._asdict() if held.counted is not None else {},
        "simulated": {
            name: getattr(held.simulated, name)
            for name in ("sent", "received", "lost", "repaired", "repeated", "skipped_late")
        },
        "processes": {name: load._asdict() for name, load in held.loads.items()},
        "sound_checks": _steps(held.checks),
        "steps": _steps(held.steps),
        "checks": rows,
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"
