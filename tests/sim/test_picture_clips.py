"""Films and stills play into the programme with their sound, whatever is wrong with their files."""

from __future__ import annotations

import random
import threading
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext
from av.video.frame import VideoFrame
from PIL import Image

from mixer.picture import clip_player, hangs
from mixer.picture.clip_file import ClipError, Film, clip_path, read_still
from mixer.picture.clip_sound import sound_packets
from mixer.picture.colour import to_yuv
from mixer.rtp.packet import RtpPacket
from mixer.wire.control import Apply, ClipState, Condition, SceneApplied
from mixer.wire.ids import Codec, PublicationId
from mixer.wire.link import LinkPublish, LinkUnpublish
from mixer.wire.picture import Clip, PictureProgramme, SourceDelay
from mixer.wire.worker import STOP_DEADLINE_S
from tests.picture_films import make_film
from tests.picture_stand import PROGRAMME, Stand, opened_stand, scene
from tests.picture_streams import BLUE, GREEN, RED

SOUND = PublicationId(950)
MS = 1_000_000


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    (tmp_path / "clips").mkdir()
    make_film(tmp_path / "clips" / "opening.mp4", 2, BLUE)
    make_film(tmp_path / "clips" / "silent.webm.mkv", 1, GREEN, sound=False)
    Image.new("RGB", (1280, 720), RED).save(tmp_path / "clips" / "still.png")
    async with opened_stand(tmp_path) as made:
        await made.worker.apply(
            Apply(put=(made.clock, PictureProgramme(publication=PROGRAMME), scene(1, "full", "c")))
        )
        yield made


def clip(file: str, since_ns: int | None = None, **more: object) -> Clip:
    return Clip(seat="c", file=file, playing_since_ns=since_ns, sound=SOUND, **more)  # type: ignore[arg-type]


def states(stand: Stand) -> list[ClipState]:
    return [event for event in stand.events if isinstance(event, ClipState)]


def no_hole(stand: Stand) -> None:
    numbers = stand.media.programme.numbers
    assert numbers == list(range(numbers[0], numbers[-1] + 1))


async def test_a_programme_that_begins_shows_a_slow_still_from_its_first_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(path: Path) -> VideoFrame:
        time.sleep(0.2)
        return read_still(path)

    monkeypatch.setattr(clip_player, "read_still", slowly)
    (tmp_path / "clips").mkdir()
    Image.new("RGB", (1280, 720), RED).save(tmp_path / "clips" / "still.png")
    async with opened_stand(tmp_path) as stand:
        programme = PictureProgramme(publication=PROGRAMME)
        on_air = scene(1, "full", "c")
        await stand.worker.apply(Apply(put=(stand.clock, on_air, clip("still.png"), programme)))
        reader = stand.media.programme
        await stand.until(lambda: reader.first is not None)
        assert reader.colour_at(640, 360, first=True) == pytest.approx(to_yuv(*RED), abs=8)


async def test_a_clip_is_cued_plays_with_its_sound_and_tells_its_end(stand: Stand) -> None:
    reader = stand.media.programme
    await stand.worker.apply(Apply(put=(clip("opening.mp4"),)))
    await stand.until(lambda: stand.clip_states() == ["cued"])
    # The first picture, white, stands for as long as the clip is cued.
    await stand.until(lambda: reader.picture is not None and reader.shows((235,) * 3, 640, 360))
    published = [m for m in stand.media.messages if isinstance(m, LinkPublish)][-1]
    assert (published.publication, published.codec.codec) == (SOUND, Codec.OPUS)
    since_ns = stand.now_ns() + 600 * MS
    await stand.worker.apply(Apply(put=(clip("opening.mp4", since_ns),)))
    await stand.until(lambda: stand.clip_states() == ["cued", "playing"])
    await stand.until(lambda: reader.shows(BLUE, 640, 360))
    await stand.until(lambda: stand.clip_states()[-1] == "ended")
    ended = states(stand)[-1]
    assert ended.position_ms == pytest.approx(2000, abs=50)
    assert ended.duration_ms == pytest.approx(2000, abs=60)
    # The last picture stays; its sound was stamped with the clip's own time.
    await stand.until(lambda: reader.shows(BLUE, 640, 360))
    frames = stand.media.frames[SOUND]
    assert len(frames) == pytest.approx(100, abs=4)
    steps = np.diff([frame.session_ns for frame in frames])
    assert set(steps.tolist()) == {20 * MS}
    assert np.diff([frame.sequence for frame in frames]).tolist() == [1] * (len(frames) - 1)
    beeps = [since for since in tone_times(stand) if since >= since_ns]
    assert len(beeps) == 2
    assert [(beep - since_ns) / 1e6 for beep in beeps] == pytest.approx([0, 1000], abs=12)
    no_hole(stand)


