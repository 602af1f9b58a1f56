"""A director in Chromium: by mouse and by keys alone, seen in the programme and in the state."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from mixer.picture.caption import lower_third
from tests.harness.chromium import Traffic, fresh_context
from tests.harness.seen import VIDEO, Place, site_at, watch
from tests.harness.serving import ROOT, Serving, wait_for
from tests.harness.simulated import SimulatedSites

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
]

SEATS = ("beijing", "hunan", "bj-studio", "bj-school")
NUMBERS = {"beijing": 0, "hunan": 1, "bj-studio": 2}
FULL = Place(0, 0, 1280, 720)
HALL, REMOTE = Place(48, 100, 744, 418), Place(808, 280, 424, 238)
LEFT, RIGHT = Place(48, 134, 584, 328), Place(648, 134, 584, 328)
LOWER_THIRD = Place(64, 560, 560, 110)
PREVIEW_VIDEO = "lx-preview-pane lx-picture.whole video"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def sites(serving: Serving) -> Iterator[SimulatedSites]:
    running = SimulatedSites(serving, *SEATS)
    try:
        running.wait_joined()
        yield running
    finally:
        running.end()


class Desk:
    """The director's page, and what came of it."""

    def __init__(self, page: Page, traffic: Traffic, serving: Serving) -> None:
        self.page = page
        self.traffic = traffic
        self.serving = serving

    def programme(self) -> dict[str, Any]:
        return self.serving.state("programme")

    async def until(self, text: str, bus: str, **wanted: object) -> None:
        """Until a scene is so on a bus: ``on_air`` or ``preview``."""

        def is_so() -> bool:
            scene = self.programme()[bus]
            return all(scene[key] == value for key, value in wanted.items())

        await asyncio.to_thread(wait_for, is_so, 5, text)

    async def put(self, layout: str, *slots: str) -> None:
        """On air and in preview, without the page."""
        await asyncio.to_thread(self.serving.put_on_air, layout, *slots)
        await self.until("it is on air", "on_air", layout=layout, slots=list(slots))
        await self.page.locator(
            f"lx-layout-chooser [data-layout={layout}][data-on-air=true]"
        ).wait_for()
        await self.page.evaluate("document.activeElement?.blur()")

    async def shows(self, slot: Place, seat: str, video: str = VIDEO) -> None:
        """Until the picture that the page receives has a site in a place."""
        number = None
        for _ in range(30):
            number = await site_at(self.page, slot, self.page.locator(video))
            if number == NUMBERS[seat]:
                return
        pytest.fail(f"{seat} is never seen in {slot}; last read {number}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(serving: Serving, sites: SimulatedSites, browser: Browser) -> AsyncIterator[Desk]:
    context, traffic = await fresh_context(browser)
    page = await context.new_page()
    await page.goto(serving.link("director"))
    await page.locator("lx-control-page .page[data-state=seated]").wait_for()
    for video in (VIDEO, PREVIEW_VIDEO):
        await page.wait_for_function(
            "(video) => video.videoWidth > 0", arg=await page.locator(video).element_handle()
        )
    yield Desk(page, traffic, serving)
    await context.close()


async def test_all_sites_are_seen_moving_with_their_tally(desk: Desk) -> None:
    await desk.put("two_halls", "beijing", "hunan")
    tiles = desk.page.locator("lx-tiles button[data-picture]")
    assert await tiles.count() == 19
    tally = {
        name: await desk.page.locator(f"lx-tiles [data-picture={name}]").get_attribute("data-tally")
        for name in SEATS
    }
    assert tally == {"beijing": "air", "hunan": "air", "bj-studio": "none", "bj-school": "none"}
    for name in SEATS:
        await until_moving(desk.page, name)


async def until_moving(page: Page, seat: str) -> None:
    """Until the tile of a seat is decoded and moves."""
    video = page.locator(f"lx-tiles [data-picture={seat}] video")
    moved = 0.0
    for _ in range(5):
        (seen,) = (await watch(page, FULL, frames=3, video=video)).places
        moved = seen.moved
        if moved > 0.005:
            return
    pytest.fail(f"{seat} stands still: {moved:.4f} of its picture changed")


async def test_by_mouse_layout_source_and_cut(desk: Desk) -> None:
    page = desk.page
    await desk.put("two_halls", "beijing", "hunan")
    await page.locator("lx-layout-chooser [data-layout=hall_remote]").click()
    await desk.until("the layout", "preview", layout="hall_remote", slots=["beijing", "hunan"])
    await page.locator("lx-slots [data-slot='1'] .choose").click()
    await page.locator("lx-tiles [data-picture=bj-studio]").click()
    await desk.until("the source", "preview", slots=["beijing", "bj-studio"])
    await desk.shows(REMOTE, "bj-studio", PREVIEW_VIDEO)
    assert desk.programme()["on_air"]["layout"] == "two_halls"
    await page.locator("#take").click()
    await desk.until("the cut", "on_air", layout="hall_remote", slots=["beijing", "bj-studio"])
    await desk.shows(REMOTE, "bj-studio")
    state = page.locator("lx-transition-bar .state[data-frame]")
    frame = await state.get_attribute("data-frame")
    assert frame == str(desk.programme()["frame"])
    await page.locator("lx-tiles [data-picture=bj-studio][data-tally=air]").wait_for()


async def test_a_tile_is_dragged_onto_a_slot_and_slots_onto_each_other(desk: Desk) -> None:
    page = desk.page
    await desk.put("two_halls", "beijing", "hunan")
    await page.locator("lx-tiles [data-picture=bj-studio]").hover()
    await page.mouse.down()
    box = await page.locator("lx-slots [data-slot='0']").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.move(*middle, steps=6)
    await page.locator("lx-slots [data-slot='0'][data-over=true]").wait_for()
    await page.mouse.up()
    await desk.until("it is dropped", "preview", slots=["bj-studio", "hunan"])
    await page.mouse.move(*middle)
    await page.mouse.down()
    await page.locator("lx-slots [data-slot='1'] .choose").hover()
    await page.mouse.up()
    await desk.until("they change places", "preview", slots=["hunan", "bj-studio"])


async def test_by_keys_alone(desk: Desk) -> None:
    keyboard = desk.page.keyboard
    await desk.put("two_halls", "beijing", "hunan")
    await keyboard.press("l")
    await keyboard.press("Home")
    await keyboard.press("Enter")
    await desk.until("the first layout", "preview", layout="full", slots=["beijing"])
    await keyboard.press("Shift+Tab")
    await desk.page.evaluate("document.activeElement?.blur()")
    await keyboard.press("3")
    await desk.until("the third source", "preview", slots=["bj-studio"])
    await keyboard.press("Space")
    await desk.until("the cut", "on_air", layout="full", slots=["bj-studio"])
    await desk.shows(FULL, "bj-studio")
    await keyboard.press("2")
    await desk.until("the second source", "preview", slots=["hunan"])
    await keyboard.press("-")
    await asyncio.to_thread(
        wait_for, lambda: desk.programme()["auto"]["duration_ms"] == 400, 5, "shorter"
    )
    await keyboard.press("Enter")
    await desk.until("the dissolve", "on_air", slots=["hunan"])
    assert desk.programme()["transition"] == "dissolve"
    assert desk.programme()["duration_ms"] == 400
    await desk.shows(FULL, "hunan")
    await keyboard.press("f")
    await desk.page.locator("lx-programme-pane [data-mark=frozen]").wait_for()
    await keyboard.press("f")
    await desk.page.locator("lx-programme-pane [data-mark=frozen]").wait_for(state="detached")


async def test_a_slate_by_key_and_back(desk: Desk) -> None:
    await desk.put("two_halls", "beijing", "hunan")
    await desk.page.keyboard.press("b")
    slate = {"kind": "break", "title": "", "until_ms": 0}
    await desk.until("the slate", "on_air", slate=slate)
    await desk.page.locator("lx-programme-pane [data-mark=slate]").wait_for()
    await desk.page.keyboard.press("b")
    await desk.until("the halls again", "on_air", slate=None, slots=["beijing", "hunan"])
    await desk.shows(LEFT, "beijing")


async def test_panic_needs_two_presses_or_the_key_and_back_undoes_it(desk: Desk) -> None:
    page = desk.page
    await desk.put("two_halls", "beijing", "hunan")
    await page.locator("#panic").click()
    assert desk.programme()["on_air"]["slate"] is None
    await page.locator("#panic[data-open=true]").click()
    standby = {"kind": "standby", "title": "", "until_ms": 0}
    await desk.until("the standby slate", "on_air", slate=standby)
    assert desk.programme()["seats_on_air"] == []
    await page.keyboard.press("Backspace")
    await desk.until("back", "on_air", slate=None, slots=["beijing", "hunan"])
    await page.locator("lx-caption-editor wa-input[data-name=title] input").focus()
    await page.keyboard.press("Shift+Escape")
    await desk.until("also while one writes", "on_air", slate=standby)
    await page.locator("#back").click()
    await desk.until("back", "on_air", slate=None, slots=["beijing", "hunan"])
    await desk.shows(RIGHT, "hunan")


async def test_a_person_of_the_event_is_captioned_by_one_click_and_a_key(desk: Desk) -> None:
    page = desk.page
    await desk.put("two_halls", "beijing", "hunan")
    await page.locator("lx-caption-editor [data-person=骆文景]").click()
    mirror = page.locator("lx-caption-mirror .title")
    await mirror.wait_for()
    assert await mirror.text_content() == "骆文景"
    await page.keyboard.press("c")
    await desk.until(
        "the caption",
        "on_air",
        caption={"title": "骆文景", "subtitle": "演播室主播", "organisation": "北京演播室"},
    )
    await until_white(page, least=0.005)
    await page.keyboard.press("c")
    await desk.until("no caption", "on_air", caption=None)
    await until_white(page, least=0.0)


@pytest.mark.parametrize(
    ("title", "subtitle"),
    [("骆文景", "演播室主播"), ("喆堃旸犇", ""), ("很长的名字" * 12, "很长的职务" * 16)],
)
async def test_a_lower_third_is_shown_as_it_will_be_drawn(
    desk: Desk, title: str, subtitle: str
) -> None:
    for name, text in (("title", title), ("subtitle", subtitle), ("organisation", "")):
        await desk.page.locator(f"lx-caption-editor wa-input[data-name={name}] input").fill(text)
    width, height = await desk.page.locator("lx-caption-editor lx-caption-mirror").evaluate(
        """async (mirror) => {
            await mirror.updateComplete;
            const panel = mirror.shadowRoot.querySelector(".panel").getBoundingClientRect();
            const pixel = mirror.getBoundingClientRect().width / 1280;
            return [panel.width / pixel, panel.height / pixel];
        }"""
    )
    drawn = lower_third(title, subtitle)
    assert drawn is not None
    assert width == pytest.approx(drawn.width, abs=12)
    assert height == pytest.approx(drawn.height, abs=6)


async def until_white(page: Page, least: float) -> None:
    """Until the lower third has as much white, or none for 0."""
    bright = -1.0
    for _ in range(40):
        (shown,) = (await watch(page, LOWER_THIRD, frames=1)).places
        bright = shown.bright
        if (bright > least) == (least > 0):
            return
    pytest.fail(f"{bright:.4f} of the lower third is white")


async def test_graphics_and_straps_are_switched(desk: Desk) -> None:
    page = desk.page
    await desk.put("two_halls", "beijing", "hunan")
    await page.locator("#tab-graphics").click()
    await page.locator("lx-graphics-panel [data-graphic=clock]").click()
    await page.locator("lx-graphics-panel #theme").select_option("red")
    await asyncio.to_thread(
        wait_for,
        lambda: (
            (desk.programme()["graphics"]["clock"], desk.programme()["graphics"]["theme"])
            == (True, "red")
        ),
        5,
        "clock and theme",
    )
    await page.locator("lx-graphics-panel wa-input[data-name=question] input").fill("何时开课？")
    await page.locator("#question-show").click()
    await desk.until("the question", "on_air", question="何时开课？")
    await page.locator("#question-clear").click()
    await desk.until("no question", "on_air", question="")
    await page.locator("#tab-caption").click()


async def test_the_help_names_every_key_and_keeps_them_from_directing(desk: Desk) -> None:
    page = desk.page
    before = desk.programme()["revision"]
    await page.keyboard.press("?")
    await page.locator("lx-key-help dl").wait_for()
    assert await page.locator("lx-key-help [data-key]").count() > 15
    await page.keyboard.press("b")
    await page.keyboard.press("Escape")
    await page.locator("lx-key-help dl").wait_for(state="hidden")
    assert desk.programme()["revision"] == before


@pytest.mark.parametrize("tab", ["caption", "graphics", "slates", "clips", "sites"])
async def test_nothing_keeps_people_from_using_the_desk(desk: Desk, tab: str) -> None:
    page = desk.page
    await page.locator(f"#tab-{tab}").click()
    assert await violations(page, AXE) == []


async def violations(page: Page, axe: Path) -> list[str]:
    """What axe finds, as ``rule: element``."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(axe.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080)])
async def test_what_is_done_live_is_seen_without_scrolling(
    desk: Desk, width: int, height: int
) -> None:
    page = desk.page
    await page.locator("#tab-caption").click()
    await page.set_viewport_size({"width": width, "height": height})
    await page.wait_for_timeout(300)
    for what in ("#next", "#take", "#auto", "#panic", "#caption-show", "#caption-clear"):
        assert await inside(page, what), f"{what} is not in view"
    for number in range(19):
        assert await inside(page, f"lx-tiles li:nth-child({number + 1}) button")
    layouts = page.locator("lx-layout-chooser button")
    for number in range(await layouts.count()):
        assert await inside(page, f"lx-layout-chooser li:nth-child({number + 1}) button")
    await page.set_viewport_size({"width": 1366, "height": 768})


async def inside(page: Page, selector: str) -> bool:
    """Whether all of an element is seen: in the window, and on top there."""
    seen: bool = await page.locator(selector).first.evaluate(
        """(element) => {
            const box = element.getBoundingClientRect();
            if (box.bottom > innerHeight || box.right > innerWidth || box.top < 0) { return false; }
            return [[0.5, 0.15], [0.5, 0.85]].every(([x, y]) => {
              let at = document, found = null;
              for (;;) {
                const next = at.elementFromPoint(box.x + x * box.width, box.y + y * box.height);
                if (next === null || next === found) { break; }
                found = next;
                if (found.shadowRoot === null) { break; }
                at = found.shadowRoot;
              }
              for (let one = found; one !== null; one = one.parentNode ?? one.host ?? null) {
                if (one === element) { return true; }
              }
              return false;
            });
        }"""
    )
    return seen


async def test_the_desk_asked_no_other_host(desk: Desk) -> None:
    assert desk.traffic.foreign() == {}
    assert desk.traffic.errors == []
