from typing import NamedTuple

import pytest

from mixer.forward.allocation import (
    GRACE_LOWEST_NS,
    GRACE_NS,
    LONGEST_WAIT_NS,
    PAUSED,
    PROVED_NS,
    WAIT_NS,
    Allocator,
    Wish,
)
from mixer.wire.resources import Priority

MS = 1_000_000
SOUND = Wish(1, Priority.SOUND, (90e3,))
PROGRAMME = Wish(2, Priority.ON_AIR, (300e3, 2e6))
ON_AIR = [Wish(number, Priority.ON_AIR, (150e3,)) for number in (11, 12)]
SPEAKER = Wish(20, Priority.SPEAKER, (150e3, 500e3))
REST = [Wish(number, Priority.REST, (150e3,)) for number in range(31, 48)]
MEMBER = [PROGRAMME, SOUND]
DESK = [PROGRAMME, SOUND, *REST, SPEAKER, *ON_AIR]


class Row(NamedTuple):
    line_bps: float
    programme: int
    on_air: int = 0
    speaker: int = PAUSED
    rest: int = 0
    """How many are shown."""


@pytest.mark.parametrize(
    ("line_bps", "programme"),
    [
        (0, 1),  # nothing known: what is preferred
        (50e3, PAUSED),
        (120e3, PAUSED),  # sound alone
        (400e3, PAUSED),  # 390 kbit/s leave less than 3 %
        (405e3, 0),
        (500e3, 0),
        (2.4e6, 0),  # 2.09 Mbit/s leave less than 15 %
        (2.5e6, 1),
        (50e6, 1),
    ],
)
def test_what_a_member_gets(line_bps: float, programme: int) -> None:
    given = Allocator().decide(MEMBER, line_bps, 0)
    assert given.layers == {1: 0, 2: programme}
    assert given.is_short == (programme < 1)


@pytest.mark.parametrize(
    "row",
    [
        Row(0, 1, 2, 1, 17),
        Row(120e3, PAUSED),
        Row(500e3, 0),
        Row(700e3, 0, 1),
        Row(850e3, 0, 2),
        Row(1e6, 0, 2, 0),
        Row(1.2e6, 0, 2, 0, 2),
        Row(2.01e6, 0, 2, 1, 5),
        Row(3e6, 1, 2, 0, 2),
        Row(20e6, 1, 2, 1, 17),
    ],
    ids=lambda row: f"{row.line_bps:.0f}",
)
def test_what_the_desk_gets(row: Row) -> None:
    layers = Allocator().decide(DESK, row.line_bps, 0).layers
    assert layers[1] == 0
    assert layers[2] == row.programme
    assert sum(layers[wish.subscription] >= 0 for wish in ON_AIR) == row.on_air
    assert layers[20] == row.speaker
    shown = [wish.subscription for wish in REST if layers[wish.subscription] >= 0]
    assert shown == [31 + index for index in range(row.rest)]


def test_it_says_what_would_be_of_use() -> None:
    given = Allocator().decide(MEMBER, 500e3, 0)
    assert given.used_bps == 390e3
    assert given.wanted_bps == 2 * 2.09e6


class Line:
    """A member's allocator over time."""

    def __init__(self, line_bps: float) -> None:
        self.allocator = Allocator()
        self.now_ns = 0
        self.layer = self.at(line_bps)

    def at(self, line_bps: float, for_ms: int = 0) -> int:
        for _ in range(0, for_ms + 1, 100):
            given = self.allocator.decide(MEMBER, line_bps, self.now_ns)
            self.now_ns += 100 * MS
        return given.layers[2]


def test_what_is_given_stays_while_it_fits() -> None:
    line = Line(3e6)
    assert line.at(2.1e6, 60_000) == 1
    assert Line(2.1e6).layer == 0


