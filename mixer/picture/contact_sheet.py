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
from typing import NamedTuple

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw, ImageFilter

from mixer.wire.resources import Caption, Scene, Slot

from .colour import Planes, opaque
from .compose import Compositor
from .feed import FRAME_NS, HOLD_FRAMES, Feed
from .layout import CANVAS_HEIGHT, CANVAS_WIDTH
from .layout_file import load_layouts
from .stage import SlateBook, build_stage, opening_stage

ROOT = Path(__file__).resolve().parents[2]
SHEET_SCALE = 0.5
GAP = 14
FRAME = 1000


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


class Studio:
    """Shows scenes with painted people; ``absent`` seats never came, ``lost`` ones went away."""

    def __init__(self, people: list[Seat], absent: set[str], lost: set[str]) -> None:
        self.people = people
        self._absent = absent
        self._lost = lost
        self._feeds: dict[str, Feed] = {}
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
        compositor = Compositor(CANVAS_WIDTH, CANVAS_HEIGHT, self._slates, first)
        if scene.revision:
            compositor.enter(build_stage(scene, layout, self.feed))
        begin = FRAME + scene.revision * 10 * HOLD_FRAMES
        for frame in range(begin, begin + 2 * HOLD_FRAMES):
            for seat, picture in self._pictures.items():
                gone = seat in self._absent or (seat in self._lost and frame > begin + 20)
                if not gone:
                    self.feed(seat).put(frame * FRAME_NS, picture)
            compositor.compose(frame)
        self._painter.submit(lambda: None).result()
        compositor.compose(begin + 2 * HOLD_FRAMES)
        return Image.fromarray(compositor.canvas.frame().to_ndarray(format="rgb24"))


def scenes(people: list[Seat]) -> list[Scene]:
    """Opening, halls, a hall and a call-in, full picture, grids."""

    def slots(*indices: int) -> tuple[Slot, ...]:
        return tuple(
            Slot(seat=people[i].id, title=people[i].name, subtitle=people[i].name_en)
            for i in indices
        )

    def caption(index: int) -> Caption:
        return Caption(title=people[index].speaker, subtitle=people[index].title)

    def scene(revision: int, layout: str, places: tuple[Slot, ...], **more: object) -> Scene:
        return Scene(revision=revision, at_ns=0, layout=layout, slots=places, **more)  # type: ignore[arg-type]

    return [
        scene(0, "full", ()),
        scene(1, "two_halls", slots(0, 1), caption=caption(0)),
        scene(2, "hall_remote", slots(0, 4), caption=caption(4), strap="场外连线一"),
        scene(3, "full", slots(1), caption=caption(1)),
        scene(4, "full", slots(5), caption=caption(5), strap="场外连线二"),
        scene(5, "two_halls", slots(0, 7)),
        scene(6, "grid", slots(*range(6))),
        scene(
            7,
            "grid",
            slots(*range(len(people))),
            caption=Caption(title="京湘两地远程交流", subtitle="感谢参与 · Thank you"),
        ),
    ]


def draw(target: Path, full_size: Path | None = None) -> None:
    """Write the sheet; with ``full_size`` also each scene as a file of its own."""
    people = seats(ROOT / "config" / "jing-xiang.toml")
    studio = Studio(people, absent={people[9].id}, lost={people[7].id})
    pictures = [studio.show(scene) for scene in scenes(people)]
    width, height = round(CANVAS_WIDTH * SHEET_SCALE), round(CANVAS_HEIGHT * SHEET_SCALE)
    rows = -(-len(pictures) // 2)
    sheet = Image.new("RGB", (2 * width + 3 * GAP, rows * (height + GAP) + GAP), (236, 238, 242))
    for index, picture in enumerate(pictures):
        if full_size is not None:
            picture.save(full_size / f"scene-{index}.png")
        row, column = divmod(index, 2)
        small = picture.resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(small, (GAP + column * (width + GAP), GAP + row * (height + GAP)))
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(target, optimize=True)


if __name__ == "__main__":
    draw(
        ROOT / "docs" / "images" / "layouts.png",
        Path(sys.argv[1]) if len(sys.argv) > 1 else None,
    )
