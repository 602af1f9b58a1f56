import os
from pathlib import Path

import av
import pytest

from bench.__main__ import LIMITS_PATH
from bench.alternate import MINIMUM_ROUNDS, Alternated, alternate
from bench.browser_mixer import Delivered, family, page_of
from bench.lateness import quantile_ms
from bench.limits import load_limits
from bench.picture import ALL_640, BROWSER, GRID, figures
from bench.picture_films import Form, make_film
from bench.picture_run import Run
from bench.priority import before_others
from bench.studio import loop_of
from mixer.picture.decode import open_decoder

RUN = Run(
    core_percent=40,
    frame_ms=16,
    compose_ms=2,
    encode_ms=7,
    late_ms=1,
    idle_ms=0.2,
    resident_mb=190,
    growth_mb=0.5,
    frames=200,
    missing=0,
    stale=1,
    decoders=19,
    main_kbps=2400,
)
PEER = Delivered(
    frame_ms=32, core_percent=80, frames=190, dropped=10, tile_drops=5, tile_pictures=500
)


def test_every_limited_figure_is_measured_and_the_warm_up_is_left_out() -> None:
    found = Alternated({GRID: (16.0, 18.0), ALL_640: (20.0, 20.0), BROWSER: (32.0, 36.0)})
    spoiled = RUN._replace(core_percent=400, missing=99)
    ours = {GRID: [spoiled, RUN, RUN], ALL_640: [spoiled, RUN, RUN]}
    values = {one.name: one.value for one in figures(found, ours, [PEER, PEER, PEER])}
    assert values.keys() >= load_limits(LIMITS_PATH)["picture"].keys()
    assert (values["core"], values["missing"], values["repeated"]) == (40, 0, 0.5)
    assert values["cpu_to_browser"] == 0.5
    assert (values["browser_dropped"], values["browser_tiles_dropped"]) == (20, 1)


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="rounds"):
        alternate({GRID: lambda: 1.0}, MINIMUM_ROUNDS - 1)


def test_a_film_is_played_from_its_one_key_frame() -> None:
    film = make_film(Form(320, 180, 15), seed=3, seconds=0.4)
    loop = loop_of(film)
    assert [picture.keyframe for picture in loop.pictures] == [True] + [False] * 5
    decoder = open_decoder("vp8")
    decoded = [frame for unit in film.units for frame in decoder.decode(av.Packet(unit))]
    assert len(decoded) == 6
    assert (decoded[0].width, decoded[0].height) == (320, 180)


def test_quantiles_lie_within_their_bounds() -> None:
    counts = {1.0: 90.0, 2.0: 9.0, 5.0: 1.0}
    assert quantile_ms(counts, 0.45) == pytest.approx(0.5)
    assert quantile_ms(counts, 0.99) == pytest.approx(2.0)
    assert quantile_ms(counts, 1.0) == pytest.approx(5.0)
    assert quantile_ms({}, 0.99) == 0


def test_the_page_has_a_tile_and_a_name_for_each_site() -> None:
    page = page_of(19)
    assert page.count("<video ") == 19
    assert page.count("站点") == 19


def test_a_family_holds_the_process_and_what_it_started() -> None:
    assert os.getpid() in family(os.getppid())


def test_others_stand_back_only_meanwhile(tmp_path: Path) -> None:
    group = tmp_path / "autogroup"
    group.write_text("/autogroup-12 nice 0\n", encoding="ascii")
    with before_others(group) as granted:
        assert granted
        assert group.read_text(encoding="ascii") == "-15"
    assert group.read_text(encoding="ascii") == "0"
    with before_others(tmp_path / "absent") as granted:
        assert not granted
