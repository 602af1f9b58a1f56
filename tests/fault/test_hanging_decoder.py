"""A decoder that hangs without dying: its thread is stopped, all others go on.

No bitstream is known that does it, so the test stops the thread from outside.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fault.steady import (
    PLAYED_S,
    SEATS,
    check_sites_are_whole,
    check_undisturbed,
    finish,
    holds,
)
from tests.harness.frozen_thread import frozen
from tests.harness.listener import Listener
from tests.harness.serving import Serving, wait_for

pytestmark = pytest.mark.system
HUNG = "condition/picture.decoder_hung/"
TOLD_WITHIN_S = 15
"""Five seconds without progress, by a watch that does not count what the process stood still."""


def hung(serving: Serving) -> dict[str, Any]:
    """What the desk is told of sources whose decoders hang, by publication."""
    state: dict[str, Any] = serving.call("GET", "/state")["state"]
    return {key.removeprefix(HUNG): one for key, one in state.items() if key.startswith(HUNG)}


async def test_its_source_is_left_out_and_told_and_nothing_else_suffers(
    serving: Serving, listener: Listener, session: Path
) -> None:
    started_ns = time.monotonic_ns()
    await listener.hears(PLAYED_S, timeout_s=10, since_ns=started_ns)
    epoch = serving.table()["picture"]["epoch"]
    threads = serving.threads("picture", "decode-")
    assert len(threads) == len(SEATS)
    assert hung(serving) == {}
    with frozen(threads[-1]):
        frozen_ns = time.monotonic_ns()
        await until(lambda: len(hung(serving)) == 1, TOLD_WITHIN_S)
        (told,) = hung(serving).values()
        assert told["values"]["source"] == "camera"
        names = {serving.state(f"seat/{seat}")["name"] for seat in SEATS}
        assert told["values"]["name"] in names
        assert holds(serving, "picture_decoders") == len(SEATS) - 1
        # It hung while the programme went on: all frames, the others decoded, the same process.
        before = holds(serving, "picture_decoded_total")
        seen_ns = time.monotonic_ns()
        await listener.hears(PLAYED_S, timeout_s=10, since_ns=seen_ns)
        assert holds(serving, "picture_decoded_total") > before
        assert len(listener.since("video", seen_ns)) > 0
        assert threads[-1] in serving.threads("picture", "decode-")
    await until(lambda: threads[-1] not in serving.threads("picture", "decode-"), 10)
    assert serving.table()["picture"]["epoch"] == epoch
    assert listener.missing("video", started_ns) == 0
    assert len(listener.since("video", frozen_ns)) > 0
    check_undisturbed(listener, started_ns, "audio", "video")
    check_sites_are_whole(session, await finish(serving, session))


async def until(true: Callable[[], bool], timeout_s: float) -> None:
    """Wait while the listener goes on."""
    await asyncio.to_thread(wait_for, true, timeout_s, "it is so")
