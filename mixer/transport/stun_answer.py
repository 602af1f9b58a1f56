"""The answer to a good check, written at once: a dozen a second leave, each from cold caches."""

from __future__ import annotations

import hmac
import ipaddress
import struct
from binascii import crc32
from functools import lru_cache
from typing import Final

COOKIE: Final = b"\x21\x12\xa4\x42"
_SUCCESS: Final = 0x0101
_XOR_MAPPED_ADDRESS: Final = 0x0020
_MESSAGE_INTEGRITY: Final = 0x0008
_FINGERPRINT: Final = 0x8028
_IPV4, _IPV6 = 1, 2
_INTEGRITY_BYTES, _FINGERPRINT_BYTES = 24, 8
"""With the four octets of type and length."""
_FINGERPRINT_XOR: Final = 0x5354554E
_FIRST_COOKIE: Final = 0x2112


def success(transaction_id: bytes, mapped: tuple[str, int], key: bytes) -> bytes:
    """A binding success response (RFC 8489 section 6.3.1.1) with integrity and fingerprint.

    `mapped` is the address that the request came from, `key` the password of our credentials.
    Raises ValueError when the address is none.
    """
    packed = _packed(mapped[0])
    family = _IPV4 if len(packed) == 4 else _IPV6
    mask = (COOKIE + transaction_id)[: len(packed)]
    masked = int.from_bytes(packed) ^ int.from_bytes(mask)
    body = struct.pack(
        "!HHBBH",
        _XOR_MAPPED_ADDRESS,
        4 + len(packed),
        0,
        family,
        mapped[1] ^ _FIRST_COOKIE,
    ) + masked.to_bytes(len(packed))
    signed = _header(len(body) + _INTEGRITY_BYTES, transaction_id) + body
    signature = hmac.digest(key, signed, "sha1")
    body += struct.pack("!HH", _MESSAGE_INTEGRITY, len(signature)) + signature
    whole = _header(len(body) + _FINGERPRINT_BYTES, transaction_id) + body
    return whole + struct.pack("!HHI", _FINGERPRINT, 4, crc32(whole) ^ _FINGERPRINT_XOR)


def _header(length: int, transaction_id: bytes) -> bytes:
    return struct.pack("!HH", _SUCCESS, length) + COOKIE + transaction_id


@lru_cache(maxsize=256)
def _packed(host: str) -> bytes:
    return ipaddress.ip_address(host).packed
