"""A programme as peers make it: a page in a browser under Xvfb, captured and coded by FFmpeg.

The browser joins the call: it receives what our picture process does, from the same media process,
and shows the tiles of our grid where they stand there.
"""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from aiohttp import web

from bench.picture_films import Film
from bench.processes import PROC, read_usage
from bench.studio import Studio, loop_of, running_studio
from bench.workers import BenchError, finish, offered
from mixer.picture.layout_file import load_layouts
from mixer.wire.ids import LAYER_LOW, MediaKind, PeerId, PublicationId, SubscriptionId, WorkerKind
from mixer.wire.resources import Peer, Resource, Subscription

RATE = 25
SETTLE_S = 3.0
BROWSER = PeerId(2000)
READY_S = 30.0
_X264 = "-c:v libx264 -preset superfast -profile:v baseline -tune zerolatency -sc_threshold 0 -g 50"
_MAIN = "-threads 1 -crf 24 -maxrate 2500k -bufsize 2500k"
_LOW = "-threads 1 -crf 26 -maxrate 300k -bufsize 300k"
_BROWSER = (
    "--no-sandbox --disable-gpu --kiosk --window-size=1280,720 --window-position=0,0 "
    "--no-first-run --allow-loopback-in-peer-connection "
    "--autoplay-policy=no-user-gesture-required --disable-dev-shm-usage --mute-audio "
    "--enable-logging=stderr --v=0 --hide-scrollbars --force-device-scale-factor=1 "
    "--disable-component-update --disable-background-networking --disable-sync"
)
_STYLE = """
body { margin: 0; background: #10151c; overflow: hidden; color: #fff; font: 16px sans-serif }
video, p { position: absolute; margin: 0; object-fit: cover }
p { background: #26303c }
"""
_SCRIPT = """
const videos = [...document.querySelectorAll('video')];
async function join() {
  const peer = new RTCPeerConnection();
  let next = 0;
  peer.ontrack = (event) => { videos[next++].srcObject = new MediaStream([event.track]); };
  const offer = await (await fetch('/offer')).text();
  await peer.setRemoteDescription({ type: 'offer', sdp: offer });
  await peer.setLocalDescription(await peer.createAnswer());
  await fetch('/answer', { method: 'POST', body: peer.localDescription.sdp });
}
setInterval(() => {
  let dropped = 0, shown = 0, playing = 0;
  for (const video of videos) {
    const quality = video.getVideoPlaybackQuality();
    dropped += quality.droppedVideoFrames; shown += quality.totalVideoFrames;
    playing += quality.totalVideoFrames > 0;
  }
  console.log(`tiles ${playing} ${dropped} ${shown} end`);
}, 500);
join();
"""


class Delivered(NamedTuple):
    """What a run of the peer cost and gave."""

    frame_ms: float
    """CPU of Xvfb, browser and FFmpeg per frame delivered."""
    core_percent: float
    frames: int
    dropped: int
    """Frames due that were not delivered, repeats counted as such."""
    tile_drops: int
    """Pictures of tiles that the browser left out."""
    tile_pictures: int


def page_of(count: int) -> str:
    """The page of so many tiles, with names and a lower third."""
    tiles: list[str] = []
    for number, place in enumerate(load_layouts()["grid"].place(count)):
        tiles.append(f'<video style="{_at(*place.picture)}" autoplay muted></video>')
        if place.name_bar is not None:
            tiles.append(f'<p style="{_at(*place.name_bar)}">站点{number + 1}</p>')
    third = (
        '<p style="left:48px;top:648px;width:600px;height:56px;font-size:28px">京湘两地远程交流</p>'
    )
    body = "".join([*tiles, third])
    head = f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style>"
    return f"{head}{body}<script>{_SCRIPT}</script>"


def _at(x: int, y: int, width: int, height: int) -> str:
    return f"left:{x}px;top:{y}px;width:{width}px;height:{height}px"


@asynccontextmanager
async def _served(studio: Studio) -> AsyncIterator[str]:
    """The page, and the call it joins. The address."""
    count = len(studio.seats)
    wanted: list[Resource] = [Peer(id=BROWSER, direction="send")]
    wanted += [
        Subscription(
            id=SubscriptionId(seat.number),
            peer=BROWSER,
            publication=PublicationId(seat.number),
            kind=MediaKind.VIDEO,
            layer=LAYER_LOW,
        )
        for seat in studio.seats
    ]
    await studio.hold(WorkerKind.MEDIA, wanted)

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=page_of(count), content_type="text/html")

    async def offer(_request: web.Request) -> web.Response:
        return web.Response(text=(await offered(studio.hub, BROWSER)).sdp)

    async def answer(request: web.Request) -> web.Response:
        await finish(studio.hub, BROWSER, await request.text())
        return web.Response()

    application = web.Application()
    application.add_routes(
        [web.get("/", page), web.get("/offer", offer), web.post("/answer", answer)]
    )
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def run_browser(films: Sequence[Film], folder: Path, seconds: float) -> Delivered:
    """Measure it once. Raises BenchError when something does not start."""
    for program in ("Xvfb", "chromium", "ffmpeg"):
        if shutil.which(program) is None:
            raise BenchError(f"{program} is missing: apt-get install xvfb chromium ffmpeg")
    async with running_studio((WorkerKind.MEDIA,), folder) as studio:
        await studio.join([loop_of(film) for film in films])
        async with _served(studio) as address:
            return await asyncio.to_thread(_measure, address, folder, len(films), seconds)


