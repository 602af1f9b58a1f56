import tomllib
from pathlib import Path
from typing import Any

import pytest

from server.event_file import EventFileError, read_event
from server.settings import SAMPLE_EVENT
from signaling.event import MAX_SITES, SeatKind
from signaling.wire.roles import Role


def toml(raw: dict[str, Any]) -> str:
    """Enough of a writer for these files: a table ``event``, lists of flat tables."""

    def value(one: Any) -> str:
        if isinstance(one, dict):
            return "{" + ", ".join(f"{key} = {value(item)}" for key, item in one.items()) + "}"
        if isinstance(one, list):
            return "[" + ", ".join(map(value, one)) + "]"
        return f'"{one}"' if isinstance(one, str) else str(one)

    lines = ["[event]", *(f"{key} = {value(one)}" for key, one in raw["event"].items())]
    if "programme" in raw:
        lines += [
            "[programme]",
            *(f"{key} = {value(one)}" for key, one in raw["programme"].items()),
        ]
    for name in ("hall", "site", "desk", "cue"):
        for part in raw.get(name, []):
            lines += [f"[[{name}]]", *(f"{key} = {value(one)}" for key, one in part.items())]
    return "\n".join(lines)


def plan(sites: int = 2) -> dict[str, Any]:
    return {
        "event": {"slug": "test", "title": "测试", "title_en": "Test"},
        "hall": [{"id": name, "name": name, "name_en": name} for name in ("north", "south")],
        "site": [
            {"id": f"site-{n}", "hall": "north", "name": f"点{n}", "name_en": f"Site {n}"}
            for n in range(sites)
        ],
        "desk": [{"id": "desk", "role": "director", "name": "导播", "name_en": "Director"}],
        "cue": [
            {
                "id": "open",
                "title": "开场",
                "title_en": "Opening",
                "layout": "two_halls",
                "slots": ["north", "south"],
            }
        ],
    }


def refused(folder: Path, raw: dict[str, Any]) -> EventFileError:
    file = folder / "event.toml"
    file.write_text(toml(raw), encoding="utf-8")
    with pytest.raises(EventFileError) as error:
        read_event(file)
    assert str(file) in error.value.text
    return error.value


def test_the_sample_event_has_all_that_the_programme_asks_for() -> None:
    event = read_event(SAMPLE_EVENT)
    assert (event.title, [hall.id for hall in event.halls]) == (
        "京湘两地远程交流",
        ["beijing", "hunan"],
    )
    sites = [seat for seat in event.seats if seat.kind is SeatKind.REMOTE]
    assert len(sites) == MAX_SITES
    assert {site.hall for site in sites} == {"beijing", "hunan"}
    assert all(site.speaker and site.speaker_title for site in sites)
    desks = {seat.role for seat in event.seats if seat.kind is SeatKind.DESK}
    assert desks == {Role.DIRECTOR, Role.MODERATOR, Role.ARCHIVIST, Role.ADMINISTRATOR}


def test_the_sample_rundown_opens_calls_in_five_times_and_closes_with_everybody() -> None:
    cues = read_event(SAMPLE_EVENT).cues
    assert cues[0].scene.layout == "two_halls"
    calls = cues[1:6]
    assert [cue.scene.strap for cue in calls] == [f"场外连线{n}" for n in "一二三四五"]
    assert all(cue.scene.layout == "hall_remote" for cue in calls)
    assert cues[-1].scene.layout == "grid"
    assert len(cues[-1].scene.slots) == 19


def test_a_written_event_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "event.toml"
    file.write_text(toml(plan(sites=17)), encoding="utf-8")
    event = read_event(file)
    assert len(event.stage) == 19
    assert event.seats[2].hall == "north"
    assert event.seats[2].role is Role.MEMBER


def test_a_third_hall_is_refused(tmp_path: Path) -> None:
    raw = plan()
    raw["hall"].append({"id": "west", "name": "西", "name_en": "West"})
    error = refused(tmp_path, raw)
    assert error.error == "event.halls_full"
    assert "hall: 3 are given; allowed are at most 2" in error.text


def test_an_eighteenth_site_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, plan(sites=18))
    assert error.error == "event.sites_full"
    assert "site: 18 are given; allowed are at most 17" in error.text


def change(raw: dict[str, Any], table: str, **fields: Any) -> dict[str, Any]:
    raw[table][0] |= fields
    return raw


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (change(plan(), "site", hall="west"), "site.0.hall: “west” is no hall; allowed: north"),
        (change(plan(), "site", id="north"), "seat id “north” is given more than once"),
        (change(plan(), "site", id="No Spaces"), "site.0.id: small letters, digits and hyphens"),
        (change(plan(), "site", colour="red"), "site.0.colour: no such field"),
        (change(plan(), "desk", role="member"), "desk.0.role: member is no desk; allowed: admin"),
        (change(plan(), "desk", role="king"), "desk.0.role"),
        (
            change(plan(), "cue", layout="mosaic"),
            "no layout “mosaic”. Choose one of: full",
        ),
        (change(plan(), "cue", slots=["north"]), "cue.0: Layout “two_halls” takes 2 sites, not 1."),
        (change(plan(), "cue", slots=["north", "moon"]), "There is no site “moon”."),
        (change(plan(), "cue", slots=["hall:west", "south"]), "There is no site “hall:west”."),
        (change(plan(), "cue", slate={"kind": "lunch"}), "There is no slate “lunch”."),
        (plan() | {"programme": {"height": 480}}, "programme.height: allowed are 720 and 1080"),
        (change(plan(), "site", id="speaker"), "seat id “speaker” means a source of scenes"),
        (plan() | {"hall": []}, "hall: is needed"),
    ],
)
def test_errors_name_file_field_and_what_is_allowed(
    tmp_path: Path, raw: dict[str, Any], says: str
) -> None:
    error = refused(tmp_path, raw)
    assert error.error == "event.invalid"
    assert says in error.text


def test_a_file_that_is_no_toml_or_not_there_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[event", encoding="utf-8")
    for file in (broken, tmp_path / "missing.toml"):
        with pytest.raises(EventFileError, match=file.name):
            read_event(file)


def test_the_sample_is_the_file_in_config() -> None:
    assert tomllib.loads(SAMPLE_EVENT.read_text(encoding="utf-8"))["event"]["slug"] == "jing-xiang"
