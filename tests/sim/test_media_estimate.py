"""What receivers get over lines that are too narrow, in virtual time: the fan-out with real
packets, workers that publish the programme and sound, and reports as receivers send them.
"""

from __future__ import annotations

import pytest

from mixer.wire.resources import Priority
from tests.harness.line import Impairment
from tests.sim.narrow_line import MS, PROGRAMME, SOUND, TILES, Viewer, World, sound_of
from tests.unit.mixer.forward.implementations import IMPLEMENTATIONS, MakeFanout, reference

MAIN, LOW, PAUSED = 1, 0, -1
PICTURES = {PROGRAMME: (300e3, 2e6)}
DESK = PICTURES | dict.fromkeys(TILES, (150e3,))
MEMBER = [(PROGRAMME, MAIN, Priority.ON_AIR), (SOUND, 0, Priority.SOUND)]
ON_AIR = (TILES[3], TILES[9])


def narrow(
    rate_bps: int, queue_ms: int = 300, *, jitter_ms: float = 0, loss: float = 0
) -> Impairment:
    return Impairment(
        rate_bps=rate_bps,
        queue_bytes=rate_bps // 8000 * queue_ms,
        delay_ms=30,
        jitter_ms=jitter_ms,
        loss=loss,
    )


def member(
    impairment: Impairment, seed: int = 1, make: MakeFanout = reference
) -> tuple[World, Viewer]:
    world = World(PICTURES, make)
    return world, world.viewer(world.line(impairment, seed), MEMBER)


def assert_sound_is_whole(viewer: Viewer, from_s: float, to_s: float, *, gap_ms: int = 100) -> None:
    missing, longest_ms = sound_of(viewer, int(from_s * 1000), int(to_s * 1000))
    assert missing == 0
    assert longest_ms <= gap_ms


def lost_in_queue(viewer: Viewer) -> float:
    counters = viewer.down.counters
    return counters.queue_full / counters.arrived


@pytest.mark.parametrize("queue_ms", [150, 300, 1000])
@pytest.mark.parametrize("jitter_ms", [0, 15])
def test_behind_500_kbits_a_member_settles_on_low(queue_ms: int, jitter_ms: int) -> None:
    world, viewer = member(narrow(500_000, queue_ms, jitter_ms=jitter_ms))
    world.run(5)
    assert world.layer(viewer, PROGRAMME) == LOW
    assert_sound_is_whole(viewer, 0, 5, gap_ms=160)
    changes = len(world.changes)
    world.run(30)
    assert world.layer(viewer, PROGRAMME) == LOW
    assert len(world.changes) == changes
    assert 380_000 < world.estimate_bps(viewer) < 650_000
    assert lost_in_queue(viewer) < 0.01
    assert_sound_is_whole(viewer, 5, 35)


@pytest.mark.parametrize("make", IMPLEMENTATIONS.values(), ids=IMPLEMENTATIONS.keys())
def test_when_it_opens_the_member_is_on_main_within_ten_seconds(make: MakeFanout) -> None:
    world, viewer = member(narrow(500_000), make=make)
    world.run(12)
    viewer.down.change(narrow(5_000_000), world.now_ms * MS)
    world.run(10)
    assert world.layer(viewer, PROGRAMME) == MAIN
    world.run(30)
    assert world.layer(viewer, PROGRAMME) == MAIN
    assert len([change for change in world.changes if change[2] == MAIN]) == 1
    assert_sound_is_whole(viewer, 12, 52)


@pytest.mark.parametrize(
    ("rate_bps", "layer"), [(1_000_000, LOW), (2_600_000, LOW), (3_000_000, MAIN)]
)
def test_on_a_steady_line_nothing_flaps(rate_bps: int, layer: int) -> None:
    world, viewer = member(narrow(rate_bps, 200))
    world.run(5)
    changes = len(world.changes)
    world.run(30)
    assert world.layer(viewer, PROGRAMME) == layer
    assert len(world.changes) == changes
    assert 0.7 * rate_bps < world.estimate_bps(viewer) < 1.6 * rate_bps
    assert_sound_is_whole(viewer, 5, 35)


def test_when_it_narrows_the_member_is_back_on_low_within_five() -> None:
    world, viewer = member(narrow(5_000_000))
    world.run(5)
    assert world.layer(viewer, PROGRAMME) == MAIN
    viewer.down.change(narrow(500_000), world.now_ms * MS)
    world.run(5)
    assert world.layer(viewer, PROGRAMME) == LOW
    assert lost_in_queue(viewer) < 0.1
    world.run(20)
    assert world.layer(viewer, PROGRAMME) == LOW
    assert_sound_is_whole(viewer, 10, 30)


