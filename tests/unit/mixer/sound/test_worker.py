"""The sound worker over a real link socket, with a fake media process at the other end."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from mixer.rtp.packet import RtpPacket
from mixer.rtp.payload_type import OPUS
from mixer.sound.worker import SoundWorker
from mixer.wire.boot import Boot
from mixer.wire.control import (
    Apply,
    Condition,
    ControlError,
    DelayReport,
    Event,
    FinishSession,
    LevelReport,
    Metrics,
    ReadMetrics,
)
from mixer.wire.frame import Frame, FrameKind, FrameReader, encode_frame
from mixer.wire.ids import TICK_NS, Codec, GroupId, Layer, MediaKind, PublicationId, WorkerKind
from mixer.wire.link import (
    LinkHello,
    LinkMessage,
    LinkPublish,
    LinkStream,
    LinkSubscribe,
    LinkUnpublish,
    LinkUnsubscribe,
    message_frame,
    read_message,
)
from mixer.wire.picture import PictureProgramme
from mixer.wire.resources import (
    Clock,
    OnAir,
    SoundProgramme,
    SoundReturn,
    SoundSource,
    StreamCodec,
)
from tests.sim.sound_seats import heard, level_db, loop

ORIGIN_NS = time.monotonic_ns() - 3600 * 1_000_000_000
CLOCK = Clock(event=1, origin_monotonic_ns=ORIGIN_NS, origin_wall_ns=0)
SOURCE = SoundSource(publication=PublicationId(1), group=GroupId(1))
RETURN = SoundReturn(publication=PublicationId(2), group=GroupId(9))
PROGRAMME = SoundProgramme(opus=PublicationId(3), aac=PublicationId(4))
ON_AIR = OnAir(revision=1, groups=(GroupId(1),), at_ns=0)


class FakeMedia:
    """Listens where media would and keeps what it is told."""

    def __init__(self) -> None:
        self.messages: list[LinkMessage] = []
        self.frames: list[Frame] = []
        self.writer: asyncio.StreamWriter | None = None

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        frames = FrameReader()
        while chunk := await reader.read(65_536):
            for frame in frames.feed(chunk):
                if frame.kind == FrameKind.MESSAGE:
                    self.messages.append(read_message(frame.payload))
                else:
                    self.frames.append(frame)

    def send(self, *frames: bytes) -> None:
        assert self.writer is not None
        self.writer.write(b"".join(frames))

    def told(self, kind: type[LinkMessage]) -> list[int]:
        told = [message for message in self.messages if isinstance(message, kind)]
        return [message.publication for message in told if not isinstance(message, LinkHello)]

    def of(self, publication: int) -> list[Frame]:
        return [frame for frame in self.frames if frame.publication == publication]


class Stage(FakeMedia):
    """A running worker beside its fake media; ``events`` is what the server would hear."""

    def __init__(self, run_dir: Path) -> None:
        super().__init__()
        boot = Boot(kind=WorkerKind.SOUND, epoch=7, run_dir=run_dir, data_dir=run_dir)
        self.path = boot.link_socket
        self.worker = SoundWorker(boot)
        self.events: list[Event] = []

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def listening(stage: Stage) -> AsyncIterator[None]:
    server = await asyncio.start_unix_server(stage.connected, str(stage.path))
    yield
    server.close()
    if stage.writer is not None:
        stage.writer.close()
    stage.path.unlink(missing_ok=True)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path)
    async with listening(made):
        await made.worker.start(made.events.append)
        yield made
        await made.worker.stop()


def stream_of(publication: int, life: int) -> bytes:
    return message_frame(
        LinkStream(
            publication=PublicationId(publication),
            layer=Layer(0),
            kind=MediaKind.AUDIO,
            codec=StreamCodec(codec=Codec.OPUS, clock_rate=48_000, channels=1),
            life=life,
        )
    )


async def speak(stage: Stage, ticks: int, frequency_hz: int = 500) -> None:
    """Send a tone in real time."""
    packets = loop(frequency_hz)
    stage.send(stream_of(1, life=1))
    start_ns = time.monotonic_ns() - ORIGIN_NS
    for number in range(ticks):
        captured_ns = start_ns + number * TICK_NS
        now_ns = time.monotonic_ns() - ORIGIN_NS
        await asyncio.sleep(max(captured_ns - now_ns, 0) / 1e9)
        packet = RtpPacket(OPUS, number, number * 960, 1, packets[number % len(packets)])
        payload = packet.serialize()
        frame = Frame(FrameKind.RTP, 1, 0, 0, number, captured_ns, captured_ns, payload)
        stage.send(encode_frame(frame))


async def test_it_subscribes_publishes_and_mixes(stage: Stage) -> None:
    await stage.worker.apply(Apply(put=(CLOCK, SOURCE, RETURN, PROGRAMME, ON_AIR)))
    await stage.until(lambda: len(stage.told(LinkPublish)) >= 3)
    hello = stage.messages[0]
    assert isinstance(hello, LinkHello)
    assert (hello.kind, hello.epoch) == (WorkerKind.SOUND, 7)
    assert stage.told(LinkSubscribe) == [1]
    assert sorted(stage.told(LinkPublish)) == [2, 3, 4]
    speaking = asyncio.create_task(speak(stage, 1000))
    await stage.until(
        lambda: (
            len(stage.of(2)) > 20
            and level_db(heard(stage.of(2)[-20:], 2)[-4800:], 500) == pytest.approx(-12, abs=1)
        )
    )
    speaking.cancel()
    aac = [m for m in stage.messages if isinstance(m, LinkPublish) and m.publication == 4]
    assert aac[0].codec.codec is Codec.AAC
    assert aac[0].codec.configuration
    assert stage.of(4)[0].kind == FrameKind.ACCESS_UNIT


async def test_ticks_come_50_times_a_second_at_their_own_time(stage: Stage) -> None:
    await stage.worker.apply(Apply(put=(CLOCK, RETURN)))
    await stage.until(lambda: len(stage.of(2)) >= 30)
    numbers = [frame.sequence for frame in stage.of(2)]
    assert numbers == sorted(set(numbers))
    assert all(frame.session_ns == frame.sequence * TICK_NS for frame in stage.of(2))
    now_tick = (time.monotonic_ns() - ORIGIN_NS) // TICK_NS
    assert 0 <= now_tick - numbers[-1] < 100


async def test_it_reports_levels_and_delays(stage: Stage) -> None:
    await stage.worker.apply(Apply(put=(CLOCK, SOURCE, ON_AIR)))
    await stage.until(lambda: bool(stage.told(LinkSubscribe)))
    await speak(stage, 40)
    await asyncio.sleep(0.3)
    levels = [
        event.levels_db[SOURCE.publication]
        for event in stage.events
        if isinstance(event, LevelReport)
    ]
    assert max(levels) == pytest.approx(-12, abs=2)
    delays = [event.delays_ns for event in stage.events if isinstance(event, DelayReport)]
    assert 40_000_000 < delays[-1][SOURCE.publication] < 450_000_000


async def test_everything_is_said_anew_when_media_comes_back(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    await stage.worker.start(stage.events.append)
    async with listening(stage):
        await stage.worker.apply(Apply(put=(CLOCK, SOURCE, RETURN)))
        await stage.until(lambda: bool(stage.of(2)))
    stage.messages.clear()
    stage.frames.clear()
    async with listening(stage):
        await stage.until(lambda: bool(stage.of(2)))
        assert stage.told(LinkSubscribe) == [1]
        assert stage.told(LinkPublish) == [2]
    await stage.worker.stop()


async def test_removed_resources_are_told_and_forgotten(stage: Stage) -> None:
    everything = (CLOCK, SOURCE, RETURN, PROGRAMME, ON_AIR)
    await stage.worker.apply(Apply(put=everything))
    assert set(stage.worker.observed()) == set(everything)
    await stage.until(lambda: bool(stage.of(2)))
    await stage.worker.apply(Apply(remove=tuple(resource.key for resource in everything)))
    assert stage.worker.observed() == ()
    await stage.until(lambda: len(stage.told(LinkUnpublish)) == 3)
    assert stage.told(LinkUnsubscribe) == [1]


async def test_it_refuses_what_is_not_for_sound(stage: Stage) -> None:
    with pytest.raises(ControlError) as refused:
        await stage.worker.apply(Apply(put=(PictureProgramme(publication=PublicationId(5)),)))
    assert refused.value.error == "sound.resource"
    with pytest.raises(ControlError) as refused:
        await stage.worker.command(FinishSession(session=1))
    assert refused.value.error == "sound.command"


async def test_its_metrics_are_named_for_sound(stage: Stage) -> None:
    await stage.worker.apply(Apply(put=(CLOCK, SOURCE, RETURN)))
    await stage.until(lambda: bool(stage.of(2)))
    answer = await stage.worker.command(ReadMetrics())
    assert isinstance(answer, Metrics)
    names = {sample.name for sample in answer.samples}
    assert all(name.startswith("lianxian_sound_") for name in names)
    assert {"lianxian_sound_ticks_total", "lianxian_sound_jitter_delay_seconds"} <= names


async def test_a_server_that_comes_back_hears_the_conditions(stage: Stage) -> None:
    stage.worker.retell()
    told = {event.id: event.active for event in stage.events if isinstance(event, Condition)}
    assert told == {"sound.no_concealment": False, "sound.late": False}


async def test_a_stalled_process_skips_ticks_and_goes_on_in_time(stage: Stage) -> None:
    await stage.worker.apply(Apply(put=(CLOCK, RETURN)))
    await stage.until(lambda: bool(stage.of(2)))
    time.sleep(0.5)
    await stage.until(lambda: len(stage.of(2)) > 20)
    numbers = np.array([frame.sequence for frame in stage.of(2)])
    assert np.diff(numbers).max() > 10
    assert any(isinstance(event, Condition) and event.id == "sound.late" for event in stage.events)
    now_tick = (time.monotonic_ns() - ORIGIN_NS) // TICK_NS
    assert 0 <= now_tick - numbers[-1] < 100


async def test_a_clock_that_comes_late_costs_packets_that_are_counted(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    early = Frame(FrameKind.RTP, 1, 0, 0, 0, 0, 0, b"\x80\x6f" + bytes(10) + loop(400)[0])
    stage.worker.link_frames([early, early])
    await stage.worker.apply(Apply(put=(SOURCE, RETURN, ON_AIR)))
    stage.worker.link_frames([early])
    await stage.worker.apply(Apply(put=(CLOCK,)))
    answer = await stage.worker.command(ReadMetrics())
    assert isinstance(answer, Metrics)
    dropped = {
        one.labels["reason"]: one.value
        for one in answer.samples
        if one.name == "lianxian_sound_dropped_total"
    }
    assert dropped["no_clock"] == 3


async def test_what_is_sent_while_media_goes_is_counted_and_breaks_nothing(stage: Stage) -> None:
    await stage.worker.apply(Apply(put=(CLOCK, SOURCE, RETURN)))
    await stage.until(lambda: stage.worker._link.connected)
    writer = stage.worker._link._writer
    assert writer is not None
    # As when media has gone and the reader has not noticed yet.
    writer.close()
    frame = Frame(FrameKind.RTP, 2, 0, 0, 0, 0, 0, b"")
    before = stage.worker._link.dropped_link_down
    assert not stage.worker._link.send_frames([frame])
    stage.worker._link.send_message(LinkUnpublish(publication=PublicationId(2)))
    assert stage.worker._link.dropped_link_down == before + 1
