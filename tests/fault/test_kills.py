"""`kill -9` of each process in a running event: it is back at once and the call goes on."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import av
import pytest
import pytest_asyncio

from recorder.manifest import Manifest, read_manifest
from recorder.verify import verify_session
from server.simulate.loops import sample_forms
from server.simulate.signal import SignalError
from signaling.wire.messages import Reconnect
from tests.harness.listener import Listener
from tests.harness.serving import Serving, wait_for
from tests.harness.simulated import SimulatedSites

pytestmark = pytest.mark.system
SEATS = ("beijing", "hunan", "bj-studio")
TRACKS = 2 * len(SEATS) + 2
BACK_WITHIN_S = 2.0
UNDISTURBED_MS = 700.0
POLL_S = 0.05
PLAYED_S = 1.5
"""Recorded before and after each death."""


@pytest.fixture(scope="module")
def sites(serving: Serving) -> Iterator[SimulatedSites]:
    running = SimulatedSites(serving, *SEATS)
    try:
        running.wait_joined()
        serving.put_on_air("grid", *SEATS)
        yield running
    finally:
        running.end()


@pytest_asyncio.fixture
async def listener(serving: Serving, sites: SimulatedSites) -> AsyncIterator[Listener]:
    opened = Listener(serving.link("hn-studio"))
    try:
        await opened.open()
        await opened.hears(0.2, timeout_s=10)
        yield opened
    finally:
        await opened.close()


@pytest.fixture
def session(serving: Serving, sites: SimulatedSites) -> Iterator[Path]:
    """A recording that runs, with all tracks open."""
    started = serving.start_recording()
    wait_for(lambda: holds(serving, "recorder_tracks") == TRACKS, 10, "all tracks are recorded")
    yield started
    if serving.state("recording")["state"] == "recording":  # the test failed before its end
        serving.call("DELETE", "/recording")


def holds(serving: Serving, name: str) -> float:
    return serving.metric(f"lianxian_{name}")


class Back:
    """How long it took, less what this machine kept the test itself waiting."""

    def __init__(self, serving: Serving, name: str) -> None:
        self._serving = serving
        self._name = name
        self.killed_ns = time.monotonic_ns()
        self.epoch = serving.kill(name)

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
        assert abs(len(steps) * step_ms - (times[-1] - times[0])) < 2 * step_ms, file.path


def unit_times_ms(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [
            float(packet.pts * packet.time_base) * 1000
            for packet in container.demux()
            if packet.pts is not None
        ]


def check_undisturbed(listener: Listener, since_ns: int, *kinds: str) -> None:
    for kind in kinds:
        silence_ms = listener.longest_silence_ms(kind, since_ns)
        stall_ms = listener.longest_stall_ms(since_ns)
        assert silence_ms < UNDISTURBED_MS + stall_ms, f"{silence_ms:.0f} ms without {kind}"
        assert listener.missing(kind, since_ns) == 0


async def test_a_killed_recorder_is_back_and_has_lost_nothing(
    serving: Serving, listener: Listener, session: Path
) -> None:
    started_ns = time.monotonic_ns()
    await listener.hears(PLAYED_S, timeout_s=10, since_ns=started_ns)
    back = Back(serving, "recorder")
    took_s = await back.at(lambda: holds(serving, "recorder_tracks") == TRACKS)
    await listener.hears(PLAYED_S, timeout_s=10, since_ns=time.monotonic_ns())
    check_undisturbed(listener, started_ns, "audio", "video")
    check_sites_are_whole(session, await finish(serving, session))
    assert took_s < BACK_WITHIN_S


async def test_a_killed_sound_process_is_back_with_all_sources(
    serving: Serving, listener: Listener, session: Path
) -> None:
    started_ns = time.monotonic_ns()
    await listener.hears(PLAYED_S, timeout_s=10, since_ns=started_ns)
    back = Back(serving, "sound")
    took_s = await back.at(lambda: sources_heard(serving) == len(SEATS))
    returned_ns = time.monotonic_ns()
    await listener.hears(PLAYED_S, timeout_s=10, since_ns=returned_ns)
    check_undisturbed(listener, started_ns, "video")
    check_undisturbed(listener, returned_ns + 500_000_000, "audio")
    check_sites_are_whole(session, await finish(serving, session))
    assert took_s < BACK_WITHIN_S


def sources_heard(serving: Serving) -> int:
    return sum(
        value > 0
        for name, value in serving.metrics().items()
        if name.startswith("lianxian_sound_packets_total")
    )


async def test_a_killed_picture_process_is_back_with_the_scene(
    serving: Serving, listener: Listener, session: Path
) -> None:
    started_ns = time.monotonic_ns()
    await listener.hears(PLAYED_S, timeout_s=10, since_ns=started_ns)
    back = Back(serving, "picture")
    took_s = await back.at(
        lambda: (
            holds(serving, "picture_decoders") == len(SEATS)
            and holds(serving, "picture_frames_total") > 0
        )
    )
    returned_ns = time.monotonic_ns()
    await listener.hears(PLAYED_S, timeout_s=10, since_ns=returned_ns)
    check_undisturbed(listener, started_ns, "audio")
    assert len(listener.since("video", returned_ns)) > PLAYED_S * 25 * 0.8
    check_sites_are_whole(session, await finish(serving, session))
    assert took_s < BACK_WITHIN_S


async def test_a_killed_server_is_back_and_nobody_noticed(
    serving: Serving, listener: Listener, session: Path
) -> None:
    handshakes = holds(serving, "media_handshakes_total")
    scene = serving.state("programme")["on_air"]
    started_ns = time.monotonic_ns()
    await listener.hears(PLAYED_S, timeout_s=10, since_ns=started_ns)
    back = Back(serving, "server")
    took_s = await back.at(lambda: serving.state("recording")["state"] == "recording")
    await listener.hears(PLAYED_S, timeout_s=10, since_ns=time.monotonic_ns())
    await asyncio.to_thread(all_connected, serving)
    check_undisturbed(listener, started_ns, "audio", "video")
    assert serving.state("programme")["on_air"] == scene
    assert holds(serving, "media_handshakes_total") == handshakes, "somebody connected anew"
    check_sites_are_whole(session, await finish(serving, session))
    assert took_s < BACK_WITHIN_S


def all_connected(serving: Serving, timeout_s: float = 20.0) -> None:
    """Wait until every site is connected, in the server's eyes."""

    def connected(seat: str) -> bool:
        devices = serving.state(f"seat/{seat}").get("devices", [])
        return any(device["connection"] == "connected" for device in devices)

    for seat in SEATS:
        wait_for(partial(connected, seat), timeout_s, f"{seat} is connected")


