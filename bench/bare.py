"""The least a forwarder can do, as a process of its own: what every candidate must pay here.

Keys are agreed beforehand, so it needs neither ICE nor DTLS: see `bench._bare` for what it does.
"""

import asyncio
import json
import secrets
import socket
import struct
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from bench._bare import relay
from bench.descriptions import TakenLine, one_profile
from bench.forwarding_server import Take
from bench.load_drive import Drive
from bench.load_publisher import Publisher
from bench.load_takers import Takers
from bench.workers import BenchError
from mixer.transport.identity import Identity
from mixer.transport.srtp import PROFILES, SrtpSessions, make_sessions
from server.simulate.connection import Connection

START_S = 20.0
PROFILE = PROFILES[0]
_ADDRESS = struct.Struct("=H2s4s8x")
"""A `sockaddr_in`."""


class Keyed(NamedTuple):
    """What the relay is told of a connection."""

    port: int
    keying: str
    """In hexadecimal digits."""

    def sessions(self) -> SrtpSessions:
        """The relay's."""
        return make_sessions(PROFILE, bytes.fromhex(self.keying), is_server=True)


Routes = list[tuple[int, list[int]]]
"""By SSRC: the places of those who take it."""


class KeyedConnection(Connection):
    """A connection whose keys were agreed beforehand."""

    def __init__(self, identity: Identity, address: str) -> None:
        super().__init__(identity, _nothing, _nothing)
        self._keying = secrets.token_bytes(2 * (PROFILE.key_bytes + PROFILE.salt_bytes))
        self._socket.bind((address, 0))
        self.told = Keyed(self._socket.getsockname()[1], self._keying.hex())

    def reach(self, address: str, port: int) -> None:
        """Where the relay is."""
        self._remote = (address, port)

    def take_over(self) -> tuple[socket.socket, SrtpSessions]:
        """As of one that shook hands."""
        self._socket.connect(self._remote)
        return self._socket, make_sessions(PROFILE, self._keying, is_server=False)


@asynccontextmanager
async def running_bare(
    address: str, publishers: Sequence[Publisher], takes: Sequence[Sequence[Take]]
) -> AsyncIterator[Drive]:
    """The relay with all publishers and takers; ended afterwards.

    Raises BenchError when it does not start.
    """
    identity = one_profile()
    senders = [KeyedConnection(identity, address) for _ in publishers]
    receivers = [KeyedConnection(identity, address) for _ in takes]
    lines = [_lines(publishers, wanted) for wanted in takes]
    routes = [_routes(publisher, lines) for publisher in publishers]
    told = [
        address,
        [(*one.told, route) for one, route in zip(senders, routes, strict=True)],
        [one.told for one in receivers],
    ]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.bare"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    takers = Takers(list(publishers), len(takes))
    try:
        port = await _port(process, json.dumps(told))
        for one in (*senders, *receivers):
            one.reach(address, port)
        for publisher, sender in zip(publishers, senders, strict=True):
            publisher.start(sender, 0)
        for receiver, taken in zip(receivers, lines, strict=True):
            takers.add(receiver, taken)
        yield Drive(list(publishers), takers, (process.pid,))
    finally:
        takers.close()
        for publisher in publishers:
            publisher.close()
        if process.returncode is None:
            process.kill()
        await process.wait()


def _lines(publishers: Sequence[Publisher], wanted: Sequence[Take]) -> list[TakenLine]:
    """A taker's streams: those of the publishers, as nothing is rewritten."""
    found = []
    for take in wanted:
        publisher = publishers[take.publisher]
        if take.video:
            found.append(("video", publisher.video[take.layer].ssrc))
        if take.audio:
            found.append(("audio", publisher.audio.ssrc))
    return [TakenLine(str(mid), kind, ssrc, 0, 0) for mid, (kind, ssrc) in enumerate(found)]


def _routes(publisher: Publisher, lines: Sequence[Sequence[TakenLine]]) -> Routes:
    taken_by: dict[int, list[int]] = {one.ssrc: [] for one in (*publisher.video, publisher.audio)}
    for place, wanted in enumerate(lines):
        for line in wanted:
            if line.ssrc in taken_by:
                taken_by[line.ssrc].append(place)
    return list(taken_by.items())


async def _port(process: asyncio.subprocess.Process, told: str) -> int:
    assert process.stdin is not None  # noqa: S101  asked for
    assert process.stdout is not None  # noqa: S101  asked for
    process.stdin.write(told.encode() + b"\n")
    try:
        async with asyncio.timeout(START_S):
            line = await process.stdout.readline()
    except TimeoutError:
        raise BenchError(f"the bare relay is not up in {START_S:.0f} s") from None
    if not line:
        raise BenchError(f"the bare relay ended with status {await process.wait()}")
    return int(line)


def _nothing(_packet: bytes) -> None:
    """The load reads its sockets itself."""


def main() -> None:
    """The relay's process: read who there is, say the port, pass on."""
    address, senders, takers = json.loads(sys.stdin.readline())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind((address, 0))
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 << 20)
        sys.stdout.write(f"{opened.getsockname()[1]}\n")
        sys.stdout.flush()
        relay(
            opened.fileno(),
            [
                (port, Keyed(port, keys).sessions().inbound, routes)
                for port, keys, routes in senders
            ],
            [(_packed(address, one.port), one.sessions().outbound) for one in map(_keyed, takers)],
        )


def _keyed(told: tuple[int, str]) -> Keyed:
    return Keyed(*told)


def _packed(address: str, port: int) -> bytes:
    return _ADDRESS.pack(socket.AF_INET, port.to_bytes(2), socket.inet_aton(address))


if __name__ == "__main__":
    main()
