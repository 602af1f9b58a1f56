"""What a person should know is told once when it begins and once when it ends."""

import pytest

from mixer.picture.conditions import HUNG, LEFT_OUT, Conditions
from mixer.picture.picture_format import STANDARD
from mixer.picture.timeline import Timeline
from mixer.wire.control import Condition


class Told(list[Condition]):
    def take(self) -> list[tuple[str, str, bool]]:
        taken = [(one.id, one.subject, one.active) for one in self]
        self.clear()
        return taken


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def conditions(told: Told) -> Conditions:
    return Conditions(told.append)


def test_a_source_left_out_is_told_until_it_is_tried_again_or_gone(
    conditions: Conditions, told: Told
) -> None:
    nobody: frozenset[int] = frozenset()
    conditions.left_out({7, 8}, nobody)
    conditions.left_out({7, 8}, nobody)
    assert told.take() == [(LEFT_OUT, "7", True), (LEFT_OUT, "8", True)]
    conditions.left_out({8}, {9})
    assert told.take() == [(LEFT_OUT, "7", False), (HUNG, "9", True)]
    conditions.left_out(nobody, {8})
    assert told.take() == [(LEFT_OUT, "8", False), (HUNG, "9", False), (HUNG, "8", True)]
    conditions.left_out(nobody, nobody)
    assert told.take() == [(HUNG, "8", False)]


def test_who_listens_anew_is_told_what_is_true(conditions: Conditions, told: Told) -> None:
    conditions.left_out({7}, {8})
    conditions.files({"/data/layouts/odd.toml": "/data/layouts/odd.toml:3: slot: no"})
    told.clear()
    conditions.retell(Timeline(STANDARD))
    assert told.take() == [
        ("picture.late", "programme", False),
        (LEFT_OUT, "7", True),
        (HUNG, "8", True),
    ]
    conditions.files({"/data/layouts/odd.toml": "/data/layouts/odd.toml:3: slot: no"})
    assert told.take() == [("picture.file_refused", "odd.toml", True)]


def test_a_file_is_told_by_its_name_and_what_is_wrong(conditions: Conditions, told: Told) -> None:
    conditions.files({"/data/layouts/odd.toml": "/data/layouts/odd.toml:3: slot: no"})
    assert told[0].values == {"text": "odd.toml:3: slot: no"}
    told.clear()
    conditions.files({})
    assert told.take() == [("picture.file_refused", "odd.toml", False)]


def test_a_clip_that_hangs_is_told_by_its_file_until_its_threads_have_ended(
    conditions: Conditions, told: Told
) -> None:
    conditions.clips({"a.mp4"})
    conditions.clips({"a.mp4", "b.mp4"})
    hung = "picture.clip_hung"
    assert told.take() == [(hung, "a.mp4", True), (hung, "b.mp4", True)]
    conditions.clips({"b.mp4"})
    assert told.take() == [(hung, "a.mp4", False)]
    conditions.retell(None)
    assert told.take() == [(hung, "b.mp4", True)]
