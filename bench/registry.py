"""The benches there are. A bench is loaded only when it runs, as some need a peer installed."""

from typing import NamedTuple, Protocol

from bench.report import Measurement


class Bench(Protocol):
    """What a bench module offers."""

    def measure(self, rounds: int) -> list[Measurement]:
        """Measure in `rounds` alternating rounds.

        Raises ValueError when `rounds` is below `bench.alternate.MINIMUM_ROUNDS`.
        """


class Entry(NamedTuple):
    """Where a bench is and what it says."""

    module: str
    summary: str


BENCHES: dict[str, Entry] = {
    "audiobridge": Entry(
        "bench.audiobridge", "19 talkers: media and sound beside Janus' AudioBridge (needs root)"
    ),
    "link": Entry("bench.link", "framed worker link against UDP on loopback, CPU per packet"),
    "picture": Entry("bench.picture", "programme of 19 tiles: decode, compose, encode per frame"),
    "sound": Entry("bench.sound", "19 sources and 19 returns in virtual time, share of a core"),
}
