"""Chooses between the compiled fan-out and its Python reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

from pylibsrtp import Policy, Session

from mixer.forward import fanout_reference
from mixer.forward.fanout_reference import RewriteHeader
from mixer.forward.interface import DatagramSocket, Fanout
from mixer.forward.reference import ReferenceFanout
from mixer.forward.stamp import fault_of


class MakeFanout(Protocol):
    """Makes a fan-out on a socket."""

    def __call__(self, socket: DatagramSocket, *, first_life: int = 0) -> Fanout:
        """`first_life` must exceed every life of earlier processes."""


@dataclass(slots=True, frozen=True)
class HotPath:
    """What every packet passes, and whether it is compiled."""

    make_fanout: MakeFanout
    rewrite_header: RewriteHeader
    is_compiled: bool
    reason: str
    """Why not, empty when compiled."""


def choose_hot_path(*, allow_compiled: bool) -> HotPath:
    """Take the compiled fan-out if allowed, present, built from the sources that are here, and
    right on known packets.
    """
    if not allow_compiled:
        return _reference("switched off")
    try:
        module = import_module("mixer.forward._fanout")
        # First: what was built from other sources may fail in any way.
        if fault := fault_of(getattr(module, "SOURCES", ""), Path(__file__).parent):
            return _reference(fault)
        make: MakeFanout = import_module("mixer.forward.compiled_fanout").CompiledFanout
    except (ImportError, AttributeError, TypeError) as error:
        return _reference(str(error))
    if not _writes_known(module.rewrite_header):
        return _reference("the compiled function fails its known packet")
    if not _protects_known(module.protected_by_pointer):
        return _reference("libsrtp by pointer makes other packets than by its sessions")
    return HotPath(make, module.rewrite_header, is_compiled=True, reason="")


def _reference(reason: str) -> HotPath:
    return HotPath(
        make_reference, fanout_reference.rewrite_header, is_compiled=False, reason=reason
    )


def make_reference(socket: DatagramSocket, *, first_life: int = 0) -> Fanout:
    """Make the fan-out in Python."""
    return ReferenceFanout(socket, fanout_reference.rewrite_header, first_life=first_life)


def _writes_known(function: RewriteHeader) -> bool:
    packet = bytearray(range(16))
    function(packet, 0x1FFFE, 0x01020304, 0xF0E0D0C0)
    return packet == bytes.fromhex("0001fffe01020304f0e0d0c00c0d0e0f")


def _protects_known(function: Callable[[Session, bytes, bool], bytes | None]) -> bool:
    """Compare with sessions of the same key; pylibsrtp's inside may change with its version."""
    rtp = bytes.fromhex("800f1234decafbadcafebabe") + bytes(range(40))
    rtcp = bytes.fromhex("81c8000bcafebabe") + bytes(range(40))
    by_session, by_pointer = _known_session(), _known_session()
    return by_session.protect(rtp) == function(by_pointer, rtp, False) and (  # noqa: FBT003
        by_session.protect_rtcp(rtcp) == function(by_pointer, rtcp, True)  # noqa: FBT003
    )


def _known_session() -> Session:
    policy = Policy(
        key=bytes(range(28)),
        ssrc_type=Policy.SSRC_ANY_OUTBOUND,
        srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    )
    return Session(policy)
