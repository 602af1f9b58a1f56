"""`python -m bench NAME [--json] [--rounds N]`, or `--list`."""

import argparse
import importlib
import sys
from pathlib import Path

from bench.limits import LimitError, load_limits
from bench.registry import BENCHES, Bench
from bench.report import Report, as_json, as_table, judge

LIMITS_PATH = Path(__file__).with_name("limits.toml")


def measure(name: str, rounds: int) -> Report:
    """Run one bench and hold its figures against its limits.

    Raises KeyError for an unknown bench, LimitError when the limits do not fit its figures.
    """
    # Limits first: a broken table must not cost a whole measurement.
    limits = load_limits(LIMITS_PATH).get(name, {})
    bench: Bench = importlib.import_module(BENCHES[name].module)
    return judge(name, bench.measure(rounds), limits)


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 when every figure is within its limit, 1 when one misses, 2 for bad use."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure with limits.")
    parser.add_argument("name", nargs="?", choices=sorted(BENCHES), help="what to measure")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--list", action="store_true", help="name the benches")
    parser.add_argument(
        "--rounds", type=int, help="alternating rounds, at least 4 (default: 8; long ones: 4)"
    )
    options = parser.parse_args(arguments)
    if options.list:
        for name, entry in sorted(BENCHES.items()):
            print(f"{name:12} {entry.summary}")
        return 0
    if options.name is None:
        parser.error("a bench name is needed; --list shows them")
    try:
        rounds = options.rounds or BENCHES[options.name].rounds
        report = measure(options.name, rounds)
    except (LimitError, ValueError) as error:
        print(f"bench {options.name}: {error}", file=sys.stderr)
        return 2
    print(as_json(report) if options.json else as_table(report))
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
