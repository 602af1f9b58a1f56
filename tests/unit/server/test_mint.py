from pathlib import Path

import pytest

from server.mint import BLOCK, Mint
from server.store.database import Database


async def test_no_id_is_minted_twice_over_any_number_of_lives(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "x.db")
    seen: list[int] = []
    for _ in range(3):
        mint = Mint(database)
        for _ in range(BLOCK // 2):
            await mint.refill()
            seen += [mint.new(), mint.new(), mint.new()]
    assert len(set(seen)) == len(seen)
    assert min(seen) >= 1
    await database.close()


async def test_minting_without_refilling_is_a_bug(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "x.db")
    with pytest.raises(RuntimeError):
        Mint(database).new()
    await database.close()
