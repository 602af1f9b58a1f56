"""SRTP sessions from the keys of a DTLS handshake (RFC 5764 section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pylibsrtp import Policy, Session

WINDOW_PACKETS: Final = 1024
"""Replay window of both directions; a plain retransmission may be this old."""


@dataclass(frozen=True, slots=True)
class SrtpProfile:
    """A protection profile; lengths in bytes."""

    name: bytes
    """OpenSSL's name for it."""
    policy: int
    key_bytes: int
    salt_bytes: int

    @property
    def keying_bytes(self) -> int:
        """How much to export from the handshake."""
        return 2 * (self.key_bytes + self.salt_bytes)


# The DTLS server chooses by its own order, and GCM costs well under half of CM with SHA1.
PROFILES: Final = (
    SrtpProfile(b"SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    SrtpProfile(b"SRTP_AEAD_AES_256_GCM", Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12),
    SrtpProfile(b"SRTP_AES128_CM_SHA1_80", Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
)


@dataclass(frozen=True, slots=True)
class SrtpSessions:
    """Both directions of one connection."""

    profile: str
    inbound: Session
    outbound: Session


def profile_named(name: bytes) -> SrtpProfile | None:
    """Return the profile OpenSSL calls `name`, or None."""
    return next((profile for profile in PROFILES if profile.name == name), None)


def make_sessions(profile: SrtpProfile, keying: bytes, *, is_server: bool) -> SrtpSessions:
    """Split the exported keying material (client key, server key, client salt, server salt)."""
    key, salt = profile.key_bytes, profile.salt_bytes
    client = keying[:key] + keying[2 * key : 2 * key + salt]
    server = keying[key : 2 * key] + keying[2 * key + salt : 2 * (key + salt)]
    received, sent = (client, server) if is_server else (server, client)
    return SrtpSessions(
        profile=profile.name.decode(),
        inbound=_session(profile, received, Policy.SSRC_ANY_INBOUND),
        outbound=_session(profile, sent, Policy.SSRC_ANY_OUTBOUND),
    )


def _session(profile: SrtpProfile, key: bytes, direction: int) -> Session:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile.policy)
    # A packet is only ever repeated byte for byte, so its ciphertext repeats too.
    policy.allow_repeat_tx = True
    policy.window_size = WINDOW_PACKETS
    return Session(policy)
