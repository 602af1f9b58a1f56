"""Drives a load in ticks of 5 ms and holds its own punctuality against it."""

import asyncio
import time
from dataclasses import dataclass

from bench.load_publisher import TICK_NS, Publisher
from bench.load_takers import Takers
from bench.processes import Cpu, read_cpu
from bench.workers import BenchError

FEEDBACK_TICKS = 20
"""100 ms."""
REPORT_TICKS = NACK_TICKS = 200
MOST_LATE = 0.1
"""Of the ticks; a load that is later has measured itself."""
LATE_NS = 5_000_000


@dataclass(slots=True)
class Span:
    """One measured stretch."""

    cpu: Cpu
    elapsed_s: float
    forwarded: int
    """Packets that receivers got."""
    octets: int
    missing: int
    late: float
    """Share of ticks that began more than 5 ms late."""
    delays_ns: list[int]

    @property
    def us_per_packet(self) -> float:
        """All-in CPU of the server's processes."""
        return self.cpu.total_ns / 1000 / max(self.forwarded, 1)


class Drive:
    """Publishers and takers of one server."""

    def __init__(self, publishers: list[Publisher], takers: Takers, pids: tuple[int, ...]) -> None:
        self.publishers = publishers
        self.takers = takers
        self.pids = pids
        self._tick = 0
        self._next_ns = 0
        self._late = 0

    async def run(self, seconds: float) -> int:
        """Let it play; how many ticks that were."""
        now_ns = time.monotonic_ns()
        end_ns = now_ns + int(seconds * 1e9)
        self._next_ns = max(self._next_ns, now_ns)
        begun = self._tick
        while self._next_ns < end_ns:
            now_ns = time.monotonic_ns()
            if now_ns < self._next_ns:
                await asyncio.sleep((self._next_ns - now_ns) / 1e9)
                continue
            self._late += now_ns - self._next_ns > LATE_NS
            self._next_ns += TICK_NS
            self._step()
            await asyncio.sleep(0)
        return self._tick - begun

    def _step(self) -> None:
        for publisher in self.publishers:
            publisher.tick()
            publisher.drain()
        self.takers.drain()
        for taker in self.takers.takers:
            # Spread over the ticks, as receivers are not in step.
            if (self._tick + taker.index) % FEEDBACK_TICKS == 0:
                self.takers.report(taker)
            if (self._tick + taker.index * 7) % REPORT_TICKS == 0:
                self.takers.answer_senders(taker)
            if (self._tick + taker.index * 11) % NACK_TICKS == 0:
                self.takers.ask_again(taker)
        self._tick += 1

    async def measure(self, settle_s: float, measured_s: float) -> Span:
        """Settle, measure, and let the last packets and repairs come in.

        Raises BenchError when the load was late, something is missing, or a sample was refused.
        """
        await self.run(settle_s)
        self.takers.restart()
        self._late = 0
        before, begun_s = read_cpu(self.pids), time.monotonic()
        ticks = await self.run(measured_s)
        cpu, elapsed_s = read_cpu(self.pids).since(before), time.monotonic() - begun_s
        late = self._late / max(ticks, 1)
        counted = [one for taker in self.takers.takers for one in self.takers.received(taker)]
        forwarded, octets = sum(one.packets for one in counted), sum(one.octets for one in counted)
        delays_ns = list(self.takers.delays_ns)
        await self.run(0.3)
        counted = [one for taker in self.takers.takers for one in self.takers.received(taker)]
        # The newest may be on the way for repair; 0.3 s bring all older ones.
        missing = sum(max(one.missing - 1, 0) for one in counted)
        if late > MOST_LATE:
            raise BenchError(f"{late:.0%} of the load's ticks were late")
        if not self.takers.opened or self.takers.refused:
            raise BenchError(f"{self.takers.opened} samples opened, {self.takers.refused} refused")
        return Span(cpu, elapsed_s, forwarded, octets, missing, late, delays_ns)

    def live(self) -> dict[str, int]:
        """Counters that show that checks, feedback and repair were on, both sides."""
        takers, publishers = self.takers.takers, self.publishers
        return {
            "checks": sum(one.connection.checks_answered for one in takers),
            "feedback_to_server": sum(one.reports_sent for one in takers),
            "feedback_from_server": sum(one.feedback_packets for one in publishers),
            "rtcp_from_server": sum(one.rtcp_received for one in takers),
            "nacks_to_server": sum(one.nacks_sent for one in takers),
            "nacks_from_server": sum(one.nacked for one in publishers),
            "held_back": sum(one.held_back for one in publishers),
            "repaired_by_publisher": sum(one.repaired for one in publishers),
            "repairs_from_server": self.takers.repeated(),
        }
