from typing import cast

from mixer.forward.interface import Fanout
from mixer.media.pauses import Pause, Pauses


class Told:
    def __init__(self) -> None:
        self.calls: list[tuple[int, bool]] = []

    def set_paused(self, out: int, *, paused: bool) -> None:
        self.calls.append((out, paused))


def test_an_out_stream_goes_on_when_no_reason_is_left() -> None:
    told = Told()
    pauses = Pauses(cast("Fanout", told))
    assert not pauses.set(7, Pause.STALLED, paused=True)
    assert not pauses.set(7, Pause.STALLED, paused=True)
    assert pauses.set(7, Pause.STALLED, paused=False)
    assert not pauses.set(7, Pause.STALLED, paused=False)
    assert told.calls == [(7, True), (7, False)]


def test_one_that_was_removed_comes_back_without_reasons() -> None:
    told = Told()
    pauses = Pauses(cast("Fanout", told))
    pauses.set(7, Pause.STALLED, paused=True)
    pauses.forget(7)
    assert not pauses.set(7, Pause.STALLED, paused=False)
    assert told.calls == [(7, True)]
