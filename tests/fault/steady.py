"""A call that is recorded while a process of it dies: what must not suffer."""

import asyncio
import itertools
import signal
import time
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from recorder.manifest import Manifest, read_manifest
from recorder.verify import verify_session
from server.simulate.loops import sample_forms
from tests.harness.listener import Listener
from tests.harness.serving import Serving

SEATS = ("beijing", "hunan", "bj-studio")
TRACKS = 2 * len(SEATS) + 2
BACK_WITHIN_S = 2.0
UNDISTURBED_MS = 700.0
POLL_S = 0.05
PLAYED_S = 1.5
"""Recorded before and after each death."""


def holds(serving: Serving, name: str) -> float:
    return serving.metric(f"lianxian_{name}")


class Back:
    """How long it took, less what this machine kept the test itself waiting."""

    def __init__(
        self,
        serving: Serving,
        name: str,
        how: signal.Signals = signal.SIGKILL,
        thread: str | None = None,
    ) -> None:
        """``thread``: the signal meets the thread whose name begins so."""
        self._serving = serving
        self._name = name
        self.killed_ns = time.monotonic_ns()
        self.epoch = serving.kill(name, how, thread)

    async def at(self, is_wanted: Callable[[], bool], timeout_s: float = 15.0) -> float:
        """Wait for a new life in the wanted state; the seconds it took."""
        stalled_s = 0.0
        while True:
            if await asyncio.to_thread(self._reached, is_wanted):
                return (time.monotonic_ns() - self.killed_ns) / 1e9 - stalled_s
            waited_s = (time.monotonic_ns() - self.killed_ns) / 1e9
            if waited_s > timeout_s:
                pytest.fail(f"{self._name} was not back in {timeout_s:g} s")
            before = time.monotonic()
            await asyncio.sleep(POLL_S)
            stalled_s += max(0.0, time.monotonic() - before - 2 * POLL_S)

    def _reached(self, is_wanted: Callable[[], bool]) -> bool:
        if self._serving.table()[self._name]["epoch"] <= self.epoch:
            return False
        try:
            return self._serving.ready() and is_wanted()
        except OSError:
            return False


async def finish(serving: Serving, session: Path) -> Manifest:
    """Stop the recording; it must verify, by the server's word and by decoding it all."""
    await asyncio.to_thread(serving.stop_recording)
    report = await asyncio.to_thread(verify_session, session)
    assert report.ok, report.summary
    return read_manifest(session)


def check_sites_are_whole(session: Path, manifest: Manifest) -> None:
    """Every packet of every site is in its file: nothing missing, nothing twice."""
    iso = [file for file in manifest.files if file.role == "iso"]
    rates = dict(zip(SEATS, (form.frames_per_second for form in sample_forms()), strict=False))
    assert {(file.seat, file.kind) for file in iso} == {
        (seat, kind) for seat in SEATS for kind in ("audio", "video")
    }
    for file in iso:
        assert file.gaps == (), (file.path, file.gaps)
        step_ms = 20.0 if file.kind == "audio" else 1000 / rates[file.seat]
        times = unit_times_ms(session / file.path)
        steps = [after - before for before, after in itertools.pairwise(times)]
        assert min(steps) > 0, (file.path, min(steps))
        assert max(steps) < 1.6 * step_ms, (file.path, max(steps))
        length_ms = times[-1] - times[0]
        # Clocks are slewed by up to half a percent, more on a machine that stands now and then.
        assert abs(len(steps) * step_ms - length_ms) < 2 * step_ms + length_ms / 100, file.path


def unit_times_ms(path: Path, kind: str = "") -> list[float]:
    """Of all units, or those of one kind."""
    with av.open(str(path)) as container:
        return [
            float(packet.pts * packet.time_base) * 1000
            for packet in container.demux(
                [one for one in container.streams if kind in ("", one.type)]
            )
            if packet.pts is not None
        ]


def check_undisturbed(listener: Listener, since_ns: int, *kinds: str) -> None:
    for kind in kinds:
        silence_ms = listener.longest_silence_ms(kind, since_ns)
        stall_ms = listener.longest_stall_ms(since_ns)
        assert silence_ms < UNDISTURBED_MS + stall_ms, f"{silence_ms:.0f} ms without {kind}"
        assert listener.missing(kind, since_ns) == 0


def check_programme_goes_on(
    session: Path, manifest: Manifest, away_ms: float, stalled_frames: int, deaths: int = 1
) -> None:
    """One file with a marked gap of picture for each death, every other frame, and all sound.

    ``stalled_frames``: what the mixer says it left out, as the machine stood for over a second.
    """
    (programme,) = (file for file in manifest.files if file.role == "programme")
    assert [(gap.kind, gap.reason) for gap in programme.gaps] == [("video", "stream")] * deaths
    # What a receiver saw of it; a first frame may be lost to one of them while links come up.
    assert max(gap.to_ms - gap.from_ms for gap in programme.gaps) < away_ms + 500
    pictures, sounds = (
        unit_times_ms(session / programme.path, kind) for kind in ("video", "audio")
    )
    steps = [(after - before) / 40 for before, after in itertools.pairwise(sorted(pictures))]
    # Frame numbers go on where the clock is: what is missing are whole frames, those of the gap.
    assert all(step == pytest.approx(round(step), abs=0.04) for step in steps)
    missing = sum(round(step) - 1 for step in steps)
    within = sum(round((gap.to_ms - gap.from_ms) / 40) for gap in programme.gaps)
    assert within - deaths <= missing <= within + deaths + stalled_frames
    for before, after in itertools.pairwise(sounds):
        assert after - before == pytest.approx(1024 / 48, abs=1.5)
