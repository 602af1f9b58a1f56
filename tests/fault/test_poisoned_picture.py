"""A source whose pictures kill their decoder, and with it the process, as codecs are C.

The fault is a segmentation fault of the thread that decodes that source, as long as it does. No
bitstream is known that does it, so the test sends the signal.
"""

import asyncio
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.fault.steady import (
    BACK_WITHIN_S,
    PLAYED_S,
    SEATS,
    Back,
    check_programme_goes_on,
    check_sites_are_whole,
    check_undisturbed,
    finish,
    holds,
)
from tests.harness.listener import Listener
from tests.harness.serving import Serving, wait_for

pytestmark = pytest.mark.system
STRIKES = 2
LEFT_OUT = "condition/picture.source_left_out/"


def left_out(serving: Serving) -> dict[str, Any]:
    """What the desk is told of sources that are not decoded, by publication."""
    state: dict[str, Any] = serving.call("GET", "/state")["state"]
    return {
        key.removeprefix(LEFT_OUT): value
        for key, value in state.items()
        if key.startswith(LEFT_OUT)
    }


def decoded(serving: Serving) -> list[str]:
    """The publications that are decoded, by the names of threads."""
    tasks = Path(f"/proc/{serving.table()['picture']['pid']}/task").iterdir()
    names = [(task / "comm").read_text().strip() for task in tasks]
    return sorted(name.split("-")[1] for name in names if name.startswith("decode-"))


async def test_it_costs_two_seconds_of_picture_twice_then_its_source_is_left_out(
    serving: Serving, listener: Listener, session: Path
) -> None:
    started_ns = time.monotonic_ns()
    await listener.hears(PLAYED_S, timeout_s=10, since_ns=started_ns)
    *fine, poisoned = decoded(serving)
    assert len(fine) == len(SEATS) - 1
    assert left_out(serving) == {}
    stalled, took_s = holds(serving, "picture_holes_total"), []
    for strike in range(1, STRIKES + 1):
        decoders = len(SEATS) if strike < STRIKES else len(fine)
        back = Back(serving, "picture", signal.SIGSEGV, f"decode-{poisoned}-")
        took_s.append(
            await back.at(
                lambda decoders=decoders: (  # type: ignore[misc]
                    holds(serving, "picture_decoders") == decoders
                    and holds(serving, "picture_decoded_total") > 0
                    and holds(serving, "picture_frames_total") > 0
                )
            )
        )
        returned_ns = time.monotonic_ns()
        async with asyncio.timeout(10):
            while len(listener.since("video", returned_ns)) < PLAYED_S * 25:
                await asyncio.sleep(0.05)
    assert max(took_s) < BACK_WITHIN_S
    await asyncio.to_thread(
        wait_for, lambda: set(left_out(serving)) == {poisoned}, 5, "the desk is told"
    )
    told = left_out(serving)[poisoned]["values"]
    assert told["source"] == "camera"
    assert serving.state(f"seat/{seat_named(serving, told['name'])}")["devices"]
    assert decoded(serving) == fine
    # Nothing of sound, and for receivers one stream that pauses twice.
    check_undisturbed(listener, started_ns, "audio")
    assert listener.missing("video", started_ns) == 0
    seen = listener.since("video", started_ns)
    assert all((one.timestamp - seen[0].timestamp) % 3600 == 0 for one in seen)
    away_ms = listener.longest_silence_ms("video", started_ns)
    assert away_ms < BACK_WITHIN_S * 1000 + listener.longest_stall_ms(started_ns)
    stalled = holds(serving, "picture_holes_total") + max(stalled, 0)
    manifest = await finish(serving, session)
    # Its own track is recorded whole: nothing decodes that.
    check_sites_are_whole(session, manifest)
    check_programme_goes_on(session, manifest, away_ms, round(stalled), deaths=STRIKES)


def seat_named(serving: Serving, name: str) -> str:
    """The seat of this name among those that play."""
    named = {serving.state(f"seat/{seat}")["name"]: seat for seat in SEATS}
    return named[name]