def tone_times(stand: Stand) -> list[int]:
    """Session times at which a tone begins in what was sent."""
    decoder = av.CodecContext.create("opus", "r")
    assert isinstance(decoder, AudioCodecContext)
    decoder.sample_rate, decoder.layout = 48_000, "stereo"
    found: list[int] = []
    loud = False
    for frame in stand.media.frames[SOUND]:
        payload = RtpPacket.parse(frame.payload).payload
        for block in decoder.decode(av.Packet(payload)):
            samples = np.abs(block.to_ndarray().astype(np.float64)).max(axis=0)
            hits = np.flatnonzero(samples > 0.1)
            if len(hits) and not loud:
                found.append(frame.session_ns + int(hits[0]) * 1_000_000_000 // 48_000)
            loud = bool(len(hits))
    return found


async def test_a_clip_follows_the_delay_that_sound_tells_for_it(stand: Stand) -> None:
    reader = stand.media.programme
    await stand.worker.apply(Apply(put=(SourceDelay(seat="c", delay_ns=200 * MS),)))
    since_ns = stand.now_ns() + 200 * MS
    await stand.worker.apply(Apply(put=(clip("opening.mp4", since_ns),)))
    await stand.until(lambda: reader.picture is not None and reader.shows(BLUE, 640, 360))
    # White until 80 ms of the clip, and all 200 ms later than its sound was captured.
    frame = reader.numbers[-1]
    assert frame * 40 * MS >= since_ns + 280 * MS - 40 * MS
    await stand.until(lambda: stand.clip_states()[-1] == "ended")


async def test_a_clip_that_began_in_the_past_goes_on_where_it_would_be(stand: Stand) -> None:
    begun_ns = stand.now_ns()
    since_ns = begun_ns - 1500 * MS
    await stand.worker.apply(Apply(put=(clip("opening.mp4", since_ns),)))
    await stand.until(lambda: stand.clip_states()[-1:] == ["ended"])
    # Not a quarter of its sound is left, and all of it stands where it belongs.
    times = [frame.session_ns for frame in stand.media.frames.get(SOUND, [])]
    assert all(begun_ns - 100 * MS <= at_ns <= since_ns + 2100 * MS for at_ns in times)


async def test_a_loop_has_no_end(stand: Stand) -> None:
    await stand.worker.apply(Apply(put=(clip("silent.webm.mkv", stand.now_ns(), loop=True),)))
    reader = stand.media.programme
    await stand.until(lambda: reader.picture is not None and reader.shows(GREEN, 640, 360))
    begun_ns = stand.now_ns()
    await stand.until(lambda: stand.now_ns() - begun_ns > 2500 * MS)
    assert stand.clip_states() == ["playing"]
    assert SOUND not in stand.media.frames
    await stand.worker.apply(Apply(remove=("clip/c",)))
    await stand.until(lambda: any(isinstance(m, LinkUnpublish) for m in stand.media.messages))


async def test_a_still_stands_for_as_long_as_it_is_on_air(stand: Stand) -> None:
    reader = stand.media.programme
    await stand.worker.apply(Apply(put=(clip("still.png", stand.now_ns()),)))
    await stand.until(lambda: reader.picture is not None and reader.shows(RED, 640, 360))
    count = len(reader.numbers)
    await stand.until(lambda: len(reader.numbers) > count + 85)
    assert reader.shows(RED, 640, 360)
    assert stand.clip_states() == ["playing"]


async def test_a_direct_take_of_a_clip_waits_for_its_first_picture(stand: Stand) -> None:
    later = scene(2, "full", "d", at_ns=stand.now_ns())
    waiting = {name: getattr(later, name) for name in later.__struct_fields__}
    waiting["wait_ns"] = 60_000 * MS
    played = Clip(seat="d", file="opening.mp4", playing_since_ns=stand.now_ns())
    await stand.worker.apply(Apply(put=(played, type(later)(**waiting))))
    await stand.until(lambda: 2 in stand.applied())
    told = [event for event in stand.events if isinstance(event, SceneApplied)][-1]
    assert told.at_ns < later.at_ns + 60_000 * MS


async def test_one_whose_disk_hangs_holds_up_nothing_and_the_next_one_plays(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()

    def hangs_there(path: Path) -> VideoFrame:
        goes_on.wait()
        return read_still(path)

    monkeypatch.setattr(clip_player, "read_still", hangs_there)
    monkeypatch.setattr(hangs, "HUNG_NS", 400 * MS)
    reader = stand.media.programme
    try:
        await stand.worker.apply(Apply(put=(clip("still.png", stand.now_ns()),)))
        await stand.until(lambda: stand.clip_states() == ["refused"])
        assert states(stand)[-1].text == clip_player.HANGS
        await stand.until(lambda: told_hung(stand) == [("still.png", True)])
        # What is taken goes on air, and what was put before goes on.
        await stand.worker.apply(Apply(put=(scene(2, "full", "c"),)))
        await stand.until(lambda: 2 in stand.applied())
        await stand.worker.apply(Apply(put=(clip("silent.webm.mkv", stand.now_ns()),)))
        await stand.until(lambda: reader.picture is not None and reader.shows(GREEN, 640, 360))
        no_hole(stand)
    finally:
        goes_on.set()
    await stand.until(lambda: told_hung(stand) == [("still.png", True), ("still.png", False)])
    await stand.worker.apply(Apply(put=(clip("still.png", stand.now_ns()),)))
    await stand.until(lambda: reader.shows(RED, 640, 360))


async def test_one_that_hangs_does_not_hold_the_end_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()
    reads = threading.Event()

    def hangs_there(_path: Path) -> VideoFrame:
        reads.set()
        goes_on.wait()
        raise ClipError("it ends")

    monkeypatch.setattr(clip_player, "read_still", hangs_there)
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "still.png").touch()
    try:
        async with opened_stand(tmp_path) as stand:
            await stand.worker.apply(Apply(put=(stand.clock, clip("still.png"))))
            await stand.until(reads.is_set)
            began_s = time.monotonic()
        assert time.monotonic() - began_s < STOP_DEADLINE_S / 2
    finally:
        goes_on.set()


def told_hung(stand: Stand) -> list[tuple[str, bool]]:
    told = [event for event in stand.events if isinstance(event, Condition)]
    return [(one.subject, one.active) for one in told if one.id == "picture.clip_hung"]


# --- wrong files --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["missing.mp4", "../clips/opening.mp4", "/etc/passwd", "a.txt", "", "x" * 300 + ".mp4", ".mp4"],
)
async def test_a_file_that_is_none_of_ours_is_refused(stand: Stand, name: str) -> None:
    await stand.worker.apply(Apply(put=(clip(name, stand.now_ns()),)))
    await stand.until(lambda: stand.clip_states() == ["refused"])
    assert states(stand)[-1].text
    await stand.until(lambda: len(stand.media.programme.numbers) > 5)
    no_hole(stand)