def test_at_120_kbits_sound_goes_alone() -> None:
    world, viewer = member(narrow(120_000))
    world.run(5)
    assert world.pictures(viewer) == set()
    before = viewer.down.counters.queue_full
    world.run(30)
    assert world.pictures(viewer) == set()
    assert viewer.down.counters.queue_full == before
    assert_sound_is_whole(viewer, 5, 35, gap_ms=130)
    viewer.down.change(narrow(5_000_000), world.now_ms * MS)
    world.run(10)
    assert world.layer(viewer, PROGRAMME) == MAIN


def test_the_desk_keeps_programme_and_air_and_pauses_the_rest() -> None:
    world = World(DESK)
    tiles = [(tile, 0, Priority.ON_AIR if tile in ON_AIR else Priority.REST) for tile in TILES]
    viewer = world.viewer(world.line(narrow(2_000_000)), [*MEMBER, *tiles])
    world.run(5)
    for _ in range(25):
        world.run(1)
        shown = world.pictures(viewer)
        assert {PROGRAMME, *ON_AIR} <= shown
        assert 6 <= len(shown) <= 14
    assert_sound_is_whole(viewer, 1, 30)
    assert lost_in_queue(viewer) < 0.01
    viewer.down.change(narrow(20_000_000), world.now_ms * MS)
    world.run(10)
    assert world.pictures(viewer) == {PROGRAMME, *TILES}
    assert world.layer(viewer, PROGRAMME) == MAIN


def test_a_flow_beside_takes_its_part_and_gives_it_back() -> None:
    world, viewer = member(narrow(4_000_000))
    world.run(5)
    assert world.layer(viewer, PROGRAMME) == MAIN
    world.extra.append((viewer.down, 3_200_000))
    world.run(10)
    assert world.layer(viewer, PROGRAMME) == LOW
    assert_sound_is_whole(viewer, 5, 15)
    world.extra.clear()
    world.run(10)
    assert world.layer(viewer, PROGRAMME) == MAIN


def test_two_members_behind_one_line_share_it() -> None:
    world = World(PICTURES)
    line = world.line(narrow(1_300_000))
    viewers = [world.viewer(line, MEMBER) for _ in range(2)]
    world.run(5)
    for _ in range(25):
        world.run(1)
        assert [world.layer(viewer, PROGRAMME) for viewer in viewers] == [LOW, LOW]
    for viewer in viewers:
        assert_sound_is_whole(viewer, 0, 30)
        assert lost_in_queue(viewer) < 0.01


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("loss", "within_s"), [(0.05, 5), (0.2, 15)])
def test_a_line_that_loses_at_random_does_not_starve(loss: float, within_s: int, seed: int) -> None:
    world, viewer = member(narrow(5_000_000, loss=loss, jitter_ms=10), seed)
    world.run(within_s)
    assert world.layer(viewer, PROGRAMME) == MAIN
    world.run(30)
    assert world.layer(viewer, PROGRAMME) == MAIN
    assert world.estimate_bps(viewer) > 2_500_000


def test_reports_that_stay_away_lower_it_and_are_caught_up_with() -> None:
    world, viewer = member(narrow(5_000_000))
    world.run(5)
    before = world.estimate_bps(viewer)
    viewer.tells = False
    world.run(8)
    assert world.estimate_bps(viewer) < 0.5 * before
    viewer.tells = True
    world.run(4)
    assert world.layer(viewer, PROGRAMME) == MAIN
    assert world.estimate_bps(viewer) > 2_500_000


def test_a_receiver_whose_clock_is_set_notices_nothing() -> None:
    world, viewer = member(narrow(5_000_000))
    world.run(5)
    changes = len(world.changes)
    viewer.clock_ns += 3600 * 1000 * MS
    world.run(5)
    viewer.clock_ns -= 1800 * 1000 * MS
    world.run(10)
    assert len(world.changes) == changes
    assert world.layer(viewer, PROGRAMME) == MAIN


def test_after_a_silence_it_goes_on_where_it_was() -> None:
    world, viewer = member(narrow(5_000_000))
    world.run(5)
    before = world.estimate_bps(viewer)
    world.is_silent = True
    world.run(20)
    assert world.estimate_bps(viewer) == pytest.approx(before, rel=0.1)
    world.is_silent = False
    world.run(5)
    assert world.layer(viewer, PROGRAMME) == MAIN
