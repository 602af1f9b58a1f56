import base64
import json
import stat
import time
from pathlib import Path

import jwt
import pytest

from server.links import Links, load_key
from signaling.event import SeatKind
from signaling.wire.errors import SignalingError
from signaling.wire.roles import Role
from tests.unit.signaling.plans import event, seat

KEY = b"k" * 32
HOUR_S = 3600.0


def links(key: bytes = KEY) -> Links:
    return Links(key, event(), "http://localhost:8080")


def error_of(made: Links, token: str, later_s: float = 0.0) -> str:
    with pytest.raises(SignalingError) as refused:
        made.check(token, time.time() + later_s)
    return refused.value.error


def test_a_link_carries_seat_and_role_behind_the_hash() -> None:
    made = links()
    link = made.mint(event().seats[0], hours=1)
    view = made.view(link)
    assert view.url.startswith("http://localhost:8080/join#t=")
    claims = made.check(view.url.partition("#t=")[2], time.time())
    assert (claims.seat, claims.role, claims.kind) == ("north", "operator", "hall")


def test_an_altered_link_is_told_from_an_unknown_one() -> None:
    made = links()
    token = made.token(made.mint(event().seats[0], hours=1).claims)
    head, body, signature = token.split(".")
    payload = json.loads(base64.urlsafe_b64decode(body + "=="))
    payload["seat"] = "director"
    forged = base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=").decode()
    assert error_of(made, f"{head}.{forged}.{signature}") == "link.altered"
    assert error_of(made, f"{head}.{body}.{signature[:-4]}AAAA") == "link.altered"
    assert error_of(made, token[:-10]) == "link.altered"
    assert error_of(made, "hello") == "link.unknown"
    assert error_of(made, "") == "link.unknown"


def test_a_link_without_signature_is_altered() -> None:
    made = links()
    claims = made.mint(event().seats[0], hours=1).claims
    payload = {"jti": claims.jti, "exp": claims.exp, "aud": "lianxian:link"}
    assert error_of(made, jwt.encode(payload, "", algorithm="none")) == "link.altered"


def test_a_link_signed_elsewhere_is_altered() -> None:
    other = links(b"o" * 32)
    assert error_of(links(), other.token(other.mint(event().seats[0], 1).claims)) == "link.altered"


def test_an_expired_link_is_told() -> None:
    made = links()
    token = made.token(made.mint(event().seats[0], hours=1).claims)
    assert error_of(made, token, 2 * HOUR_S) == "link.expired"


def test_a_well_signed_link_that_was_never_handed_out_is_unknown() -> None:
    other = links()
    token = other.token(other.mint(event().seats[0], hours=1).claims)
    assert error_of(links(), token) == "link.unknown"


def test_a_revoked_link_is_told_and_no_longer_listed() -> None:
    made = links()
    link = made.mint(event().seats[0], hours=1)
    made.revoke(link.claims.jti)
    assert error_of(made, made.token(link.claims)) == "link.revoked"
    assert made.valid(time.time()) == []
    with pytest.raises(SignalingError, match=r"link\.unknown"):
        made.revoke("never")


def test_a_link_of_another_event_is_unknown() -> None:
    made = links()
    claims = made.mint(seat("north", SeatKind.HALL), hours=1).claims
    foreign = Links(KEY, event(), "").token(
        type(claims)(**{field: getattr(claims, field) for field in claims.__struct_fields__})
    )
    assert made.check(foreign, time.time()) == claims
    payload = jwt.decode(foreign, KEY, algorithms=["HS256"], audience="lianxian:link")
    other = jwt.encode(payload | {"event": "other"}, KEY, algorithm="HS256")
    assert error_of(made, other) == "link.unknown"


def test_every_seat_without_a_good_link_is_known() -> None:
    made = links()
    first, *rest = event().seats
    made.mint(first, hours=1)
    assert made.missing(time.time()) == rest
    assert made.missing(time.time() + 2 * HOUR_S) == [first, *rest]


def test_the_token_of_a_device_is_no_link_for_its_seat() -> None:
    made = links()
    first = event().seats[0]
    token = made.token(made.mint(first, 1, Role.ENCODER).claims)
    assert made.check(token, time.time()).role is Role.ENCODER
    assert first in made.missing(time.time())


def test_a_file_token_opens_one_file_as_long_as_its_link_is_good() -> None:
    made = links()
    jti = made.mint(event().seats[0], hours=1).claims.jti
    token, expires = made.file_token(jti, "session", "programme.mp4")
    assert expires > time.time()
    assert made.check_file(token, "session", "programme.mp4").jti == jti
    for session, path in (("session", "iso/a.mkv"), ("other", "programme.mp4")):
        with pytest.raises(SignalingError, match=r"link\.unknown"):
            made.check_file(token, session, path)
    assert error_of(made, token) == "link.unknown"
    made.revoke(jti)
    with pytest.raises(SignalingError, match=r"link\.revoked"):
        made.check_file(token, "session", "programme.mp4")


def test_a_link_is_no_file_token() -> None:
    made = links()
    token = made.token(made.mint(event().seats[0], hours=1).claims)
    with pytest.raises(SignalingError, match=r"link\.unknown"):
        made.check_file(token, "session", "programme.mp4")


def test_the_key_is_minted_once_for_this_user_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "link.key"
    key = load_key(path)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path) == key
