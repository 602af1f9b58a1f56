from hypothesis import given
from hypothesis import strategies as st

from mixer.wire.ids import MediaKind, PeerId, PublicationId
from mixer.wire.resources import Peer, Publication, Resource
from server.workers.reconcile import applied, difference

resources: st.SearchStrategy[Resource] = st.one_of(
    st.builds(
        Peer, id=st.integers(1, 5).map(PeerId), direction=st.sampled_from(["receive", "send"])
    ),
    st.builds(
        Publication,
        id=st.integers(1, 5).map(PublicationId),
        peer=st.integers(1, 5).map(PeerId),
        mid=st.sampled_from(["0", "1"]),
        kind=st.sampled_from(list(MediaKind)),
    ),
)
sets = st.lists(resources, max_size=8, unique_by=lambda resource: resource.key)


@given(sets, sets)
def test_applying_the_difference_reaches_what_is_wanted(
    wanted: list[Resource], observed: list[Resource]
) -> None:
    held = {resource.key: resource for resource in observed}
    after = applied(held, difference(wanted, held, lambda _key: False))
    assert after == {resource.key: resource for resource in wanted}


@given(sets, sets)
def test_adopted_keys_stay_until_adoption_ends(
    wanted: list[Resource], observed: list[Resource]
) -> None:
    held = {resource.key: resource for resource in observed}
    during = applied(held, difference(wanted, held, lambda _key: True))
    assert set(during) == set(held) | {resource.key for resource in wanted}
    after = applied(during, difference(wanted, during, lambda _key: False))
    assert after == {resource.key: resource for resource in wanted}


@given(sets)
def test_nothing_is_sent_when_nothing_differs(wanted: list[Resource]) -> None:
    held = {resource.key: resource for resource in wanted}
    apply = difference(wanted, held, lambda _key: False)
    assert apply.put == ()
    assert apply.remove == ()


@given(st.lists(sets, min_size=1, max_size=6), st.data())
def test_any_order_of_deaths_converges(intents: list[list[Resource]], data: st.DataObject) -> None:
    held: dict[str, Resource] = {}
    for wanted in intents:
        if data.draw(st.booleans(), label="worker dies"):
            held = {}
        apply = difference(wanted, held, lambda _key: False)
        if data.draw(st.booleans(), label="dies before the answer"):
            cut = data.draw(st.integers(0, len(apply.put)))
            held = applied(held, type(apply)(remove=apply.remove, put=apply.put[:cut]))
            apply = difference(wanted, held, lambda _key: False)
        held = applied(held, apply)
        assert held == {resource.key: resource for resource in wanted}
