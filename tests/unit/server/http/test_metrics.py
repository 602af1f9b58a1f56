"""Whatever the server counts has its line in `/metrics`."""

import re
from pathlib import Path

from server.http.metrics import COUNTED

SERVER = Path(__file__).resolve().parents[4] / "server"


def test_every_counter_is_described() -> None:
    counted = re.compile(r"""counters\[\s*["'](\w+)["']""")
    used = {
        name for path in SERVER.rglob("*.py") for name in counted.findall(path.read_text("utf-8"))
    }
    assert used == set(COUNTED)
