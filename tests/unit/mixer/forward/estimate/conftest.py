"""Every test of a part runs over the reference and over the compiled part, if there is one."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

COMPILED: dict[str, Any] = {}
try:
    from mixer.forward import _fanout
except ImportError:  # without a compiler; tests/unit/test_build.py fails where there is one
    pass
else:
    COMPILED = {
        "AcknowledgedRate": _fanout.CompiledAcknowledged,
        "Bursts": _fanout.CompiledBursts,
        "DelayTrend": _fanout.CompiledTrend,
        "LossControl": _fanout.CompiledLoss,
        "MeasuredEstimate": _fanout.CompiledEstimate,
        "OveruseDetector": _fanout.CompiledDetector,
        "RateControl": _fanout.CompiledRate,
    }


@pytest.fixture(scope="module", autouse=True, params=["reference", "compiled"][: 1 + any(COMPILED)])
def implementation(request: pytest.FixtureRequest) -> Iterator[str]:
    """Puts the compiled parts under the names by which the module knows the reference's."""
    tested: ModuleType = request.module
    with pytest.MonkeyPatch.context() as patched:
        if request.param == "compiled":
            for name in COMPILED.keys() & vars(tested).keys():
                patched.setattr(tested, name, COMPILED[name])
        yield str(request.param)