def _measure(address: str, folder: Path, count: int, seconds: float) -> Delivered:
    log = folder / "browser.log"
    progress = folder / "progress.txt"
    with ExitStack() as stack:
        display, screen = stack.enter_context(_screen(folder))
        profile = folder / "profile"
        command = ["chromium", *_BROWSER.split(), f"--user-data-dir={profile}", address]
        output = stack.enter_context(log.open("wb"))
        browser = stack.enter_context(_running(command, display, output))
        _wait(lambda: _tiles(log).playing == count, "all tiles play")
        coder = stack.enter_context(_running(_capture(display, progress), display, output))
        _wait(lambda: _coded(progress)[0] > RATE, "FFmpeg captures")
        time.sleep(SETTLE_S)
        before = _cpu_s(screen, browser, coder), _coded(progress), _tiles(log)
        begun = time.monotonic()
        time.sleep(seconds)
        after = _cpu_s(screen, browser, coder), _coded(progress), _tiles(log)
        elapsed = time.monotonic() - begun
    frames = (after[1][0] - after[1][1]) - (before[1][0] - before[1][1])
    if frames <= 0:
        raise BenchError("the peer delivered nothing")
    cpu_s = after[0] - before[0]
    return Delivered(
        frame_ms=cpu_s / frames * 1000,
        core_percent=cpu_s / elapsed * 100,
        frames=frames,
        dropped=max(round(elapsed * RATE) - frames, 0),
        tile_drops=after[2].dropped - before[2].dropped,
        tile_pictures=after[2].shown - before[2].shown,
    )


def _capture(display: str, progress: Path) -> list[str]:
    grab = f"-f x11grab -framerate {RATE} -video_size 1280x720 -draw_mouse 0 -i {display}"
    outputs = (
        f"-map 0:v {_X264} {_MAIN} -pix_fmt yuv420p -f flv /dev/null "
        f"-map 0:v -vf scale=640:360 {_X264} {_LOW} -pix_fmt yuv420p -f flv /dev/null"
    )
    told = f"-nostdin -y -loglevel error -stats_period 0.1 -progress {progress}"
    return ["ffmpeg", *told.split(), *grab.split(), *outputs.split()]


@contextmanager
def _screen(folder: Path) -> Iterator[tuple[str, int]]:
    """An X server on a display of its own choice."""
    number = folder / "display"
    with number.open("wb") as file:
        command = ["Xvfb", "-displayfd", str(file.fileno()), "-screen", "0", "1280x720x24"]
        command += ["-nolisten", "tcp", "-ac"]
        process = subprocess.Popen(command, pass_fds=[file.fileno()], stderr=subprocess.DEVNULL)
    try:
        _wait(lambda: number.read_text(encoding="ascii").endswith("\n"), "Xvfb runs")
        yield ":" + number.read_text(encoding="ascii").strip(), process.pid
    finally:
        _end([process.pid])
        process.wait()


@contextmanager
def _running(command: list[str], display: str, output: IO[bytes]) -> Iterator[int]:
    process = subprocess.Popen(
        command, env=os.environ | {"DISPLAY": display}, stdout=output, stderr=output
    )
    try:
        yield process.pid
    finally:
        _end(family(process.pid))
        process.wait()


def _end(pids: Sequence[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it ended with its parent


def family(pid: int, proc: Path = PROC) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, int] = {}
    for folder in proc.iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _cpu_s(*pids: int) -> float:
    total = 0.0
    for pid in pids:
        for one in family(pid):
            try:
                total += read_usage(one).cpu_s
            except ProcessLookupError:
                continue  # one of a browser's may end at any time; what it used is not counted
    return total


def _coded(progress: Path) -> tuple[int, int]:
    """Frames FFmpeg has coded, and how many of them are repeats it put in."""
    text = progress.read_text(encoding="ascii", errors="replace") if progress.exists() else ""
    frames = re.findall(r"^frame=\s*(\d+)$", text, re.MULTILINE)
    repeats = re.findall(r"^dup_frames=(\d+)$", text, re.MULTILINE)
    return int(frames[-1]) if frames else 0, int(repeats[-1]) if repeats else 0


class Tiles(NamedTuple):
    """What the page told last: tiles that play, pictures left out and shown so far."""

    playing: int
    dropped: int
    shown: int


def _tiles(log: Path) -> Tiles:
    text = log.read_text(encoding="utf-8", errors="replace")
    told = re.findall(r"tiles (\d+) (\d+) (\d+) end", text)
    return Tiles(*map(int, told[-1])) if told else Tiles(0, 0, 0)


def _wait(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + READY_S
    while not true():
        if time.monotonic() > end:
            raise BenchError(f"not within {READY_S:.0f} s: {what}")
        time.sleep(0.05)
