"""Draws each layout as it comes on air, side by side: ``python -m mixer.picture.contact_sheet``.

The people are painted, the names are those of the sample event. Writes
``docs/images/layouts.png``, which `docs/picture.md` shows.
"""

from __future__ import annotations

import colorsys
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw, ImageFilter

from mixer.wire.picture import (
    Caption,
    Scene,
    Slate,
    Slot,
)

from .colour import Planes, opaque
from .compose import Compositor
from .feed import FRAME_NS, HOLD_FRAMES, Feed
from .layout import CANVAS_HEIGHT, CANVAS_WIDTH
from .layout_file import load_layouts
from .look import Looks
from .picture_format import STANDARD
from .stage import SlateBook, build_stage, opening_stage

ROOT = Path(__file__).resolve().parents[2]
SHEET_SCALE = 0.4
COLUMNS = 3
GAP = 14
FRAME = 1000
STEP_FRAMES = 6
"""Only each so many frames are composed; what stands at the end is the same."""
WALL_NS = 1_790_000_000_000_000_000
SLATE_END_NS = 430_000_000_000
LOGO = "lianxian.png"
QUESTION = "乡村学校的孩子怎样才能和城里的孩子上同一堂美术课？老师和设备从哪里来？"
LONG_CAPTION = Caption(
    title="买买提·阿不都热合曼·伊布拉音江 Maimaiti Abudureheman Yibulayinjiang",
    subtitle="湖南省湘西土家族苗族自治州龙山县里耶镇中心完全小学校长、全国模范教师",
    organisation="湘西土家族苗族自治州龙山县教育和体育局基础教育研究与远程教学中心",
)


class Seat(NamedTuple):
    """What the sheet needs of a hall or site of the sample event."""

    id: str
    name: str
    name_en: str
    speaker: str
    title: str


def seats(event: Path) -> list[Seat]:
    """Halls, then sites."""
    held = tomllib.loads(event.read_text(encoding="utf-8"))
    return [
        Seat(
            one["id"], one["name"], one["name_en"], one["speaker"]["name"], one["speaker"]["title"]
        )
        for one in [*held["hall"], *held["site"]]
    ]


def painted(index: int, width: int, height: int) -> VideoFrame:
    """A person before a wall, in colours of their own."""
    hue = index * 0.618 % 1
    wall = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.28, 0.72))
    coat = tuple(round(255 * part) for part in colorsys.hsv_to_rgb((hue + 0.45) % 1, 0.5, 0.4))
    shade = (
        np.linspace(1.12, 0.72, width)[None, :, None] * np.linspace(1, 0.85, height)[:, None, None]
    )
    ground = np.clip(np.array(wall)[None, None, :] * shade, 0, 255).astype(np.uint8)
    image = Image.fromarray(ground)
    pen = ImageDraw.Draw(image)
    middle, head = width * (0.5 + 0.06 * (index % 3 - 1)), height * 0.17
    pen.rectangle((width * 0.06, height * 0.1, width * 0.26, height * 0.55), fill=(226, 232, 238))
    pen.ellipse((middle - head * 2.3, height * 0.66, middle + head * 2.3, height * 1.5), fill=coat)
    pen.ellipse(
        (middle - head, height * 0.2, middle + head, height * 0.2 + head * 2.5),
        fill=(224, 184, 156),
    )
    pen.chord(
        (middle - head * 1.05, height * 0.16, middle + head * 1.05, height * 0.2 + head * 2.4),
        200,
        340,
        fill=(40, 34, 34),
    )
    image = image.filter(ImageFilter.GaussianBlur(width / 500))
    return frame_of(opaque(np.asarray(image, dtype=np.uint8)))