def test_a_short_dip_changes_nothing() -> None:
    line = Line(3e6)
    assert line.at(2e6, GRACE_NS // MS - 100) == 1
    assert line.at(3e6) == 1
    assert line.at(2e6, GRACE_NS // MS - 100) == 1
    assert line.at(2e6, 200) == 0


def test_a_deep_one_does_at_once() -> None:
    assert Line(3e6).at(1e6) == 0
    assert Line(3e6).at(120e3) == PAUSED


def test_a_picture_is_not_paused_for_a_dip_of_two_seconds() -> None:
    line = Line(500e3)
    assert line.at(340e3, 60_000) == 0  # 390 kbit/s are less than 1.18 of it
    assert line.at(320e3, GRACE_LOWEST_NS // MS - 100) == 0
    assert line.at(320e3, 200) == PAUSED


def test_what_was_taken_away_comes_back_after_a_wait() -> None:
    line = Line(3e6)
    line.at(3e6, 20_000)
    line.at(1e6)
    assert line.at(3e6, WAIT_NS // MS - 200) == 0
    assert line.at(3e6, 200) == 1


def test_each_time_in_vain_it_waits_twice_as_long() -> None:
    line = Line(3e6)
    waits = []
    for _ in range(8):
        line.at(1e6)
        fell_ns = line.now_ns
        while line.at(3e6) == 0:
            assert line.now_ns - fell_ns <= LONGEST_WAIT_NS
        waits.append((line.now_ns - fell_ns) // MS)
    assert waits[0] == pytest.approx(2000, abs=100)
    assert waits[1] == pytest.approx(4000, abs=100)
    assert waits[-1] == waits[-2] == pytest.approx(LONGEST_WAIT_NS // MS, abs=100)


def test_a_long_success_forgives() -> None:
    line = Line(3e6)
    for _ in range(4):
        line.at(1e6)
        while line.at(3e6) == 0:
            pass
    line.at(3e6, PROVED_NS // MS + 200)
    line.at(1e6)
    assert line.at(3e6, WAIT_NS // MS + 100) == 1


def test_what_comes_on_air_takes_from_the_rest_at_once() -> None:
    allocator = Allocator()
    wishes = [SOUND, *REST]
    before = allocator.decide(wishes, 700e3, 0).layers
    assert [key for key, layer in before.items() if layer >= 0] == [1, 31, 32, 33]
    now_on_air = [SOUND, *REST[:-1], REST[-1]._replace(priority=Priority.ON_AIR)]
    after = allocator.decide(now_on_air, 700e3, 100 * MS).layers
    assert after[47] == 0
    assert sorted(key for key, layer in after.items() if layer >= 0) == [1, 31, 32, 33, 47]
    assert allocator.decide(now_on_air, 600e3, 700 * MS).layers[47] == 0


def test_a_layer_that_costs_less_than_one_below_is_as_dear_as_that() -> None:
    odd = Wish(5, Priority.ON_AIR, (600e3, 200e3))
    assert Allocator().decide([odd], 500e3, 0).layers == {5: PAUSED}


def test_a_lower_preference_counts_at_once_and_what_is_gone_is_forgotten() -> None:
    allocator = Allocator()
    allocator.decide(MEMBER, 0, 0)
    lower = [PROGRAMME._replace(rates_bps=(300e3,)), SOUND]
    assert allocator.decide(lower, 0, MS).layers[2] == 0
    assert allocator.decide([SOUND], 1e6, 2 * MS).layers == {1: 0}
    assert allocator.decide([], 1e6, 3 * MS).layers == {}


def test_before_a_line_shows_a_limit_nothing_on_air_is_paused() -> None:
    encoder = Wish(3, Priority.ON_AIR, (2.5e6,))  # of one layer, more than is proved
    wishes = [encoder, SOUND, PROGRAMME, *REST]
    unknown = Allocator().decide(wishes, 800e3, 0, is_limited=False)
    assert unknown.layers == {1: 0, 2: 0, 3: 0, **{wish.subscription: PAUSED for wish in REST}}
    assert unknown.used_bps == 90e3 + 300e3 + 2.5e6
    assert Allocator().decide(wishes, 800e3, 0).layers[3] == PAUSED
