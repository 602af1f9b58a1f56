from collections import deque

from mixer.forward.interface import Address

AS_IT_IS: int
HEADER: int
PAYLOAD: int
CONTROL: int

class Storm:
    made: int
    sent: int
    passed: int
    digest: int
    left: int
    incoming: deque[tuple[bytes, Address]]
    def __init__(
        self,
        samples: list[bytes],
        seed: int,
        publisher: Address,
        viewer: Address,
        bystander: Address,
        *,
        shape: int = 0,
        head: bytes = b"",
        step: int = 0,
        subject: int = 0,
        ssrcs: dict[int, int] = {},
    ) -> None: ...
    def recvfrom(self, size: int, /) -> tuple[bytes, Address]: ...
    def sendto(self, datagram: bytes, address: Address, /) -> int: ...
    def case(self) -> bytes: ...
    def over_wire(self, fd: int, rtp: int, rtcp: int, context: int, wanted: int) -> int: ...

class Marks:
    def protect(self, packet: bytes) -> bytes: ...
    def unprotect(self, packet: bytes) -> bytes: ...
    def protect_rtcp(self, packet: bytes) -> bytes: ...
    def unprotect_rtcp(self, packet: bytes) -> bytes: ...
