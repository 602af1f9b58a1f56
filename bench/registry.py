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
    rounds: int = 8
    """Unless another number is asked for."""


BENCHES: dict[str, Entry] = {
    "audiobridge": Entry(
        "bench.audiobridge", "19 talkers: media and sound beside Janus' AudioBridge (needs root)"
    ),
    "estimate": Entry("bench.estimate", "a transport-wide report, from datagram to estimate"),
    "exchange": Entry(
        "bench.exchange", "3 minutes of talk, 5 sites on lines from clean to lossy, as heard", 9
    ),
    "flood": Entry("bench.flood", "datagrams of strangers and forged ones, CPU for each"),
    "forward": Entry(
        "bench.forward", "1 publisher, 18 subscribers beside Janus' VideoRoom (needs root)", 4
    ),
    "glass": Entry("bench.glass", "camera to receiver through the programme, and takes to air"),
    "join": Entry(
        "bench.join", "19 sites join within a second: link to decoded camera and programme", 6
    ),
    "link": Entry("bench.link", "framed worker link against UDP on loopback, CPU per packet"),
    "picture": Entry(
        "bench.picture", "programme of 19 sites, alone and beside a browser that mixes", 4
    ),
    "picture_soak": Entry(
        "bench.picture_soak", "minutes of programme beside sound and forwarding", 10
    ),
    "room": Entry(
        "bench.room", "19 sites in three layers: desk and programme, then the full mesh", 4
    ),
    "room_soak": Entry(
        "bench.room_soak", "minutes of a whole room, desk and mesh: media's memory stays flat", 20
    ),
    "sound_beside": Entry(
        "bench.sound_beside", "how late sound's ticks begin while picture works beside it", 4
    ),
    "sound": Entry("bench.sound", "19 sources and 19 returns in virtual time, share of a core"),
}
