"""Everything a scene may say, in every layout: within the picture, apart, never a box."""

import tomllib
import zlib
from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image

from mixer.picture.caption import lower_third
from mixer.picture.lay_out_captions import captions_of
from mixer.picture.layout_file import load_layouts
from mixer.picture.lettering import clean, font, has_glyph, wrap
from mixer.picture.logo import LogoError, logo, read_logo
from mixer.picture.style import Look
from mixer.picture.theme import DEFAULT, ThemeError, parse_theme, theme_shelf
from mixer.wire.picture import Caption, Scene

LAYOUTS = load_layouts()
ROOT = Path(__file__).resolve().parents[4]
HARD = [
    "顾长青",
    "x" * 300,
    "湖南省湘西土家族苗族自治州" * 12,
    "\x00\x1b[31m\x07\ufeff",
    "\u202eevil\u202c \u2067right to left\u2069",
    "😀🇨🇳👨‍👩‍👧 顾",
    "e\u0301" * 200,
    "https://例え.テスト/" + "a-" * 80,
    "مرحبا بالعالم",
]


def scene(text: str, **more: object) -> Scene:
    return Scene(
        revision=1,
        at_ns=0,
        layout="",
        slots=(),
        caption=Caption(title=text, subtitle=text, organisation=text),
        strap=text,
        event_title=text,
        bug="rehearsal",
        clock_offset_min=480,
        logo="wide.png",
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def logos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logos")
    Image.new("RGB", (600, 100), (200, 30, 30)).save(folder / "wide.png")
    return folder


@pytest.mark.parametrize("name", sorted(LAYOUTS))
@pytest.mark.parametrize("text", HARD)
@pytest.mark.parametrize("question", ["", "问" * 120])
def test_whatever_is_said_stays_in_the_picture_and_apart(
    name: str, text: str, question: str, logos: Path
) -> None:
    made = captions_of(scene(text, question=question), LAYOUTS[name], Look(logos=logos))
    rects = [placed.rect for placed in made.placed]
    rects += [placed.rect for ticker in made.tickers for placed in ticker.placed(ticker.text(1))]
    assert not any(one.touches(other) for one, other in combinations(rects, 2))
    for rect in rects:
        assert all(value % 2 == 0 for value in rect)
        assert min(rect.x, rect.y) >= 0
        assert rect.x + rect.width <= 1280 - 16
        assert rect.y + rect.height <= 720 - 8


def texts_of_the_sample_event() -> set[str]:
    held = tomllib.loads((ROOT / "config" / "jing-xiang.toml").read_text(encoding="utf-8"))
    found: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)
        elif isinstance(value, str):
            found.add(value)

    walk(held)
    return found


@pytest.mark.parametrize("rare", ["喆", "堃", "旸", "犇", "昇", "骉", "媛", "Ø", "é", "—"])
def test_rare_letters_of_names_have_glyphs(rare: str) -> None:
    assert has_glyph(rare)
    assert clean(rare) == rare


def test_no_letter_of_the_sample_event_is_a_box() -> None:
    texts = texts_of_the_sample_event()
    assert "京湘两地远程交流" in texts
    assert [one for text in texts for one in text if not has_glyph(one)] == []
    assert all(lower_third(text, text) is not None for text in texts)


def test_what_does_not_fit_one_line_wraps_and_words_stay_whole() -> None:
    face = font(20, 400)
    lines = wrap("Office of Remote Education and Research of Hunan Province", face, 200, 4)
    assert len(lines) == 3 or len(lines) == 4
    assert all(face.getlength(line) <= 200 for line in lines)
    assert " ".join(lines) == "Office of Remote Education and Research of Hunan Province"
    long = lower_third("顾长青", "中学历史教师" * 14)
    short = lower_third("顾长青", "中学历史教师")
    assert long is not None
    assert short is not None
    assert long.height > short.height


def test_a_line_does_not_begin_with_a_full_stop() -> None:
    face = font(20, 400)
    for room in range(100, 200, 10):
        for line in wrap("春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。", face, room, 9):
            assert line[0] not in "，。"


# --- logos -------------------------------------------------------------------


def png_header_of(width: int, height: int) -> bytes:
    """A PNG that says it has these sides, and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + kind + body + check

    sides = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    header = chunk(b"IHDR", sides + b"\x08\x02\x00\x00\x00")
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture at all",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 64,
        png_header_of(60_000, 60_000),
        png_header_of(8000, 8000),
        png_header_of(2000, 20),
        png_header_of(300, 200),  # truncated
        b"GIF89a" + b"\x10" * 60,
        b"\0" * (5 << 20),
    ],
    ids=["empty", "text", "torn", "bomb", "large", "wide", "truncated", "gif", "heavy"],
)
def test_a_hostile_logo_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "logo.png"
    path.write_bytes(content)
    with pytest.raises(LogoError, match=r"logo\.png"):
        read_logo(path, 46)
    assert logo(tmp_path, "logo.png", 46) is None


@pytest.mark.parametrize("name", ["../wide.png", "", "missing.png", "/etc/passwd", "a\0b"])
def test_a_logo_that_is_not_there_leaves_the_rest(logos: Path, name: str) -> None:
    assert logo(logos, name, 46) is None


def test_a_logo_keeps_its_shape(logos: Path) -> None:
    made = logo(logos, "wide.png", 46)
    assert made is not None
    assert (made.width, made.height) == (276, 46)


# --- themes ------------------------------------------------------------------


def test_the_shipped_default_is_the_built_in_one(tmp_path: Path) -> None:
    shelf = theme_shelf(tmp_path)
    assert shelf["default"] == DEFAULT
    assert shelf.faults == {}
    assert len(shelf) >= 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("panel = 'red'", "mine.toml:1: panel: a colour"),
        ("\npanel_opacity = 7", "mine.toml:2: panel_opacity: from"),
        ("font = 'Arial'", "mine.toml:1: font: no such field"),
        ("safe_top = 3", "mine.toml:1: safe_top: an even number"),
        ("title_weight = 20", "mine.toml:1: title_weight: from"),
        ("text = 4", "mine.toml:1: text: "),
        ("panel", "mine.toml:1: file: not TOML"),
    ],
)
def test_a_wrong_theme_is_refused_by_its_line(text: str, said: str) -> None:
    with pytest.raises(ThemeError) as raised:
        parse_theme("mine", text.encode())
    assert str(raised.value).startswith(said)
