"""`kill -9` of each process in a running event: it is back at once and the call goes on."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from server.simulate.signal import SignalError
from signaling.wire.messages import Reconnect
from tests.fault.steady import (
    BACK_WITHIN_S,
    PLAYED_S,
    POLL_S,
    SEATS,
    TRACKS,
    Back,
    check_programme_goes_on,
    check_sites_are_whole,
    check_undisturbed,
    finish,
    holds,
    unit_times_ms,
)
from tests.harness.listener import Listener
from tests.harness.serving import Serving, wait_for
from tests.harness.simulated import SimulatedSites

pytestmark = pytest.mark.system


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


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV], ids=["kill", "segv"])
async def test_a_picture_process_that_dies_costs_two_seconds_of_picture_and_no_sound(
    serving: Serving, listener: Listener, session: Path, how: signal.Signals
) -> None:
    started_ns = time.monotonic_ns()
    stalled = holds(serving, "picture_holes_total")
    await listener.hears(PLAYED_S, timeout_s=10, since_ns=started_ns)
    stalled = holds(serving, "picture_holes_total") - stalled
    back = Back(serving, "picture", how)
    took_s = await back.at(
        lambda: (
            holds(serving, "picture_decoders") == len(SEATS)
            and holds(serving, "picture_frames_total") > 0
        )
    )
    returned_ns = time.monotonic_ns()
    await listener.hears(PLAYED_S, timeout_s=10, since_ns=returned_ns)
    async with asyncio.timeout(10):
        while len(listener.since("video", returned_ns)) < PLAYED_S * 25:
            await asyncio.sleep(POLL_S)
    check_undisturbed(listener, started_ns, "audio")
    # For receivers it is one stream that pauses: numbers without a gap, times on the grid.
    assert listener.missing("video", started_ns) == 0
    seen = listener.since("video", started_ns)
    assert all((one.timestamp - seen[0].timestamp) % 3600 == 0 for one in seen)
    stalled += holds(serving, "picture_holes_total")
    manifest = await finish(serving, session)
    check_sites_are_whole(session, manifest)
    check_programme_goes_on(
        session, manifest, listener.longest_silence_ms("video", started_ns), round(stalled)
    )
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
