"""Another format of the programme, and a coding of its own for the archive, by settings alone."""

import itertools
from collections.abc import Iterator
from fractions import Fraction

import av
import pytest

from tests.harness.serving import Serving, wait_for

pytestmark = pytest.mark.system
MADE = 75
"""Pictures of the master that the film has at least."""
ON_THE_WAY = 15
"""As many more may be in the coder or on the link when the recording stops."""


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    running = Serving(
        tmp_path_factory.mktemp("formats") / "data",
        programme_height="1080",
        programme_frame_rate="30",
        record_master="true",
        master_kbps="4000",
    )
    try:
        running.start()
        yield running
    finally:
        running.end()


def coded(serving: Serving) -> float:
    """Pictures of the master so far: a busy machine repeats some and leaves some out."""
    told = serving.metrics()
    return (
        told["lianxian_picture_frames_total"]
        - told["lianxian_picture_stale_repeats_total"]
        - told['lianxian_picture_behind_total{layer="master"}']
    )


def test_the_archive_has_the_master_in_the_format_that_settings_say(serving: Serving) -> None:
    serving.put_on_air("two_halls", "beijing", "hunan")
    with serving.recorded() as session:
        wait_for(
            lambda: serving.metric("lianxian_picture_taken", layer="master"),
            10,
            "the master is taken",
        )
        begun = coded(serving)
        wanted = begun + MADE + ON_THE_WAY
        wait_for(lambda: coded(serving) >= wanted, 40, f"{MADE + ON_THE_WAY} pictures are coded")
        serving.stop_recording()
    (path,) = session.glob("programme*.mp4")
    with av.open(str(path)) as film:
        (stream,) = film.streams.video
        assert (stream.width, stream.height, stream.profile) == (1920, 1080, "High")
        base = stream.time_base or Fraction(1)
        times = [(frame.pts or 0) * base for frame in film.decode(stream)]
    assert len(times) >= MADE
    steps = {round((after - before) * 30, 2) for before, after in itertools.pairwise(times)}
    assert min(steps) == pytest.approx(1, abs=0.05)
    assert all(step == pytest.approx(round(step), abs=0.05) for step in steps)