def frame_of(planes: Planes) -> VideoFrame:
    """A frame of its own memory."""
    height, width = planes.y.shape
    flat = np.concatenate([plane.reshape(-1) for plane in planes])
    return VideoFrame.from_ndarray(flat.reshape(height * 3 // 2, width), format="yuv420p")


def draw_logo(path: Path) -> None:
    """A mark as an event may have one: two linked rings."""
    path.parent.mkdir()
    image = Image.new("RGBA", (720, 400), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    for x, colour in ((40, (240, 244, 248, 255)), (320, (70, 190, 215, 255))):
        pen.ellipse((x, 20, x + 360, 380), outline=colour, width=52)
    image.save(path)


class Studio:
    """Shows scenes with painted people; ``absent`` seats never came, ``lost`` ones went away."""

    def __init__(self, people: list[Seat], absent: set[str], lost: set[str]) -> None:
        self.people = people
        self._absent = absent
        self._lost = lost
        self._feeds: dict[str, Feed] = {}
        self._folder = TemporaryDirectory()
        draw_logo(Path(self._folder.name) / "logos" / LOGO)
        self._looks = Looks(Path(self._folder.name))
        self._painter = ThreadPoolExecutor(max_workers=1)
        self._slates = SlateBook(self._painter)
        self._pictures = {
            person.id: painted(index, 1280 if index < 2 else 640, 720 if index < 2 else 360)
            for index, person in enumerate(people)
        }

    def feed(self, seat: str) -> Feed:
        """The feed of a seat."""
        return self._feeds.setdefault(seat, Feed())

    def show(self, scene: Scene) -> Image.Image:
        """The scene some seconds after its cut."""
        layout = load_layouts()[scene.layout]
        first = opening_stage(CANVAS_WIDTH, CANVAS_HEIGHT)
        compositor = Compositor(STANDARD, self._slates, first)
        if scene.revision:
            look = self._looks.look(scene.theme, WALL_NS)
            compositor.enter(build_stage(scene, layout, self.feed, look))
        begin = FRAME + scene.revision * 2 * HOLD_FRAMES + scene.revision * 8
        for frame in range(begin, begin + 2 * HOLD_FRAMES, STEP_FRAMES):
            for seat in {slot.seat for slot in scene.slots}:
                gone = seat in self._absent or (seat in self._lost and frame > begin + 20)
                if not gone:
                    self.feed(seat).put(frame * FRAME_NS, self._pictures[seat])
            compositor.compose(frame)
        self._painter.submit(lambda: None).result()
        compositor.compose(begin + 2 * HOLD_FRAMES)
        return Image.fromarray(compositor.canvas.frame().to_ndarray(format="rgb24"))


def scenes(people: list[Seat]) -> list[Scene]:
    """Every layout, every caption and the slates."""

    def slots(*indices: int) -> tuple[Slot, ...]:
        return tuple(
            Slot(seat=people[i].id, title=people[i].name, subtitle=people[i].name_en)
            for i in indices
        )

    def caption(index: int) -> Caption:
        one = people[index]
        return Caption(title=one.speaker, subtitle=one.title, organisation=one.name)

    made: list[Scene] = []

    def scene(layout: str, *indices: int, **more: object) -> None:
        made.append(
            Scene(revision=len(made), at_ns=0, layout=layout, slots=slots(*indices), **more)  # type: ignore[arg-type]
        )

    title = "京湘两地远程交流"
    english = "Beijing–Hunan Remote Exchange"
    dressed = {"bug": "live", "clock_offset_min": 480}
    scene("full")
    scene(
        "full", 0, slate=Slate(kind="break", title=title, subtitle=english, until_ns=SLATE_END_NS)
    )
    scene("two_halls", 0, 1, caption=caption(0), event_title=title, **dressed)
    scene("hall_remote", 0, 4, caption=caption(4), strap="场外连线一", event_title=title, **dressed)
    scene("remote_hall", 1, 12, caption=caption(12), strap="场外连线二", bug="rehearsal")
    scene("full", 5, caption=caption(5), strap="场外连线三", logo=LOGO, **dressed)
    scene("full", 14, caption=caption(14), question=QUESTION, **dressed)
    scene("full", 1, caption=LONG_CAPTION, theme="red", event_title=title, **dressed)
    scene("pip_top_left", 0, 3, caption=caption(3), strap="场外连线四", **dressed)
    scene("pip_top_right", 0, 6, caption=caption(6), strap="场外连线五", **dressed)
    scene("pip_bottom_left", 1, 8, caption=caption(8), event_title=title, **dressed)
    scene("pip_bottom_right", 1, 10, caption=caption(10), event_title=title, **dressed)
    scene("one_row", 0, 1, 4, 5, 6, 8, 10, caption=caption(0), strap="场外连线", **dressed)
    scene("one_column", 1, 0, 11, 12, 13, question=QUESTION, **dressed)
    scene("slides_speaker", 2, 12, caption=caption(12), **dressed)
    scene("slides_full", 3, event_title=title, **dressed)
    scene("two_halls", 0, 7)
    scene("grid", *range(6), event_title=title, **dressed)
    scene("grid", *range(11), caption=caption(0), strap="场外连线一", **dressed)
    thanks = Caption(title=title, subtitle="感谢参与 · Thank you")
    scene("grid", *range(len(people)), caption=thanks)
    scene("full", 0, slate=Slate(kind="closing", title=title, subtitle=english))
    return made


def draw(target: Path, full_size: Path | None = None) -> None:
    """Write the sheet; with ``full_size`` also each scene as a file of its own."""
    people = seats(ROOT / "config" / "jing-xiang.toml")
    studio = Studio(people, absent={people[9].id}, lost={people[7].id})
    pictures = [studio.show(scene) for scene in scenes(people)]
    width, height = round(CANVAS_WIDTH * SHEET_SCALE), round(CANVAS_HEIGHT * SHEET_SCALE)
    rows = -(-len(pictures) // COLUMNS)
    sheet = Image.new(
        "RGB", (COLUMNS * width + (COLUMNS + 1) * GAP, rows * (height + GAP) + GAP), (236, 238, 242)
    )
    for index, picture in enumerate(pictures):
        if full_size is not None:
            picture.save(full_size / f"scene-{index}.png")
        row, column = divmod(index, COLUMNS)
        small = picture.resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(small, (GAP + column * (width + GAP), GAP + row * (height + GAP)))
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(target, optimize=True)


if __name__ == "__main__":
    draw(
        ROOT / "docs" / "images" / "layouts.png",
        Path(sys.argv[1]) if len(sys.argv) > 1 else None,
    )
