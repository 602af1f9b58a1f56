"""Runs a supervisor with idle children: ``python supervised.py DATA_DIR``."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from server.settings import load_settings
from server.supervisor.children import START_ORDER
from server.supervisor.lock import lock_data
from server.supervisor.supervisor import Supervisor


async def main() -> int:
    settings = load_settings(environment={}, data_dir=Path(sys.argv[1]))
    lock_data(settings.data_dir, settings.run_path)
    return await Supervisor(settings, dict.fromkeys(START_ORDER, "idle_child")).run()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