def damaged(path: Path, kind: str) -> None:
    """Write a film that is wrong in one way."""
    whole = path.with_name("whole.mkv")
    make_film(whole, 2, BLUE, sound=True)
    raw = bytearray(whole.read_bytes())
    whole.unlink()
    if kind == "truncated":
        raw = raw[: len(raw) * 6 // 10]
    elif kind == "empty":
        raw = bytearray()
    elif kind == "noise":
        raw = bytearray(random.Random(4).randbytes(20_000))
    elif kind == "header_only":
        raw = raw[:200]
    elif kind == "flipped":
        dice = random.Random(5)
        for _ in range(200):
            raw[dice.randrange(400, len(raw))] = dice.randrange(256)
    elif kind == "playlist":
        raw = bytearray(b"#EXTM3U\n#EXTINF:10,\n/etc/passwd\n#EXT-X-ENDLIST\n")
    elif kind == "lies_about_its_length":
        # EBML id of Duration, then a size of 8 and a double: a film of 300 hours, it says.
        at = bytes(raw).find(b"\x44\x89\x88")
        assert at > 0
        raw[at + 3 : at + 11] = np.array([300 * 3600 * 1000], ">f8").tobytes()
    path.write_bytes(bytes(raw))


@pytest.mark.parametrize(
    "kind",
    [
        "truncated",
        "empty",
        "noise",
        "header_only",
        "flipped",
        "playlist",
        "lies_about_its_length",
    ],
)
async def test_a_damaged_film_ends_or_is_refused_by_name_and_leaves_no_hole(
    stand: Stand, tmp_path: Path, kind: str
) -> None:
    damaged(tmp_path / "clips" / "wrong.mkv", kind)
    await stand.worker.apply(Apply(put=(clip("wrong.mkv", stand.now_ns()),)))
    await stand.until(lambda: stand.clip_states()[-1:] in (["ended"], ["refused"]))
    if kind in ("empty", "noise", "header_only", "playlist"):
        assert states(stand)[-1].state == "refused"
        assert states(stand)[-1].text
    count = len(stand.media.programme.numbers)
    await stand.until(lambda: len(stand.media.programme.numbers) > count + 5)
    no_hole(stand)


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + kind + body + check

    sides = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    header = chunk(b"IHDR", sides + b"\x08\x02\x00\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 999))


@pytest.mark.parametrize(
    "content", [b"", b"no picture", png_header(60_000, 60_000), png_header(300, 200)]
)
def test_a_hostile_still_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "still.png"
    path.write_bytes(content)
    with pytest.raises(ClipError):
        read_still(path)


def test_a_huge_still_is_made_smaller(tmp_path: Path) -> None:
    Image.new("RGB", (4000, 3000), BLUE).save(tmp_path / "large.jpg")
    frame = read_still(tmp_path / "large.jpg")
    assert (frame.width, frame.height) == (1440, 1080)


def test_a_film_without_pictures_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1920), np.int16), "s16", "stereo")
        frame.sample_rate, frame.pts = 48_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(ClipError, match="no picture"):
        Film(path)


def test_pictures_of_a_film_are_in_order_and_can_be_sought(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    make_film(path, 3, RED, fps=30)
    with Film(path) as film:
        times = [picture.at_s for picture in film.pictures()]
        assert times == pytest.approx([number / 30 for number in range(90)], abs=0.001)
        late = [picture.at_s for picture in film.pictures(2.0)]
        assert 1.9 <= late[0] <= 2.1
        assert late[-1] == pytest.approx(89 / 30, abs=0.001)
    packets = list(sound_packets(path, 1.0))
    assert 0.8e9 < packets[0].at_ns < 1.1e9
    assert clip_path(tmp_path, "film.mp4") == path
