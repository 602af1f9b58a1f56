"""A clip whose reading hangs, as on a disk that answers no more: its thread is stopped."""

import time
from typing import Any

import pytest

from tests.fault.steady import PLAYED_S, SEATS
from tests.fault.test_hanging_decoder import TOLD_WITHIN_S, until
from tests.harness.frozen_thread import frozen
from tests.harness.listener import Listener
from tests.harness.serving import Serving
from tests.picture_films import make_film
from tests.picture_streams import BLUE, GREEN

pytestmark = pytest.mark.system
BAD, GOOD = "bad.mp4", "good.mp4"
LONGEST_MS = 2500.0
"""Without a packet, on a busy machine; what waited for the clip would be longer without."""
HUNG = f"condition/picture.clip_hung/{BAD}"


def clip(serving: Serving) -> tuple[str, str]:
    told: dict[str, Any] = serving.state("clip")
    return told.get("file", ""), told.get("state", "")


async def test_it_ends_where_it_is_and_is_told_and_the_next_one_plays(
    serving: Serving, listener: Listener
) -> None:
    folder = serving.data / "clips"
    folder.mkdir(exist_ok=True)
    make_film(folder / BAD, 40, BLUE)
    make_film(folder / GOOD, 2, GREEN)
    epoch = serving.table()["picture"]["epoch"]
    play(serving, BAD)
    await until(lambda: clip(serving) == (BAD, "playing"), 5)
    (thread,) = serving.threads("picture", "clip-clip")
    with frozen(thread):
        frozen_ns = time.monotonic_ns()
        await until(lambda: serving.state(HUNG) != {}, TOLD_WITHIN_S)
        assert clip(serving) == (BAD, "ended")
        assert serving.state("clip")["text"] == "picture.clip_hung"
        # Its last picture stands, a take goes on air, and another clip is played.
        serving.put_on_air("two_halls", *SEATS[:2])
        play(serving, GOOD)
        await until(lambda: clip(serving) == (GOOD, "ended"), 8)
        # The bad one is not opened as long as its thread is there.
        serving.put_on_air("two_halls", *SEATS[:2])
        play(serving, BAD)
        await until(lambda: clip(serving) == (BAD, "refused"), 5)
        assert serving.threads("picture", "clip-clip") == [thread]
        await listener.hears(PLAYED_S, timeout_s=10, since_ns=time.monotonic_ns())
        for kind in ("audio", "video"):
            assert listener.longest_silence_ms(kind, frozen_ns) < LONGEST_MS
    await until(lambda: serving.state(HUNG) == {}, 10)
    assert serving.table()["picture"]["epoch"] == epoch


def play(serving: Serving, file: str) -> None:
    """Cue it and take it."""
    serving.call("PUT", "/programme/clip", {"file": file, "loop": False})
    serving.put_on_air("full", "clip")
