"""Mints ids from a stored counter, a block at a time, so that minting never waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.store.ids import reserve

if TYPE_CHECKING:
    from server.store.database import Database

BLOCK = 1000
LOW = 300
"""Below this many left, `refill` takes another block. A request mints a handful."""


class Mint:
    """Ids of one process. Numbers of a block that dies with it are never used."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._next = 0
        self._end = 0
        self._spare: tuple[int, int] | None = None

    async def refill(self) -> None:
        """Make sure that enough ids are there. Call it before work that mints."""
        if self._end - self._next >= LOW or self._spare is not None:
            return
        self._spare = (0, 0)  # only one task asks
        try:
            async with self._database.session() as session, session.begin():
                first = await reserve(session, BLOCK)
        except BaseException:
            self._spare = None
            raise
        self._spare = (first, first + BLOCK)
        if self._next == self._end:
            self._take_spare()

    def new(self) -> int:
        """A number that nobody had before. Raises RuntimeError if `refill` was forgotten."""
        if self._next == self._end:
            self._take_spare()
        self._next += 1
        return self._next - 1

    def _take_spare(self) -> None:
        if self._spare is None or self._spare == (0, 0):
            raise RuntimeError("no ids left: the counter was not refilled")
        self._next, self._end = self._spare
        self._spare = None
