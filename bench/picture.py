"""The picture process at full load: a grid of 19 on air, two of 720p25 and 17 of 320x180 at 15.

Virtual time, one thread: each programme frame decodes what came, composes and encodes both
renditions, so thread CPU time is all there is. The sources move (a drifting pattern), as a
still picture would cost nothing. Scaling and copying are judged against the encoder of
the same run.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from statistics import median
from time import thread_time_ns
from typing import NamedTuple

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from bench.alternate import MINIMUM_ROUNDS
from bench.report import Measurement
from mixer.picture.decode import open_decoder
from mixer.picture.feed import DEFAULT_DELAY_NS, Feed
from mixer.picture.layout_file import load_layouts
from mixer.picture.programme import Programme
from mixer.picture.stage import SlateBook, build_stage
from mixer.wire.frame import Frame
from mixer.wire.ids import FRAME_NS, PublicationId
from mixer.wire.resources import Caption, Clock, PictureProgramme, Scene, Slot

HALLS = 2
SITES = 17
SITE_RATE = 15
LOOP_PICTURES = 50
FRAMES = 100
FIRST_FRAME = 1000
PER_SECOND = 25


class Cost(NamedTuple):
    """CPU time in milliseconds per programme frame."""

    decode_ms: float
    compose_ms: float
    encode_ms: float

    @property
    def core_percent(self) -> float:
        """Of one core, at 25 frames a second."""
        return sum(self) * PER_SECOND / 10


class Loop:
    """A coded source that repeats, and the decoder it meets."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        self._units = coded_loop(width, height, seed)
        self._decoder = open_decoder("vp8")
        self._count = 0

    def next_picture(self) -> VideoFrame:
        """Decode one more."""
        unit = self._units[self._count % LOOP_PICTURES]
        self._count += 1
        return self._decoder.decode(av.Packet(unit))[0]


def coded_loop(width: int, height: int, seed: int) -> list[bytes]:
    """`LOOP_PICTURES` VP8 frames of a drifting pattern; the first is the only key frame."""
    context = av.CodecContext.create("libvpx", "w")
    if not isinstance(context, VideoCodecContext):
        raise TypeError("libvpx is no video codec")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base = Fraction(1, PER_SECOND)
    context.bit_rate = 1_500_000 if width > 640 else 150_000
    context.gop_size = LOOP_PICTURES
    context.thread_count = 1
    context.options = {"deadline": "realtime", "cpu-used": "12", "lag-in-frames": "0"}
    random = np.random.default_rng(seed)
    rough = random.integers(40, 200, (height * 3 // 16, width // 8), dtype=np.uint8)
    pattern = np.kron(rough, np.ones((8, 8), dtype=np.uint8))
    units: list[bytes] = []
    for number in range(LOOP_PICTURES):
        drifted = np.ascontiguousarray(np.roll(pattern, 2 * number, axis=1))
        frame = VideoFrame.from_ndarray(drifted, format="yuv420p")
        frame.pts = number
        frame.time_base = Fraction(1, PER_SECOND)
        units.append(b"".join(bytes(packet) for packet in context.encode(frame)))
    return units


class Studio:
    """Nineteen sources, their feeds and the programme, stepped by hand."""

    def __init__(self) -> None:
        sizes = [(1280, 720)] * HALLS + [(320, 176)] * SITES
        self._loops = [Loop(*size, seed) for seed, size in enumerate(sizes)]
        self._feeds = [Feed() for _ in sizes]
        self._frame = FIRST_FRAME
        self._painter = ThreadPoolExecutor(max_workers=1)
        self._programme = Programme(
            Clock(event=1, origin_monotonic_ns=0, origin_wall_ns=0),
            PictureProgramme(publication=PublicationId(1)),
            SlateBook(self._painter),
            _discard,
            lambda _stage, _frame: None,
        )
        slots = tuple(Slot(seat=str(seat), title=f"站点{seat}") for seat in range(len(sizes)))
        caption = Caption(title="京湘两地远程交流", subtitle="Beijing–Hunan")
        scene = Scene(revision=1, at_ns=0, layout="grid", slots=slots, caption=caption)
        layout = load_layouts()["grid"]
        self._programme.put_stage(build_stage(scene, layout, lambda seat: self._feeds[int(seat)]))

    def close(self) -> None:
        """End the painter's thread."""
        self._painter.shutdown()

    def run(self) -> Cost:
        """`FRAMES` frames; their mean cost."""
        decode_ns = 0
        costs = self._programme.costs
        composed_ns, encoded_ns = costs.compose_ns, costs.encode_ns
        for _ in range(FRAMES):
            begun_ns = thread_time_ns()
            self._decode()
            decode_ns += thread_time_ns() - begun_ns
            self._programme.step(self._frame * FRAME_NS)
            self._frame += 1
        return Cost(
            decode_ns / FRAMES / 1e6,
            (costs.compose_ns - composed_ns) / FRAMES / 1e6,
            (costs.encode_ns - encoded_ns) / FRAMES / 1e6,
        )

    def _decode(self) -> None:
        session_ns = self._frame * FRAME_NS - DEFAULT_DELAY_NS
        for index, (loop, feed) in enumerate(zip(self._loops, self._feeds, strict=True)):
            rate = PER_SECOND if index < HALLS else SITE_RATE
            # Spread over the frames, as real sites are not in step.
            if ((self._frame + index) * rate) % PER_SECOND < rate:
                feed.put(session_ns, loop.next_picture())


def _discard(_frames: list[Frame]) -> None:
    """Media is not part of this bench."""


def measure(rounds: int) -> list[Measurement]:
    """Costs per frame, the share of a core, and composing as a share of encoding."""
    if rounds < MINIMUM_ROUNDS:
        raise ValueError(f"{rounds} rounds make no median; at least {MINIMUM_ROUNDS}")
    studio = Studio()
    try:
        studio.run()  # fills pools and caches
        costs = [studio.run() for _ in range(rounds)]
    finally:
        studio.close()

    def middle(of: Callable[[Cost], float]) -> float:
        return median(of(cost) for cost in costs)

    return [
        Measurement("decode_ms", middle(lambda cost: cost.decode_ms), "ms"),
        Measurement("compose_ms", middle(lambda cost: cost.compose_ms), "ms"),
        Measurement("encode_ms", middle(lambda cost: cost.encode_ms), "ms"),
        Measurement("core", middle(lambda cost: cost.core_percent), "%"),
        Measurement("compose_to_encode", middle(lambda cost: cost.compose_ms / cost.encode_ms)),
    ]
