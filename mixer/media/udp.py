"""The one UDP socket of the media process."""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass
from typing import Final

WANTED_BUFFER_BYTES: Final = 4 * 1024 * 1024
SMALL_BUFFER_BYTES: Final = 1024 * 1024
"""Below this a burst of key frames may be lost while the process is not scheduled."""
_SO_SNDBUFFORCE: Final = 32
_SO_RCVBUFFORCE: Final = 33


class PortTakenError(Exception):
    """Another process has the port."""


@dataclass(slots=True, frozen=True)
class UdpPort:
    """The socket and what the kernel granted, in bytes of payload and bookkeeping."""

    socket: socket.socket
    host: str
    port: int
    receive_buffer: int
    send_buffer: int

    @property
    def is_small(self) -> bool:
        """Whether the kernel granted less than `SMALL_BUFFER_BYTES`."""
        return min(self.receive_buffer, self.send_buffer) < SMALL_BUFFER_BYTES


def open_udp_port(host: str, port: int) -> UdpPort:
    """Bind; port 0 takes a free one. Raises `PortTakenError`, or OSError for other causes."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    opened.setblocking(False)  # noqa: FBT003  takes no keyword
    try:
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(f"UDP port {port} of {host} is taken") from error
        raise
    return UdpPort(
        socket=opened,
        host=host,
        port=opened.getsockname()[1],
        receive_buffer=_raise_buffer(opened, socket.SO_RCVBUF, _SO_RCVBUFFORCE),
        send_buffer=_raise_buffer(opened, socket.SO_SNDBUF, _SO_SNDBUFFORCE),
    )


def _raise_buffer(opened: socket.socket, option: int, force: int) -> int:
    try:
        opened.setsockopt(socket.SOL_SOCKET, force, WANTED_BUFFER_BYTES)
    except OSError:  # needs CAP_NET_ADMIN; the plain option goes up to the kernel's limit
        opened.setsockopt(socket.SOL_SOCKET, option, WANTED_BUFFER_BYTES)
    # Linux doubles what was asked, for its bookkeeping (socket(7)).
    return opened.getsockopt(socket.SOL_SOCKET, option) // 2


def candidate_hosts(host: str, advertised: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses to show to browsers, the best first."""
    if advertised:
        return advertised
    if not ipaddress.ip_address(host).is_unspecified:
        return (host,)
    return (*_outward_hosts(), "127.0.0.1")


def _outward_hosts() -> tuple[str, ...]:
    """The address the kernel would use towards the internet; sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: an address of no host
        except OSError:
            return ()
        name: str = probe.getsockname()[0]
        return (name,)
