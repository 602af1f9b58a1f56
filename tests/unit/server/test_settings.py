"""Settings: documented, layered, and told by name when they are wrong."""

import tomllib
from pathlib import Path

import pytest

from server.settings import CONFIG_DIR, Settings, SettingsError, load_settings

DEFAULT = CONFIG_DIR / "default.toml"


def test_every_setting_stands_in_the_default_file_with_its_default() -> None:
    written = tomllib.loads(DEFAULT.read_text(encoding="utf-8"))
    assert set(written) == set(Settings.model_fields)
    assert Settings.model_validate(written) == Settings.model_validate({})


def test_every_setting_is_explained() -> None:
    blocks = DEFAULT.read_text(encoding="utf-8").strip().split("\n\n")
    bare = [block for block in blocks if not block.startswith("# ")]
    assert bare == []


def test_a_file_wins_over_defaults_a_variable_over_both_the_command_line_over_all(
    tmp_path: Path,
) -> None:
    file = tmp_path / "own.toml"
    file.write_text("http_port = 1001\nudp_port = 1002\nlink_hours = 3\n", encoding="utf-8")
    variables = {"LIANXIAN_UDP_PORT": "2002", "LIANXIAN_LINK_HOURS": "4"}
    settings = load_settings(file, variables, link_hours=5)
    assert (settings.http_port, settings.udp_port, settings.link_hours) == (1001, 2002, 5)
    assert settings.log_format == "console"


def test_the_data_folder_may_be_told_by_a_variable() -> None:
    assert load_settings(environment={}).data_dir == Path("data")
    assert load_settings(environment={"LIANXIAN_DATA_DIR": "/srv/x"}).data_dir == Path("/srv/x")


@pytest.mark.parametrize(
    ("line", "field", "told"),
    [
        ('http_port = "many"', "http_port", "integer"),
        ("udp_port = 70000", "udp_port", "65535"),
        ('log_level = "loud"', "log_level", "'debug', 'info', 'warning' or 'error'"),
        ('http_host = "0.0.0.0"', "http_host", "127.0.0.1, ::1, localhost"),
        ('advertised_addresses = ["hall"]', "advertised_addresses", "IPv4 or IPv6"),
        ("programme_height = 480", "programme_height", "720 and 1080"),
        ("programme_frame_rate = 50", "programme_frame_rate", "25 and 30"),
        ("master_kbps = 1", "master_kbps", "2000"),
        ("colour = 1", "colour", "not permitted"),
        ("http_port = ", "", "Invalid value"),
    ],
)
def test_a_wrong_setting_is_told_with_file_field_and_what_is_allowed(
    tmp_path: Path, line: str, field: str, told: str
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_settings(file, {})
    assert str(file) in str(refused.value)
    assert field in str(refused.value)
    assert told in str(refused.value)


def test_a_wrong_variable_is_told_as_such() -> None:
    with pytest.raises(SettingsError, match="environment: http_port"):
        load_settings(environment={"LIANXIAN_HTTP_PORT": "many"})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file"):
        load_settings(tmp_path / "none.toml", {})


def test_a_format_may_be_told_by_variables() -> None:
    told = {"LIANXIAN_PROGRAMME_HEIGHT": "1080", "LIANXIAN_PROGRAMME_FRAME_RATE": "30"}
    settings = load_settings(environment=told)
    assert (settings.programme_height, settings.programme_frame_rate) == (1080, 30)
