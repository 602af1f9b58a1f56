"""What the room bench asks for, and how its figures are made. How fast it is, the bench says."""

import time
from collections import Counter

import pytest

from bench.echo import running_echo
from bench.forwarding_server import resources_of
from bench.load_drive import Span
from bench.load_publisher import Publisher
from bench.processes import Cpu
from bench.room import PROGRAMME, RIDS, SITES, Figures, desk, figures, mesh
from bench.workers import BenchError
from mixer.wire.ids import MediaKind
from mixer.wire.resources import Publication, Subscription


def test_the_desk_takes_all_sites_low_and_each_site_the_programme_and_a_return() -> None:
    first, *sites = desk()
    assert sorted(take.publisher for take in first) == list(range(SITES))
    assert {(take.layer, take.audio) for take in first} == {(0, False)}
    returns: Counter[int] = Counter()
    for programme, own in sites:
        assert (programme.publisher, programme.video, programme.audio) == (PROGRAMME, True, False)
        returns[own.publisher] += 1
    assert returns == Counter(range(SITES))


def test_in_the_mesh_each_takes_all_others_low_and_one_in_full() -> None:
    for site, (*low, high) in enumerate(mesh()):
        assert {take.publisher for take in low} == set(range(SITES)) - {site}
        assert {(take.layer, take.audio) for take in low} == {(0, True)}
        assert (high.layer, high.publisher != site) == (len(RIDS) - 1, True)


@pytest.mark.parametrize("shape", [desk, mesh])
def test_media_is_asked_to_hold_what_fits_a_connection(shape: object) -> None:
    assert callable(shape)
    publishers = [Publisher(index, RIDS) for index in range(SITES + 1)]
    held = resources_of(publishers, shape())
    layers = [
        len(one.rids)
        for one in held
        if isinstance(one, Publication) and one.kind is MediaKind.VIDEO
    ]
    assert layers == [3] * (SITES + 1)
    lines = Counter(one.peer for one in held if isinstance(one, Subscription))
    assert max(lines.values()) <= 64


def run(missing: int, delay_ms: float, echo_ms: float, memory_mb: float) -> Figures:
    span = Span(
        cpu=Cpu(2_000_000_000, 1.0, 1.0),
        elapsed_s=4.0,
        forwarded=400_000,
        octets=1,
        missing=missing,
        late=0.0,
        delays_ns=[int(delay_ms * 1e6)] * 100,
    )
    return Figures(span, [int(echo_ms * 1e6)] * 100, memory_mb, 40, {"nacks_to_server": 3})


def test_figures_are_medians_sums_and_worsts() -> None:
    told = {
        one.name: one.value
        for one in figures("desk", [run(0, 3, 1, 120), run(2, 5, 1, 165), run(1, 4, 1, 130)])
    }
    assert told["desk_us"] == pytest.approx(5.0)
    assert told["desk_lost"] == 3
    assert told["desk_delay_p99_ms"] == pytest.approx(3.0)
    assert told["desk_memory"] == pytest.approx(165 / 150)
    assert told["desk_core"] == pytest.approx(50)
    assert told["desk_packets"] == pytest.approx(100_000)


def test_without_a_sample_there_is_no_delay() -> None:
    with pytest.raises(BenchError, match="nothing was timed"):
        figures("mesh", [run(0, 1, 1, 100)._replace(echo_ns=[])])


def test_the_echo_comes_back_with_the_kernel_s_time() -> None:
    with running_echo() as (echo, pid):
        assert pid > 0
        deadline = time.monotonic() + 5
        while len(echo.delays_ns) < 20 and time.monotonic() < deadline:
            echo.tick()
            time.sleep(0.002)
        assert len(echo.delays_ns) >= 20
        assert all(0 < delay < 1_000_000_000 for delay in echo.delays_ns)
