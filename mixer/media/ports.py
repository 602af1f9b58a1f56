"""The ports of the media process, opened together."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Final

from mixer.forward.interface import Address
from mixer.media.tcp import open_tcp_port
from mixer.media.udp import PortTakenError, UdpPort, candidate_hosts, open_udp_port
from mixer.wire.boot import Boot

_TRIES: Final = 16


@dataclass(slots=True, frozen=True)
class Candidates:
    """Addresses that descriptions show, the best first."""

    udp: tuple[Address, ...]
    tcp: tuple[Address, ...] = ()


@dataclass(slots=True, frozen=True)
class Ports:
    """Both sockets, bound."""

    udp: UdpPort
    tcp: socket.socket | None

    @property
    def tcp_port(self) -> int:
        """0 without one."""
        return self.tcp.getsockname()[1] if self.tcp is not None else 0

    def candidates(self, advertised: tuple[str, ...]) -> Candidates:
        """What descriptions show."""
        hosts = candidate_hosts(self.udp.host, advertised)
        tcp = tuple((host, self.tcp_port) for host in hosts) if self.tcp is not None else ()
        return Candidates(tuple((host, self.udp.port) for host in hosts), tcp)


def open_ports(boot: Boot) -> Ports:
    """Bind as told. Raises `PortTakenError`, or OSError for other causes.

    Where any UDP port will do, one is looked for whose number is free for TCP as well.
    """
    for _ in range(_TRIES):
        udp = open_udp_port(boot.udp_host, boot.udp_port)
        if not boot.ice_tcp:
            return Ports(udp, None)
        try:
            return Ports(udp, open_tcp_port(boot.udp_host, boot.tcp_port or udp.port))
        except BaseException as error:
            udp.socket.close()
            may_try_again = isinstance(error, PortTakenError) and not (
                boot.udp_port or boot.tcp_port
            )
            if not may_try_again:
                raise
    raise PortTakenError(f"no port of {boot.udp_host} is free for both UDP and TCP")
