"""Debian's coturn on loopback, with a secret for credentials that expire."""

import datetime as dt
import ipaddress
import secrets
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .serving import Serving, free_media_port, free_port, wait_for

REALM = "lianxian.test"
RELAY_ONLY = """
const Plain = window.RTCPeerConnection;
const narrowed = (configuration) => ({ ...configuration, iceTransportPolicy: "relay",
  iceServers: configuration.iceServers.map((server) =>
    ({ ...server, urls: server.urls.filter((url) => url === %r) })) });
window.connections = [];
window.RTCPeerConnection = class extends Plain {
  constructor(configuration) {
    super(narrowed(configuration));
    window.connections.push(this);
  }
  setConfiguration(configuration) {
    super.setConfiguration(narrowed(configuration));
  }
};
"""
"""For a page, before its own, with one of `Coturn.uris`: media goes by that relay or not at all."""


class Coturn:
    """UDP and TCP on one port, TLS on another."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.secret_file = folder / "turn.secret"
        self.secret = secrets.token_hex(16)
        self.secret_file.write_text(f"{self.secret}\n")
        self.secret_file.chmod(0o600)
        self.port, self.tls_port = free_media_port(), free_port(socket.SOCK_STREAM)
        self.log = folder / "coturn.log"
        certificate, key = _certificate(folder)
        configuration = folder / "turnserver.conf"
        configuration.write_text(
            f"""listening-ip=127.0.0.1
relay-ip=127.0.0.1
listening-port={self.port}
tls-listening-port={self.tls_port}
cert={certificate}
pkey={key}
realm={REALM}
use-auth-secret
static-auth-secret={self.secret}
allow-loopback-peers
no-multicast-peers
no-cli
verbose
pidfile={folder / "coturn.pid"}
userdb={folder / "turndb"}
log-file=stdout
"""
        )
        self._configuration = configuration
        self._process = self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as out:
            return subprocess.Popen(
                ["turnserver", "-c", str(self._configuration)],
                stdout=out,
                stderr=out,
                cwd=self._configuration.parent,
            )

    def restart(self) -> None:
        """Every relay is gone; it listens where it did."""
        self.stop()
        self._process = self._launch()
        self.start()

    @property
    def uris(self) -> tuple[str, str, str]:
        """By UDP, by TCP, by TLS."""
        plain = f"turn:127.0.0.1:{self.port}?transport="
        return f"{plain}udp", f"{plain}tcp", f"turns:127.0.0.1:{self.tls_port}?transport=tcp"

    def start(self) -> None:
        """Wait until it listens."""
        wait_for(self._listens, 10, "coturn listens")

    def _listens(self) -> bool:
        for port in (self.port, self.tls_port):
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", port)) != 0:
                    return False
        return True

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, REALM)])
    now = dt.datetime.now(tz=dt.UTC)
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([loopback]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "turn.pem", folder / "turn.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@contextmanager
def relaying(coturn: Coturn, folder: Path, **settings: str) -> Iterator[Serving]:
    """A server whose clients may use the relay."""
    running = Serving(
        folder / "data",
        ice_servers=",".join(coturn.uris),
        turn_secret_file=str(coturn.secret_file),
        **settings,
    )
    try:
        running.start()
        yield running
    finally:
        running.end()
