"""A picture that tells whether it is whole: its number, a checksum, and blocks that follow from it.

16 x 9 blocks in two shades of grey. The first 24 are the number, the next 8 its checksum; every
other block keeps its shade for 16 pictures, so that an error in what a decoder refers to shows.
`coded_picture.js` is the same for pages.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

COLUMNS: Final = 16
ROWS: Final = 9
BLOCKS: Final = COLUMNS * ROWS
NUMBER_BITS: Final = 24
CHECK_BITS: Final = 8
DARK, LIGHT = 56, 200
PAGE_SCRIPT: Final = Path(__file__).with_suffix(".js")
_MASK: Final = 0xFFFFFFFF


def mixed(number: int, block: int) -> int:
    """32 bits that follow from both."""
    value = (number * 2_654_435_761 + block * 40_503 + 12_345) & _MASK
    value ^= value >> 15
    value = value * 2_246_822_519 & _MASK
    return value ^ value >> 13


def bits_of(number: int) -> list[int]:
    """The shades of all blocks of a picture, row by row."""
    check = mixed(number, 1000)
    head = [number >> bit & 1 for bit in range(NUMBER_BITS)]
    head += [check >> bit & 1 for bit in range(CHECK_BITS)]
    rest = range(len(head), BLOCKS)
    return head + [mixed((number + block) >> 4, block) & 1 for block in rest]


def luma_of(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """The picture, height x width."""
    shades = np.array(bits_of(number), dtype=np.uint8).reshape(ROWS, COLUMNS)
    rows = np.arange(height) * ROWS // height
    columns = np.arange(width) * COLUMNS // width
    blocks: NDArray[np.uint8] = np.where(shades[rows][:, columns] == 1, LIGHT, DARK)
    return blocks.astype(np.uint8)


class Reading(NamedTuple):
    """What a decoded picture tells; `wrong` blocks of 112, or -1: not even its number."""

    number: int
    wrong: int


def read_bits(luma: NDArray[np.uint8]) -> list[int]:
    """The shades of all blocks of a picture of any size, height x width."""
    height, width = luma.shape
    found = []
    for block in range(BLOCKS):
        row, column = divmod(block, COLUMNS)
        top, bottom = (row * 4 + 1) * height // (ROWS * 4), (row * 4 + 3) * height // (ROWS * 4)
        left, right = (column * 4 + 1) * width // (COLUMNS * 4), (column * 4 + 3) * width // 64
        found.append(int(luma[top:bottom, left:right].mean() > (DARK + LIGHT) / 2))
    return found


def wrong_blocks(found: list[int], number: int) -> int:
    """How many of the 144 are not those of a picture."""
    return sum(a != b for a, b in zip(found, bits_of(number), strict=True))


def read(luma: NDArray[np.uint8], after: int = -1) -> Reading:
    """Read a picture; with `after`, a number to come soon is known in spite of a wrong block."""
    found = read_bits(luma)
    number = sum(bit << index for index, bit in enumerate(found[:NUMBER_BITS]))
    head = NUMBER_BITS + CHECK_BITS
    if found[:head] == bits_of(number)[:head]:
        return Reading(number, wrong_blocks(found, number))
    if after >= 0:
        near = min(range(after, after + 60), key=lambda one: wrong_blocks(found, one))
        if wrong_blocks(found, near) <= 2:
            return Reading(near, wrong_blocks(found, near))
    return Reading(number, -1)
