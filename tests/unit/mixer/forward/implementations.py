"""The fan-outs that the interface's tests run over; all of them have to pass the same."""

from __future__ import annotations

from collections.abc import Callable

from mixer.forward.fanout_reference import rewrite_header
from mixer.forward.interface import DatagramSocket, Fanout
from mixer.forward.reference import ReferenceFanout

MakeFanout = Callable[[DatagramSocket], Fanout]


def reference(socket: DatagramSocket) -> Fanout:
    return ReferenceFanout(socket, rewrite_header)


IMPLEMENTATIONS: dict[str, MakeFanout] = {"reference": reference}
try:
    from mixer.forward.compiled_fanout import CompiledFanout
except ImportError:  # without a compiler; tests/unit/test_build.py fails where there is one
    pass
else:
    IMPLEMENTATIONS["compiled"] = CompiledFanout
