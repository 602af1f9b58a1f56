"""The certificate this process shows in DTLS, and the TLS context all connections share.

A new key is made at each start: DTLS state dies with the process anyway, and a page learns the
fingerprint from every session description.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from mixer.transport.srtp import PROFILES

_DTLS_1_2: Final = 0xFEFD
_CIPHERS: Final = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    b"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    b"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
)
_LIFETIME: Final = dt.timedelta(days=30)
_DIGESTS: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha-256": hashes.SHA256(),
    "sha-384": hashes.SHA384(),
    "sha-512": hashes.SHA512(),
}
KNOWN_DIGESTS: Final = frozenset(_DIGESTS)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A certificate's digest as `a=fingerprint` carries it (RFC 8122 section 5)."""

    algorithm: str
    """Lower case, such as ``sha-256``."""
    value: str
    """Upper case hexadecimal pairs joined by colons."""


def fingerprint_of(certificate: x509.Certificate, algorithm: str = "sha-256") -> Fingerprint:
    """Return the digest of a certificate; `algorithm` is one of `KNOWN_DIGESTS`."""
    digest = certificate.fingerprint(_DIGESTS[algorithm])
    return Fingerprint(algorithm, digest.hex(":").upper())


class Identity:
    """Key, self-signed certificate and shared context of one process life."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(tz=dt.UTC)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, secrets.token_hex(8))])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + _LIFETIME)
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = fingerprint_of(certificate)
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_min_proto_version(_DTLS_1_2)
        context.set_max_proto_version(_DTLS_1_2)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU | SSL.OP_NO_RENEGOTIATION)
        # Peers' certificates are self-signed too; what counts is the fingerprint in the SDP,
        # which `DtlsEndpoint` compares once the handshake is done (RFC 8827 section 6.5).
        context.set_verify(
            SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_arguments: True
        )
        context.use_certificate(certificate)
        context.use_privatekey(key)
        context.set_cipher_list(_CIPHERS)
        context.set_tlsext_use_srtp(b":".join(profile.name for profile in PROFILES))
        self.context = context
