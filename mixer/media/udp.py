"""The one UDP socket of the media process."""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass
from typing import Final

from mixer.forward.interface import Address

_MAPPED: Final = "::ffff:"
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
        if family == socket.AF_INET6:
            only = not ipaddress.ip_address(host).is_unspecified
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(only))
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


def unmapped(address: Address) -> Address:
    """Return an address as people and STUN write it: a dual-stack socket shows IPv4 as IPv6."""
    host = address[0]
    return (host.removeprefix(_MAPPED), address[1]) if host.startswith(_MAPPED) else address


def candidate_hosts(host: str, advertised: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses to show to browsers, the best first.

    IPv4 comes first: encoders that try one candidate only reach it from most networks.
    """
    if advertised:
        return advertised
    bound = ipaddress.ip_address(host)
    if not bound.is_unspecified:
        return (host,)
    v4 = (*_outward_hosts(socket.AF_INET, "192.0.2.1"), "127.0.0.1")
    if bound.version == 4:
        return v4
    v6 = (*_outward_hosts(socket.AF_INET6, "2001:db8::1"), *_loopback_v6())
    return (*v4[:-1], *v6[:-1], v4[-1], *v6[-1:])


def _outward_hosts(family: socket.AddressFamily, nobody: str) -> tuple[str, ...]:
    """The address the kernel would use towards the internet; sends nothing.

    `nobody` is an address of no host (RFC 5737, RFC 3849).
    """
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((nobody, 9))
            name: str = probe.getsockname()[0]
    except OSError:
        return ()
    return (name,)


def _loopback_v6() -> tuple[str, ...]:
    """``::1`` where the kernel has it."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return ()
    return ("::1",)
