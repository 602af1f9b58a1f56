"""What the supervisor hands to a child at its start."""

from __future__ import annotations

from pathlib import Path

import msgspec

from .ids import WorkerKind


class Boot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a worker needs before it reaches the server.

    The supervisor mints ``epoch`` anew for each life of a worker, so that the
    server can tell a worker that came back from one that never left.
    """

    kind: WorkerKind
    epoch: int
    run_dir: Path
    """Holds the Unix sockets; only this user may enter."""
    data_dir: Path
    log_level: str = "info"
    log_format: str = "console"
    """``console`` or ``json``."""
    redact_addresses: bool = True
    udp_host: str = "127.0.0.1"
    udp_port: int = 0
    ice_tcp: bool = True
    """Whether peers may connect by TCP where UDP does not pass."""
    tcp_port: int = 0
    """0: the number of the UDP port."""
    advertised_addresses: tuple[str, ...] = ()
    compiled: bool = True
    """Whether media may use the compiled fan-out where it is present."""

    @property
    def control_socket(self) -> Path:
        """Unix stream socket on which the server listens for workers."""
        return self.run_dir / "control.sock"

    @property
    def link_socket(self) -> Path:
        """Unix stream socket on which media listens for sound, picture, recorder."""
        return self.run_dir / "link.sock"
