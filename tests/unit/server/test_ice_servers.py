import base64
import hashlib
import hmac
from pathlib import Path

import pytest

from server.ice_servers import IceServers, TurnSecretError, ice_servers_of, links_of
from server.settings import Settings, SettingsError, load_settings
from signaling.wire.state import IceServerView

TURN = (
    "stun:turn.example.org",
    "turn:turn.example.org:3478?transport=udp",
    "turns:[2001:db8::1]:443",
)
SECRET = "a secret of coturn and ours"


def settings(**values: object) -> Settings:
    return load_settings(None, {}, **values)


def test_nobody_is_told_of_servers_that_are_not_set() -> None:
    assert IceServers().told("beijing", 0) == []
    assert ice_servers_of(settings()).told("beijing", 0) == []


def test_credentials_are_those_that_coturn_computes() -> None:
    stun, turn = IceServers(TURN, SECRET, hours=2).told("beijing", 1_000_000.5)
    assert stun == IceServerView(urls=["stun:turn.example.org"])
    assert turn.urls == list(TURN[1:])
    assert turn.username == "1007200:beijing"
    wanted = hmac.new(SECRET.encode(), b"1007200:beijing", hashlib.sha1).digest()
    assert base64.b64decode(turn.credential) == wanted


def test_each_seat_and_each_moment_has_its_own() -> None:
    servers = IceServers(TURN, SECRET)
    told = [servers.told(seat, now)[1] for seat in ("beijing", "hunan") for now in (0, 60)]
    assert len({one.credential for one in told}) == len({one.username for one in told}) == 4


def test_link_fields_name_each_address() -> None:
    servers = IceServers(TURN, SECRET).told("beijing", 0)
    stun, first, second = links_of(servers)
    assert stun == '<stun:turn.example.org>; rel="ice-server"'
    assert first.startswith(
        f'<{TURN[1]}>; rel="ice-server"; username="86400:beijing"; credential="'
    )
    assert first.endswith('"; credential-type="password"')
    assert second.startswith(f"<{TURN[2]}>")


def test_the_secret_comes_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    made = ice_servers_of(settings(ice_servers=TURN, turn_secret_file=str(file)))
    assert made.told("hunan", 5) == IceServers(TURN, SECRET).told("hunan", 5)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "turn.secret_unreadable"),
        ("short", "turn.secret_short"),
        (f"{SECRET}\n{SECRET}", "turn.secret_short"),
    ],
)
def test_a_secret_that_cannot_be_used_is_named(
    tmp_path: Path, content: str | None, error: str
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(TurnSecretError, match=error) as refusal:
        ice_servers_of(settings(ice_servers=TURN, turn_secret_file=str(file)))
    assert str(file) in str(refusal.value)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    "uri",
    [
        "http://turn.example.org",
        "turn:",
        "turn:host?transport=quic",
        "turn:ho st",
        'turn:host">',
        "",
    ],
)
def test_what_is_no_address_of_a_server_is_refused(uri: str) -> None:
    with pytest.raises(SettingsError, match="ice_servers"):
        settings(ice_servers=(uri,), turn_secret_file="secret")


def test_turn_without_a_secret_and_too_many_are_refused() -> None:
    with pytest.raises(SettingsError, match="turn_secret_file"):
        settings(ice_servers=TURN)
    with pytest.raises(SettingsError, match="at most 8"):
        settings(ice_servers=("stun:a",) * 9)


def test_a_variable_lists_them_with_commas() -> None:
    told = {"LIANXIAN_ICE_SERVERS": "stun:a:3478,stun:b", "LIANXIAN_TURN_SECRET_FILE": "x"}
    assert load_settings(environment=told).ice_servers == ("stun:a:3478", "stun:b")


def test_what_expires_is_told_anew_while_it_is_good_for_as_long_again() -> None:
    assert IceServers(TURN, SECRET, hours=2).renew_after_s == 3600
    assert IceServers().renew_after_s == 0
    assert IceServers(("stun:turn.example.org",)).renew_after_s == 0
