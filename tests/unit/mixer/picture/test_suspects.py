"""Lives of the picture process, one after another over the same file."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mixer.picture.decode import Decoder
from mixer.picture.feed import Feed
from mixer.picture.intake import Intakes
from mixer.picture.slate import SlateReason
from mixer.picture.suspects import (
    CRASH_FILE,
    DECODERS_FILE,
    FORGIVEN_NS,
    LEFT_OUT_NS,
    SLOTS,
    Suspects,
)
from mixer.wire.ids import PublicationId
from mixer.wire.link import LinkMessage, LinkSubscribe
from mixer.wire.picture import PictureSource
from tests.picture_studio import wait

BAD, GOOD = 7, 8
THREADS = {BAD: 0x7F0011, GOOD: 0x7F0022}
LIFE = """
import ctypes, sys, threading
from pathlib import Path
from mixer.picture.suspects import Suspects, watch_crashes

folder = Path(sys.argv[1])
suspects = Suspects(folder, 0)
watch_crashes(folder)

def decode(publication, deadly):
    suspects.note(publication, threading.get_ident())
    barrier.wait()
    if deadly:
        ctypes.CDLL(None).strlen(None)  # without the interpreter lock, as a codec
    threading.Event().wait()

barrier = threading.Barrier(2)
for publication, deadly in ((7, True), (8, False)):
    threading.Thread(target=decode, args=(publication, deadly), daemon=True).start()
threading.Event().wait()
"""


def die_of(folder: Path, publication: int | None) -> Suspects:
    """A life that ends in a decoder (None: that was killed from outside); what it knew before."""
    life = Suspects(folder, 0)
    for one, thread in THREADS.items():
        life.note(one, thread)
    told = "" if publication is None else f"{THREADS[publication]:#018x}"
    text = f"Fatal Python error: Segmentation fault\n\nCurrent thread {told} (most recent\n"
    (folder / CRASH_FILE).write_text(text if told else "", encoding="ascii")
    return life


def test_a_source_that_kills_twice_is_left_out_and_others_are_not(tmp_path: Path) -> None:
    assert not die_of(tmp_path, BAD).left_out(BAD)
    assert not die_of(tmp_path, BAD).left_out(BAD)
    life = Suspects(tmp_path, 0)
    assert life.left_out(BAD)
    assert not life.left_out(GOOD)


def test_who_is_left_out_stays_so_over_other_deaths_and_is_tried_again_later(
    tmp_path: Path,
) -> None:
    die_of(tmp_path, BAD)
    die_of(tmp_path, BAD)
    assert die_of(tmp_path, GOOD).left_out(BAD)
    life = die_of(tmp_path, BAD)
    assert not life.advance(LEFT_OUT_NS - 1)
    assert life.advance(LEFT_OUT_NS)
    assert not life.left_out(BAD)
    # Once more is enough now.
    assert Suspects(tmp_path, 0).left_out(BAD)


def test_a_long_life_clears_who_had_one_strike(tmp_path: Path) -> None:
    die_of(tmp_path, BAD)
    (tmp_path / CRASH_FILE).write_bytes(b"")
    life = Suspects(tmp_path, 0)
    life.advance(FORGIVEN_NS)
    life = die_of(tmp_path, BAD)
    assert not Suspects(tmp_path, 0).left_out(BAD)


def test_a_process_killed_from_outside_accuses_nobody(tmp_path: Path) -> None:
    for _ in range(5):
        die_of(tmp_path, None)
    life = Suspects(tmp_path, 0)
    assert not life.left_out(BAD)
    assert not life.left_out(GOOD)


def test_one_hang_leaves_a_source_out_until_its_decoder_is_gone_and_two_minutes_are_over(
    tmp_path: Path,
) -> None:
    life = Suspects(tmp_path, 0)
    for one, thread in THREADS.items():
        life.note(one, thread)
    life.leave_out(BAD, 1000)
    assert life.left_out(BAD)
    assert not life.left_out(GOOD)
    assert (life.hanging, life.deadly) == ({BAD}, set())
    assert not life.advance(1000 + LEFT_OUT_NS - 1, {BAD})
    assert not life.advance(1000 + LEFT_OUT_NS, {BAD})
    assert life.left_out(BAD)
    assert life.advance(1000 + 2 * LEFT_OUT_NS)
    assert not life.left_out(BAD)
    assert not life.hanging


def test_a_hang_is_remembered_by_the_next_life_as_a_hang(tmp_path: Path) -> None:
    life = Suspects(tmp_path, 0)
    for one, thread in THREADS.items():
        life.note(one, thread)
    life.leave_out(BAD, 0)
    life = Suspects(tmp_path, 0)
    assert (life.hanging, life.deadly) == ({BAD}, set())
    life = die_of(tmp_path, BAD)
    # It hung, and then its thread killed the process: that is what counts.
    assert (Suspects(tmp_path, 0).hanging, Suspects(tmp_path, 0).deadly) == (set(), {BAD})


def test_a_real_death_tells_whose_decoder_it_was(tmp_path: Path) -> None:
    for _ in range(2):
        ended = subprocess.run([sys.executable, "-c", LIFE, str(tmp_path)], check=False, timeout=60)
        assert ended.returncode == -signal.SIGSEGV
    life = Suspects(tmp_path, 0)
    assert life.left_out(BAD)
    assert not life.left_out(GOOD)


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\xff" * (SLOTS * 24)])
def test_damaged_files_begin_anew_or_are_bounded(tmp_path: Path, content: bytes) -> None:
    (tmp_path / DECODERS_FILE).write_bytes(content)
    (tmp_path / CRASH_FILE).write_bytes(content)
    life = Suspects(tmp_path, 0)
    assert not life.left_out(BAD)
    for publication in range(1, 2 * SLOTS):
        life.note(publication, publication)
    assert (tmp_path / DECODERS_FILE).stat().st_size == SLOTS * 24


def test_a_source_left_out_is_not_taken_in_and_says_so_until_it_may() -> None:
    messages: list[LinkMessage] = []
    out = {BAD}
    intakes = Intakes(messages.append, left_out=out.__contains__)
    intakes.put(PictureSource(publication=PublicationId(BAD), seat="a", title="a"))
    intakes.put(PictureSource(publication=PublicationId(GOOD), seat="b", title="b"))
    intakes.want("ab")

    def subscribed() -> set[int]:
        return {one.publication for one in messages if isinstance(one, LinkSubscribe)}

    assert subscribed() == {GOOD}
    assert intakes.feed("a").at(1000).slate is SlateReason.FAULTY
    out.clear()
    intakes.settle()
    assert subscribed() == {BAD, GOOD}


def test_a_decoder_tells_its_own_thread() -> None:
    told: list[int] = []
    decoder = Decoder("vp8", Feed(), "7-0", began=lambda: told.append(threading.get_ident()))
    wait(lambda: bool(told))
    assert told[0] != threading.get_ident()
    decoder.close()
    assert decoder.join(60)
