"""Whatever dies in whatever order: the picture that was on air is on air again."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from server.simulate.signal import SignalClient, SignalError
from signaling.wire.directing import CueClip, SetCallIn, SetGraphics, SetStrap, TakeScene
from signaling.wire.messages import RequestBody, SetPreview, Taken
from signaling.wire.state import CaptionView, GraphicsView, ProgrammeView, SceneView
from tests.harness.serving import Serving, wait_for

pytestmark = pytest.mark.system

STILL = "four colours.png"
COLOURS = ((200, 40, 40), (40, 160, 60), (50, 70, 200), (220, 200, 60))
ON_AIR = SceneView(
    layout="hall_remote",
    slots=["clip", "call_in"],
    caption=CaptionView(title="顾长青", subtitle="主持人", organisation="北京会场"),
    question="课堂搬到了哪里？",
)
HALLS = SceneView(layout="two_halls", slots=["hall:a", "hall:b"])
NEXT = SceneView(layout="two_halls", slots=["hall:b", "hall:a"])
SHOWN_S = 1.2
BACK_S = 15.0
ALIKE = 6.0
"""Mean difference of two codings of one picture, in code values; another scene has 30 and more."""


def four_colours(path: Path) -> None:
    picture = np.zeros((720, 1280, 3), np.uint8)
    for number, colour in enumerate(COLOURS):
        row, column = divmod(number, 2)
        picture[row * 360 : row * 360 + 360, column * 640 : column * 640 + 640] = colour
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(picture).save(path)


@pytest_asyncio.fixture
async def desk(serving: Serving) -> AsyncIterator[SignalClient]:
    four_colours(serving.data / "clips" / STILL)
    client = SignalClient(serving.link("director"))
    await client.connect()
    await client.wait_for(lambda state: "programme" in state, 10)
    yield client
    await client.close()


async def asked(desk: SignalClient, body: RequestBody) -> object:
    """The answer; asked again while the line is on its way back."""
    for _ in range(100):
        try:
            return await desk.request(body)
        except SignalError as error:
            if error.error != "connection.lost":
                raise
            await asyncio.sleep(0.1)
    pytest.fail("the desk did not come back")


def programme(desk: SignalClient) -> ProgrammeView:
    view = desk.state["programme"]
    assert isinstance(view, ProgrammeView)
    return view


async def back(serving: Serving, *names: str) -> None:
    """Kill these at once and wait until all is there again."""
    epochs = {name: serving.kill(name) for name in names}

    def returned() -> bool:
        table = serving.table()
        try:
            new = all(table[name]["epoch"] > epoch for name, epoch in epochs.items())
            return new and serving.ready() and serving.state("programme")["frame"] >= 0
        except OSError:
            return False

    await asyncio.to_thread(wait_for, returned, BACK_S, f"{', '.join(names)} are back")
    await asyncio.sleep(SHOWN_S)


def pictures(path: Path) -> list[tuple[float, np.ndarray]]:
    """Each picture of a film, a tenth as wide, with its time in seconds."""
    with av.open(str(path)) as film:
        return [
            (float(frame.time or 0), frame.reformat(128, 72, "rgb24").to_ndarray().astype(float))
            for frame in film.decode(video=0)
        ]


async def test_the_picture_on_air_survives_every_death(
    serving: Serving, desk: SignalClient
) -> None:
    await asked(desk, SetCallIn(seat="bj-school"))
    await asked(desk, CueClip(file=STILL))
    await asked(desk, SetGraphics(graphics=GraphicsView(event_title=True)))
    await asked(desk, SetPreview(scene=NEXT))
    await asked(desk, TakeScene(scene=HALLS))
    first = await asked(desk, SetStrap(strap="场外连线一"))
    assert isinstance(first, Taken)
    # By a dissolve, which a picture process that begins must not repeat.
    last = await asked(desk, TakeScene(scene=ON_AIR, transition="dissolve", duration_ms=400))
    assert isinstance(last, Taken)
    assert last.frame == pytest.approx(last.at_ms / 40, abs=1)
    assert last.frame > first.frame
    await asyncio.sleep(SHOWN_S)
    shown = programme(desk)
    session = serving.start_recording()
    await asyncio.sleep(2 * SHOWN_S)
    for names in (("server",), ("picture",), ("server", "picture"), ("picture", "server")):
        began = time.monotonic()
        await back(serving, *names)
        assert time.monotonic() - began < BACK_S
        await desk.wait_for(lambda _: programme(desk).frame >= 0, 5)
        now = programme(desk)
        assert (now.revision, now.on_air, now.preview) == (shown.revision, shown.on_air, NEXT)
        assert now.sources_on_air == ["clip", "bj-school"]
        assert now.graphics == shown.graphics
    await asyncio.to_thread(serving.stop_recording)
    (film,) = session.glob("programme*.mp4")
    seen = pictures(film)
    reference = seen[len(seen) // 20][1]
    unlike = {
        round(at_s, 2): round(float(np.abs(picture - reference).mean()), 1)
        for at_s, picture in seen
        if np.abs(picture - reference).mean() > ALIKE
    }
    assert unlike == {}
    assert seen[-1][0] > 6 * SHOWN_S
    left = reference[16:26, 10:30].mean((0, 1))
    assert np.abs(left - COLOURS[0]).max() < 30