async def test_after_media_died_everybody_connects_anew(
    serving: Serving, sites: SimulatedSites, listener: Listener, session: Path
) -> None:
    await listener.hears(PLAYED_S, timeout_s=10, since_ns=time.monotonic_ns())
    back = Back(serving, "media")
    took_s = await back.at(lambda: True)
    returned_ns = time.monotonic_ns()
    async with asyncio.timeout(10):
        while Reconnect(direction="subscribe", reason="media_restarted") not in listener.notices:
            await asyncio.sleep(0.02)
    await retried(listener.subscribe)
    await asyncio.to_thread(all_connected, serving)
    await listener.hears(PLAYED_S, timeout_s=10, since_ns=returned_ns)
    await asyncio.to_thread(wait_for, lambda: sources_heard(serving) == len(SEATS), 10, "sound")
    await finish(serving, session)
    assert took_s < BACK_WITHIN_S


async def retried(what: Callable[[], Awaitable[None]]) -> None:
    for _ in range(10):
        try:
            await what()
        except SignalError as error:
            if error.error != "media.unavailable":
                raise
            await asyncio.sleep(0.3)
        else:
            return
    pytest.fail("media stayed unavailable")


async def test_an_ordered_stop_closes_the_recording_and_the_next_start_goes_on(
    serving: Serving, sites: SimulatedSites, session: Path
) -> None:
    await asyncio.sleep(PLAYED_S)
    scene = serving.state("programme")["on_air"]
    assert await asyncio.to_thread(serving.stop) == 0
    closed = sorted((session / "iso").iterdir())
    assert len(closed) == 2 * len(SEATS)
    for path in closed:
        assert len(unit_times_ms(path)) > 10
    serving.start()
    assert serving.state("recording")["session"] == session.name
    assert serving.state("recording")["state"] == "recording"
    assert serving.state("programme")["on_air"] == scene
    await asyncio.to_thread(all_connected, serving)
    await asyncio.sleep(PLAYED_S)
    manifest = await finish(serving, session)
    iso = {(file.seat, file.kind) for file in manifest.files if file.role == "iso"}
    assert iso == {(seat, kind) for seat in SEATS for kind in ("audio", "video")}
