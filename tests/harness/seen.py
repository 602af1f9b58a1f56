"""What a page really shows and plays: decoded pictures and decoded sound, not elements."""

import math
from typing import Any, NamedTuple

from playwright.async_api import Locator, Page

from server.simulate.marks import CELLS, cell_rectangle, read_cells

from .camera import Rgb

LEAST_HUE = 45.0
VIDEO = "lx-programme video"
WATCH = """
async (video, {places, frames}) => {
  const canvas = new OffscreenCanvas(320, 180);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const next = () => new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error("no decoded picture in 5 s")), 5000);
    video.requestVideoFrameCallback(() => { clearTimeout(late); done(); });
  });
  const before = video.getVideoPlaybackQuality().totalVideoFrames;
  const began = performance.now();
  const seen = places.map(() => ({ colours: [], moved: 0, bright: 0, last: undefined }));
  for (let index = 0; index < frames; index += 1) {
    for (let skipped = 0; skipped < 3; skipped += 1) { await next(); }
    context.drawImage(video, 0, 0, 320, 180);
    places.forEach(({x, y, width, height}, which) => {
      const area = context.getImageData(x / 4, y / 4, width / 4, height / 4).data;
      const count = area.length / 4;
      const mean = [0, 0, 0];
      let changed = 0;
      let bright = 0;
      const { last } = seen[which];
      for (let at = 0; at < area.length; at += 4) {
        for (let channel = 0; channel < 3; channel += 1) { mean[channel] += area[at + channel]; }
        if (area[at + 1] > 150) { bright += 1; }
        if (last !== undefined && Math.abs(area[at + 1] - last[at + 1]) > 24) { changed += 1; }
      }
      seen[which].colours.push(mean.map((value) => value / count));
      seen[which].moved = Math.max(seen[which].moved, changed / count);
      seen[which].bright = bright / count;
      seen[which].last = area;
    });
  }
  const seconds = (performance.now() - began) / 1000;
  return {
    width: video.videoWidth,
    height: video.videoHeight,
    rate: (video.getVideoPlaybackQuality().totalVideoFrames - before) / seconds,
    places: seen.map(({ colours, moved, bright }) => ({
      rgb: [0, 1, 2].map((channel) =>
        colours.reduce((sum, colour) => sum + colour[channel], 0) / colours.length),
      moved,
      bright,
    })),
  };
}
"""
LISTEN = """
async (video, {tones, seconds}) => {
  const context = new AudioContext({ sampleRate: 48000 });
  await context.resume();
  const source = context.createMediaStreamSource(video.srcObject);
  const analyser = new AnalyserNode(context, { fftSize: 16384, smoothingTimeConstant: 0 });
  source.connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const loudest = tones.map(() => -200);
  const rounds = Math.ceil(seconds / 0.35);
  for (let index = 0; index <= rounds; index += 1) {
    await new Promise((done) => setTimeout(done, 350));
    if (index === 0) { continue; }
    analyser.getFloatFrequencyData(bins);
    tones.forEach((hertz, which) => {
      const place = Math.round(hertz * 16384 / context.sampleRate);
      // Sound stretches a little to keep step with a sender's clock.
      const near = bins.subarray(place - 16, place + 17);
      loudest[which] = Math.max(loudest[which], ...near);
    });
  }
  await context.close();
  return loudest;
}
"""


class Place(NamedTuple):
    """Part of a picture of 1280x720."""

    x: int
    y: int
    width: int
    height: int


class Shown(NamedTuple):
    """What was decoded at a place: its mean colour, the largest share that changed, and
    the share that is nearly white.
    """

    rgb: tuple[float, float, float]
    moved: float
    bright: float


class Watched(NamedTuple):
    """The programme as a page decoded it."""

    width: int
    height: int
    frames_per_second: float
    places: list[Shown]


async def watch(
    page: Page, *places: Place, frames: int = 8, video: Locator | None = None
) -> Watched:
    """Draw decoded pictures onto a canvas, every third, and look at these places."""
    seen: dict[str, Any] = await (video or page.locator(VIDEO)).evaluate(
        WATCH, {"places": [place._asdict() for place in places], "frames": frames}
    )
    shown = [Shown(tuple(one["rgb"]), one["moved"], one["bright"]) for one in seen["places"]]
    return Watched(seen["width"], seen["height"], seen["rate"], shown)


async def listen(page: Page, *tones_hz: float, seconds: float = 1.4) -> list[float]:
    """Level of each tone in the sound received, dB of full scale: the loudest moment."""
    levels: list[float] = await page.locator(VIDEO).evaluate(
        LISTEN, {"tones": tones_hz, "seconds": seconds}
    )
    return levels


def colour_of(rgb: tuple[float, ...], candidates: dict[str, Rgb]) -> str:
    """Whose colour a decoded mean is, by its hue; empty for grey."""
    vector = _hue(rgb)
    size = math.hypot(*vector)
    if size < LEAST_HUE:
        return ""
    return max(candidates, key=lambda name: _likeness(vector, _hue(candidates[name])))


def _hue(rgb: tuple[float, ...]) -> list[float]:
    grey = sum(rgb) / 3
    return [value - grey for value in rgb]


def _likeness(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))


async def site_at(page: Page, slot: Place, video: Locator | None = None) -> int | None:
    """The number of the simulated site whose picture stands in a slot; None for none."""
    cells = [cell_rectangle(index) for index in range(CELLS)]
    middles = [
        Place(
            round(slot.x + (cell.left + 0.3 * cell.width) * slot.width),
            round(slot.y + (cell.top + 0.3 * cell.height) * slot.height),
            max(4, round(0.4 * cell.width * slot.width)),
            max(4, round(0.4 * cell.height * slot.height)),
        )
        for cell in cells
    ]
    seen = await watch(page, *middles, frames=1, video=video)
    code = read_cells([sum(shown.rgb) / 3 > 128 for shown in seen.places])
    return None if code is None else code.number
