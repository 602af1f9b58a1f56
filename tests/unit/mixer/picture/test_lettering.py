import tomllib
from pathlib import Path

import pytest

from mixer.picture.lettering import (
    BOLD,
    ELLIPSIS,
    GETA,
    REGULAR,
    clean,
    fit,
    font,
    has_glyph,
    missing_glyph,
)


def strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for one in value for text in strings(one)] if isinstance(value, list) else []


def test_every_text_of_the_sample_event_has_its_glyphs(repository: Path) -> None:
    event = tomllib.loads((repository / "config" / "jing-xiang.toml").read_text("utf-8"))
    characters = {character for text in strings(event) for character in text}
    assert "湘" in characters
    missing = {one for one in characters if not one.isspace() and not has_glyph(one)}
    assert missing == set()


@pytest.mark.parametrize("character", "喆堃旸犇㛃𣲗𬭎镕燚玥〇·—…“”《》")
def test_rare_characters_of_names_are_no_boxes(character: str) -> None:
    mask = font(24, REGULAR).getmask(character)
    assert (mask.size, bytes(mask)) != missing_glyph()
    assert clean(character) == character


def test_the_missing_glyph_is_recognised() -> None:
    assert not has_glyph("\U0010fffd")
    assert not has_glyph("ሀ")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  张三\t\n 主任 ", "张三 主任"),
        ("张\x00三\x1b[31m", "张三[31m"),
        ("张\u202e三\u200b", "张三"),
        ("张三😀", "张三"),
        ("张ሀ三", f"张{GETA}三"),
        ("\ud800张", "张"),
        ("e\u0301", "é"),
        ("", ""),
        ("\x00", ""),
    ],
)
def test_text_is_cleaned_of_what_cannot_be_shown(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_long_text_shrinks_first_and_then_ends_in_an_ellipsis() -> None:
    room = 300.0
    short, face = fit("湖南会场", 36, BOLD, room, 26)
    assert (short, face.size) == ("湖南会场", 36)
    longer, face = fit("湖南会场主持人覃湘云", 36, BOLD, room, 26)
    assert longer == "湖南会场主持人覃湘云"
    assert 26 <= face.size < 36
    longest, face = fit("湖南会场主持人覃湘云" * 9, 36, BOLD, room, 26)
    assert longest.endswith(ELLIPSIS)
    assert face.size == 26
    assert face.getlength(longest) <= room


def test_the_shapes_are_simplified_chinese() -> None:
    assert font(24, REGULAR).getname()[0] == "Noto Sans CJK SC"
