"""Two halls and a member in Chromium: what each decodes of the others, not what is drawn."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, Playwright

from tests.harness.camera import BLUE, GREEN, RED, Signature
from tests.harness.chromium import (
    PICTURE,
    Traffic,
    chromium,
    file_devices,
    fresh_context,
    in_call,
    join_room,
)
from tests.harness.seen import Place, colour_of, listen, watch
from tests.harness.serving import Serving, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
]

SEATS: dict[str, Signature] = {"beijing": RED, "hunan": BLUE, "bj-studio": GREEN}
COLOURS = {seat: signature.rgb for seat, signature in SEATS.items()}
PLACES = {
    "beijing": Place(336, 24, 290, 270),
    "hunan": Place(660, 24, 290, 270),
    "bj-studio": Place(496, 340, 290, 270),
}
SEEN_WITHIN_S = 20.0
HEARD_DB, SILENT_DB, OWN_BELOW_DB = -60.0, -80.0, 30.0


class Hall:
    """A seat in a browser of its own, whose camera and microphone are files."""

    def __init__(self, page: Page, traffic: Traffic) -> None:
        self.page = page
        self.traffic = traffic


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def call(
    serving: Serving, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, Hall]]:
    """All three joined by the join page and on air in one grid."""
    folder: Path = tmp_path_factory.mktemp("devices")
    async with AsyncExitStack() as stack:
        seats: dict[str, Hall] = {}
        for seat, signature in SEATS.items():
            devices = file_devices(folder / seat, signature)
            browser = await stack.enter_async_context(chromium(playwright, *devices))
            context, traffic = await fresh_context(browser, width=960, height=600)
            page = await context.new_page()
            await join_room(page, serving.link(seat, query=PICTURE))
            seats[seat] = Hall(page, traffic)
        await asyncio.to_thread(serving.put_on_air, "grid", *SEATS)
        for seat, place in PLACES.items():
            await until_colour(seats["beijing"].page, place, seat, at_least_moved=0.05)
        yield seats


@pytest.mark.parametrize("seat", SEATS)
async def test_each_sees_everybody_moving_in_the_right_place(
    call: dict[str, Hall], seat: str
) -> None:
    page = call[seat].page
    seen = await watch(page, PLACES[seat], frames=2)
    assert (seen.width, seen.height) == ((640, 360) if seat == "bj-studio" else (1280, 720))
    for other, place in PLACES.items():
        await until_colour(page, place, other, at_least_moved=0.05)


@pytest.mark.parametrize("seat", SEATS)
async def test_each_hears_the_others_and_never_itself(call: dict[str, Hall], seat: str) -> None:
    levels = dict(
        zip(SEATS, await listen(call[seat].page, *(s.tone_hz for s in SEATS.values())), strict=True)
    )
    own_db = levels.pop(seat)
    assert min(levels.values()) > HEARD_DB, levels
    assert own_db < min(levels.values()) - OWN_BELOW_DB, (own_db, levels)


async def test_the_key_m_mutes_and_opens_again(serving: Serving, call: dict[str, Hall]) -> None:
    page, listener = call["beijing"].page, call["hunan"].page
    await page.keyboard.press("m")
    await page.locator("#mute[variant=danger]").wait_for()
    await muted(serving, "beijing", "audio_muted", expected=True)
    await until_heard(listener, RED.tone_hz, -200.0, SILENT_DB)
    mark = listener.locator("lx-site-list li[data-seat=beijing] wa-icon[name=microphone-off]")
    await mark.wait_for()
    await page.keyboard.press("m")
    await muted(serving, "beijing", "audio_muted", expected=False)
    await until_heard(listener, RED.tone_hz, HEARD_DB, 0.0)


async def until_heard(page: Page, hertz: float, least_db: float, most_db: float) -> None:
    for _ in range(10):
        (level_db,) = await listen(page, hertz, seconds=0.3)
        if least_db < level_db < most_db:
            return
    pytest.fail(f"{hertz:.0f} Hz is heard at {level_db:.0f} dB")


async def test_a_camera_that_is_switched_off_leaves_a_slate(
    serving: Serving, call: dict[str, Hall]
) -> None:
    page, watcher = call["hunan"].page, call["beijing"].page
    await page.locator("#camera").click()
    await muted(serving, "hunan", "video_muted", expected=True)
    await until_colour(watcher, PLACES["hunan"], "", at_least_moved=0.0)
    await page.locator("#camera").click()
    await muted(serving, "hunan", "video_muted", expected=False)
    await until_colour(watcher, PLACES["hunan"], "hunan", at_least_moved=0.05)


async def muted(serving: Serving, seat: str, field: str, *, expected: bool) -> None:
    await asyncio.to_thread(
        wait_for,
        lambda: serving.state(f"seat/{seat}")["devices"][0][field] is expected,
        5,
        f"{field} of {seat} is {expected}",
    )


async def until_colour(page: Page, place: Place, name: str, *, at_least_moved: float) -> None:
    deadline = time.monotonic() + SEEN_WITHIN_S
    while True:
        shown = (await watch(page, place, frames=4)).places[0]
        if colour_of(shown.rgb, COLOURS) == name and shown.moved >= at_least_moved:
            return
        if time.monotonic() > deadline:
            pytest.fail(f"never {name or 'a slate'}; last seen {shown}")


async def test_a_page_loaded_again_keeps_its_seat(call: dict[str, Hall]) -> None:
    page = call["bj-studio"].page
    await page.reload()
    await in_call(page)
    await until_colour(page, PLACES["beijing"], "beijing", at_least_moved=0.05)
    await until_colour(call["beijing"].page, PLACES["bj-studio"], "bj-studio", at_least_moved=0.05)


async def test_pages_connect_anew_by_themselves_when_media_dies(
    serving: Serving, call: dict[str, Hall]
) -> None:
    serving.kill("media")
    for hall in call.values():
        await hall.page.wait_for_function(
            """() => [lianxian.publish(), lianxian.subscribe()].every(
                (link) => link.state === "connected" && link.connections > 1)"""
        )
    for seat, place in PLACES.items():
        await until_colour(call["hunan"].page, place, seat, at_least_moved=0.05)
    await until_heard(call["beijing"].page, BLUE.tone_hz, HEARD_DB, 0.0)


async def test_no_page_asked_another_host(call: dict[str, Hall]) -> None:
    for hall in call.values():
        assert hall.traffic.foreign() == {}
        assert "localhost" in hall.traffic.hosts
        assert hall.traffic.errors == []
