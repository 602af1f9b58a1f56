import shutil
from pathlib import Path

import pytest

from bench import audiobridge
from bench.__main__ import LIMITS_PATH
from bench.alternate import MINIMUM_ROUNDS, Alternated
from bench.audiobridge import JANUS, OFF, ON, figures, room_request
from bench.janus import JanusError, configuration, write_configuration
from bench.limits import load_limits
from bench.namespace import MissingError, inside, require_program
from bench.sound_load import Run
from bench.sound_server import ALL_OFF, ALL_ON, RETURNS, media_resources, sound_resources
from mixer.wire.resources import SoundProgramme, SoundReturn, SoundSource, Subscription


def run(core: float, *delays_ms: float) -> Run:
    return Run(core, (core,), delays_ms, holes_per_minute=0.0)


def test_every_limited_figure_is_measured() -> None:
    found = Alternated({JANUS: (30.0, 32.0), OFF: (33.0, 32.0), ON: (45.0, 48.0)})
    runs = {
        JANUS: [run(30, 50, 60), run(32, 50)],
        OFF: [run(33, 40), run(32, 40)],
        ON: [run(45, 25), run(48, 25)],
    }
    values = {one.name: one.value for one in figures(found, runs)}
    assert values.keys() >= load_limits(LIMITS_PATH)["audiobridge"].keys()
    assert values["off_to_janus"] == pytest.approx(1.05)
    assert values["delay_median_to_janus"] == pytest.approx(0.5)


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="rounds"):
        audiobridge.measure(MINIMUM_ROUNDS - 1)


def test_a_missing_program_is_told_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(MissingError, match="apt-get install janus"):
        require_program("janus", "janus")


def test_a_command_is_run_inside_the_namespace() -> None:
    assert inside("bench-1", ["true"]) == ["ip", "netns", "exec", "bench-1", "true"]


def test_janus_is_given_one_loop_and_the_one_address(tmp_path: Path) -> None:
    texts = configuration(tmp_path, "10.0.0.1")
    assert "event_loops = 1\n" in texts["janus.jcfg"]
    assert 'ice_enforce_list = "10.0.0.1"' in texts["janus.jcfg"]
    assert "ice_lite = true" in texts["janus.jcfg"]


def test_janus_finds_only_the_plugin_that_is_measured(tmp_path: Path) -> None:
    library = tmp_path / "library"
    for name in ("plugins/one.so", "plugins/other.so", "transports/libjanus_websockets.so"):
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).touch()
    folder = tmp_path / "folder"
    folder.mkdir()
    write_configuration(folder, library, "one.so", {"janus.jcfg": "text"})
    assert [path.name for path in (folder / "plugins").iterdir()] == ["one.so"]
    assert (folder / "janus.jcfg").read_text(encoding="utf-8") == "text"


def test_a_plugin_that_is_not_installed_is_told(tmp_path: Path) -> None:
    with pytest.raises(JanusError, match="absent"):
        write_configuration(tmp_path, tmp_path / "library", "absent.so", {})


def test_the_room_mixes_at_48_khz_and_records_nothing() -> None:
    room = room_request()
    assert room["sampling_rate"] == 48_000
    assert room["record"] is False


def test_every_seat_has_a_source_and_the_return_it_is_sent() -> None:
    resources = sound_resources(19, ALL_OFF)
    assert sum(isinstance(resource, SoundSource) for resource in resources) == 19
    returns = {one.publication for one in resources if isinstance(one, SoundReturn)}
    subscribed = {
        one.publication
        for seat in range(19)
        for one in media_resources(seat)
        if isinstance(one, Subscription)
    }
    assert returns == subscribed == {RETURNS + number for number in range(1, 20)}


def test_the_programme_is_made_only_where_everything_is_on() -> None:
    assert not any(isinstance(one, SoundProgramme) for one in sound_resources(2, ALL_OFF))
    assert any(isinstance(one, SoundProgramme) for one in sound_resources(2, ALL_ON))
