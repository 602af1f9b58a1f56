"""What a simulated site's picture and sound carry, so that a recording can be judged.

Picture: a row of eight cells in the middle of the picture, each black or white in
a grey frame: five bits of the site's number, one of parity, two of a counter that
steps every 0.4 s (Gray code), so that a still picture is told from a moving one.
Sound: a tone of its own above the speech-like band. The flash hall adds, about every
2 s, a white patch in the upper right corner for two frames and a beep that begins with
the first of them (lip-sync is measured on these). It plays at `FLASH_HALL_RATE`: against
the programme's 25 frames a second each flash then stands at another phase, so that their
median is free of the half frame by which any picture is early or late.

All places are fractions of the picture's width and height, so that they can be
found again in any slot that shows the whole picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

CELLS = 8
NUMBER_BITS = 5
CELL_WIDTH = 0.10
CELL_HEIGHT = 0.17
CELL_GAP = 0.012
CODE_TOP = 0.36
CODE_LEFT = (1 - CELLS * CELL_WIDTH - (CELLS - 1) * CELL_GAP) / 2
COUNTER_STEP_S = 0.4
GRAY = (0b00, 0b01, 0b11, 0b10)

TONE_BASE_HZ = 3000.0
TONE_STEP_HZ = 187.0
TONE_SHIFT_HZ = 2.5
TONE_SHIFTS = 19
"""Evenly spaced tones would meet each other's products (2a - b) exactly where a limiter works,
and pass for a site's own sound; so each is shifted by another small step."""
TONE_LEVEL_DB = -26.0
SPEECH_CEILING_HZ = 2200.0
"""Speech-like sound stays below, beep and tones above."""

LOOP_S = 8
"""What a site shows and says repeats after this; whole rounds of the counter."""
FLASH_HALL_RATE = 24
FLASH_EVERY_FRAMES = 55
FLASH_FRAMES = 2
BEEP_HZ = 2600.0
BEEP_S = 0.06
BEEP_LEVEL_DB = -10.0


class Rectangle(NamedTuple):
    """Fractions of the picture: left, top, width, height."""

    left: float
    top: float
    width: float
    height: float


FLASH_PATCH = Rectangle(0.80, 0.06, 0.16, 0.20)


def cell_rectangle(index: int) -> Rectangle:
    """Where cell ``index`` (0 is the leftmost) stands."""
    left = CODE_LEFT + index * (CELL_WIDTH + CELL_GAP)
    return Rectangle(left, CODE_TOP, CELL_WIDTH, CELL_HEIGHT)


def cells(number: int, time_s: float) -> tuple[bool, ...]:
    """The eight cells (True is white) of site ``number`` (0 to 31) at loop time ``time_s``."""
    bits = [bool(number >> bit & 1) for bit in reversed(range(NUMBER_BITS))]
    parity = sum(bits) % 2 == 0
    counter = GRAY[int(time_s / COUNTER_STEP_S + 1e-6) % len(GRAY)]
    return (*bits, parity, bool(counter & 2), bool(counter & 1))


class Code(NamedTuple):
    """What was read: the site's number and the counter's step 0 to 3."""

    number: int
    counter: int


def read_cells(white: Sequence[bool]) -> Code | None:
    """The code of eight cells; None when the parity is wrong (no site's picture)."""
    bits = white[:NUMBER_BITS]
    if white[NUMBER_BITS] != (sum(bits) % 2 == 0):
        return None
    number = sum(bit << place for place, bit in enumerate(reversed(bits)))
    return Code(number, GRAY.index(white[NUMBER_BITS + 1] << 1 | white[NUMBER_BITS + 2]))


def flash_frames(frames_per_second: int) -> range:
    """Frames of the loop with which a flash and its beep begin."""
    return range(0, LOOP_S * frames_per_second - FLASH_FRAMES, FLASH_EVERY_FRAMES)


def tone_hz(number: int) -> float:
    """The tone of site ``number``."""
    return TONE_BASE_HZ + TONE_STEP_HZ * number + TONE_SHIFT_HZ * (number**3 % TONE_SHIFTS)
