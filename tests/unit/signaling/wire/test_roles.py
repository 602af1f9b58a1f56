import pytest

from signaling.wire.roles import RIGHTS, Right, Role, allowed

STAGE = (Role.OPERATOR, Role.MEMBER, Role.ENCODER)


def test_every_role_has_its_rights() -> None:
    assert set(RIGHTS) == set(Role)


@pytest.mark.parametrize("right", Right)
def test_every_right_is_somebody_s(right: Right) -> None:
    assert any(allowed(role, right) for role in Role)


@pytest.mark.parametrize("role", STAGE)
@pytest.mark.parametrize("right", [Right.DIRECT, Right.RECORD, Right.SEE_LINKS, Right.MOVE_PHASE])
def test_sites_do_not_direct(role: Role, right: Right) -> None:
    assert not allowed(role, right)


def test_viewers_may_nothing_here() -> None:
    assert RIGHTS[Role.VIEWER] == frozenset()
