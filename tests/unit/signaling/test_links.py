import pytest

from signaling.links import LinkClaims, read_claims
from signaling.wire.errors import SignalingError
from signaling.wire.roles import Role

GOOD: dict[str, object] = {
    "jti": "ab12",
    "event": "test",
    "seat": "north",
    "kind": "hall",
    "role": "operator",
    "exp": 1_900_000_000,
    "aud": "lianxian:link",
}


def test_claims_are_read() -> None:
    assert read_claims(GOOD, "test") == LinkClaims(
        jti="ab12", event="test", seat="north", kind="hall", role=Role.OPERATOR, exp=1_900_000_000
    )


@pytest.mark.parametrize(
    "change", [{"event": "other"}, {"role": "emperor"}, {"seat": 5}, {"jti": None}, {"exp": "soon"}]
)
def test_claims_of_another_event_or_shape_are_unknown(change: dict[str, object]) -> None:
    with pytest.raises(SignalingError, match=r"link\.unknown"):
        read_claims(GOOD | change, "test")
