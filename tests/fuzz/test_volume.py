"""Ten thousand seeded cases of each kind, a million in the soak: no crash, hang or growth."""

import os

import pytest

from tests.fuzz.drive import Outcome, drive
from tests.fuzz.fanout import KINDS, forwarding
from tests.fuzz.targets import TARGETS, Target
from tests.unit.mixer.forward.implementations import IMPLEMENTATIONS

FEW, MANY = 10_000, 1_000_000
SEED = int(os.environ.get("LIANXIAN_FUZZ_SEED", "20260731"))
GROWTH_BYTES = 24 << 20
"""Allocators keep what was freed; what grows with each case is more than this."""
SOME = {"rtp", "rtcp", "twcc", "red", "vp8_descriptor", "sdp", "tcp"}
"""Kinds of which some damaged inputs must be refused by an id of their own."""


def fuzz(target: Target, cases: int) -> Outcome:
    outcome = drive(target.make_case(), target.make_input, cases, SEED)
    assert outcome.judged.total() == cases
    assert outcome.grown_bytes < GROWTH_BYTES
    assert len(outcome.judged) < 60
    return outcome


@pytest.mark.parametrize("kind", TARGETS)
def test_damaged_input_is_accepted_or_refused_by_an_id(kind: str) -> None:
    outcome = fuzz(TARGETS[kind], FEW)
    if kind in SOME:
        assert len(outcome.judged) > 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", IMPLEMENTATIONS)
def test_damaged_packets_never_break_the_fanout(path: str, kind: str) -> None:
    fuzz(forwarding(IMPLEMENTATIONS[path], kind), FEW)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", TARGETS)
def test_a_million_damaged_inputs(kind: str) -> None:
    fuzz(TARGETS[kind], MANY)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", IMPLEMENTATIONS)
def test_a_million_damaged_packets_through_the_fanout(path: str, kind: str) -> None:
    fuzz(forwarding(IMPLEMENTATIONS[path], kind), MANY)
