"""Workers on the real link: recording without loss, publishing the programme."""

from __future__ import annotations

import asyncio
import contextlib
import stat
import struct
from pathlib import Path

import av
import numpy as np

from mixer.rtp import payload_type
from mixer.rtp.packetise import packetise_h264
from mixer.wire.frame import FLAG_KEYFRAME, FLAG_REPLAY, Frame, FrameKind
from mixer.wire.ids import (
    FRAME_NS,
    Codec,
    Layer,
    MediaKind,
    PeerId,
    PublicationId,
    SubscriptionId,
    WorkerKind,
)
from mixer.wire.link import (
    LinkAcknowledge,
    LinkEnded,
    LinkKeyframe,
    LinkPublish,
    LinkStream,
    LinkSubscribe,
)
from mixer.wire.resources import StreamCodec
from tests.system.media_rig import (
    LinkWorker,
    MovingPicture,
    Tone,
    publish,
    running_media,
    subscribe,
    until,
)

HALL, VIEWER, DESK = PeerId(1), PeerId(2), PeerId(3)
PICTURE, SOUND, PROGRAMME, MASTER = (PublicationId(number) for number in (10, 11, 12, 13))
LOW, MAIN = Layer(0), Layer(1)


def sequences(frames: list[Frame], publication: PublicationId) -> list[int]:
    return [frame.sequence for frame in frames if frame.publication == publication]


async def test_a_killed_recorder_loses_nothing(tmp_path: Path) -> None:
    wishes = tuple(
        LinkSubscribe(publication=publication, layer=LOW, acknowledged=True)
        for publication in (PICTURE, SOUND)
    )
    async with running_media(tmp_path) as media:
        hall = await publish(media, HALL, {PICTURE: MovingPicture((200, 30, 30)), SOUND: Tone(440)})
        first = LinkWorker(media.boot.link_socket, wishes=wishes)
        await until(lambda: len(sequences(first.frames, SOUND)) > 40, "sound at the recorder")
        streams = {
            message.publication: message
            for message in first.messages
            if isinstance(message, LinkStream)
        }
        stored = {publication: sequences(first.frames, publication)[-5] for publication in streams}
        for publication, sequence in stored.items():
            first.link.send_message(
                LinkAcknowledge(publication=publication, layer=LOW, sequence=sequence)
            )
        await first.die()
        await asyncio.sleep(0.5)
        again = tuple(
            LinkSubscribe(
                publication=publication,
                layer=LOW,
                acknowledged=True,
                after=stored[publication],
                life=streams[publication].life,
            )
            for publication in stored
        )
        second = LinkWorker(media.boot.link_socket, wishes=again, epoch=2)
        await until(
            lambda: any(
                frame.publication == SOUND and not frame.flags & FLAG_REPLAY
                for frame in second.frames
            ),
            "live sound at the new recorder",
        )
        for publication, sequence in stored.items():
            got = sequences(second.frames, publication)
            assert sorted(got) == list(range(sequence + 1, max(got) + 1))
            assert second.frames[0].flags & FLAG_REPLAY
        times = [frame.session_ns for frame in second.frames if frame.publication == SOUND]
        assert times == sorted(times)
        assert abs(np.diff(times).mean() - 20_000_000) < 1_000_000
        await second.die()
        await hall.close()


async def test_the_link_is_private(tmp_path: Path) -> None:
    async with running_media(tmp_path) as media:
        assert stat.S_IMODE(media.boot.link_socket.stat().st_mode) == 0o600
    assert not media.boot.link_socket.exists()


class Picture:
    """Makes the programme: two layers of H.264, as the picture process does."""

    def __init__(self, worker: LinkWorker) -> None:
        self._worker = worker
        self._encoders = [self._encoder(320, 180), self._encoder(640, 360)]
        self._sequences = [70_000, 70_000]
        self._frame = 0
        self.wants_keyframe = [True, True]

    def _encoder(self, width: int, height: int) -> av.VideoCodecContext:
        encoder = av.CodecContext.create("libx264", "w")
        assert isinstance(encoder, av.VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
        encoder.framerate = 25  # type: ignore[assignment]
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
        encoder.gop_size = 10_000
        return encoder

    def announce(self) -> None:
        codec = StreamCodec(codec=Codec.H264, clock_rate=payload_type.VIDEO_CLOCK_RATE)
        self._worker.link.send_message(
            LinkPublish(publication=PROGRAMME, kind=MediaKind.VIDEO, codec=codec, layers=2)
        )

    def make(self) -> None:
        for layer, encoder in enumerate(self._encoders):
            level = 40 + 60 * layer
            canvas = np.full((encoder.height * 3 // 2, encoder.width), 128, dtype=np.uint8)
            canvas[: encoder.height] = level
            frame = av.VideoFrame.from_ndarray(canvas, format="yuv420p")
            frame.pts = self._frame
            frame.pict_type = av.video.frame.PictureType(1 if self.wants_keyframe[layer] else 0)
            self.wants_keyframe[layer] = False
            for packet in encoder.encode(frame):
                self._send(layer, bytes(packet), is_keyframe=packet.is_keyframe)
        self._frame += 1

    def _send(self, layer: int, unit: bytes, *, is_keyframe: bool) -> None:
        payloads = packetise_h264(unit)
        frames = []
        for index, payload in enumerate(payloads):
            self._sequences[layer] += 1
            marker = 0x80 if index == len(payloads) - 1 else 0
            header = struct.pack(
                "!BBHII",
                0x80,
                marker | payload_type.H264,
                self._sequences[layer] & 0xFFFF,
                self._frame * 3600,
                500 + layer,
            )
            frames.append(
                Frame(
                    FrameKind.RTP,
                    PROGRAMME,
                    layer,
                    FLAG_KEYFRAME if is_keyframe and index == 0 else 0,
                    self._sequences[layer],
                    0,
                    self._frame * FRAME_NS,
                    header + payload,
                )
            )
        self._worker.link.send_frames(frames)


async def make_programme(worker: LinkWorker, picture: Picture) -> None:
    handled = 0
    while True:
        for message in worker.messages[handled:]:
            if isinstance(message, LinkKeyframe):
                picture.wants_keyframe[message.layer] = True
        handled = len(worker.messages)
        picture.make()
        await asyncio.sleep(0.04)


async def test_the_programme_reaches_each_viewer_in_its_layer(tmp_path: Path) -> None:
    async with running_media(tmp_path) as media:
        wanted = {
            VIEWER: {SubscriptionId(20): (PROGRAMME, MediaKind.VIDEO, LOW)},
            DESK: {SubscriptionId(30): (PROGRAMME, MediaKind.VIDEO, MAIN)},
        }
        viewer, desk = [await subscribe(media, peer, wish) for peer, wish in wanted.items()]
        worker = LinkWorker(media.boot.link_socket, WorkerKind.PICTURE)
        await until(lambda: worker.link.connected, "the picture worker is linked")
        recorder = LinkWorker(
            media.boot.link_socket,
            wishes=(LinkSubscribe(publication=PROGRAMME, layer=MAIN, acknowledged=True),),
        )
        picture = Picture(worker)
        picture.announce()
        programme = asyncio.create_task(make_programme(worker, picture))
        await until(
            lambda: len(viewer.frames["video"]) > 5 and len(desk.frames["video"]) > 5,
            "pictures at both",
        )
        low, main = viewer.frames["video"][-1], desk.frames["video"][-1]
        assert (low.width, main.width) == (320, 640)  # type: ignore[union-attr]
        asked = [message for message in worker.messages if isinstance(message, LinkKeyframe)]
        assert {message.layer for message in asked} == {LOW, MAIN}
        await until(lambda: len(recorder.frames) > 10, "the recorder gets the main layer")
        assert {frame.layer for frame in recorder.frames} == {MAIN}
        assert {frame.arrival_ns for frame in recorder.frames} == {0}
        assert all(frame.session_ns % FRAME_NS == 0 for frame in recorder.frames)
        programme.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await programme
        await worker.die()
        await until(lambda: LinkEnded(publication=PROGRAMME) in recorder.messages, "told the end")
        for closing in (viewer, desk):
            await closing.close()
        await recorder.die()


async def test_access_units_go_to_workers_only(tmp_path: Path) -> None:
    codec = StreamCodec(codec=Codec.AAC, clock_rate=48_000, channels=2, configuration=b"\x11\x90")
    async with running_media(tmp_path) as media:
        sound = LinkWorker(media.boot.link_socket, WorkerKind.SOUND)
        recorder = LinkWorker(
            media.boot.link_socket,
            wishes=(LinkSubscribe(publication=MASTER, layer=LOW, acknowledged=True),),
        )
        await until(lambda: sound.link.connected and recorder.link.connected, "linked")
        sound.link.send_message(LinkPublish(publication=MASTER, kind=MediaKind.AUDIO, codec=codec))
        units = [
            Frame(FrameKind.ACCESS_UNIT, MASTER, 0, FLAG_KEYFRAME, n, 0, n * 1024, b"aac%d" % n)
            for n in range(5)
        ]
        sound.link.send_frames(units)
        await until(lambda: len(recorder.frames) == 5, "five units")
        assert recorder.frames == units
        (stream,) = recorder.messages
        assert isinstance(stream, LinkStream)
        assert stream.codec == codec
        sound.link.send_frames([units[0]._replace(publication=999)])
        await asyncio.sleep(0.1)
        assert await media.metric("drops_total", reason="link_not_announced") == 1
        await sound.die()
        await recorder.die()


async def test_a_worker_that_breaks_the_framing_is_closed(tmp_path: Path) -> None:
    async with running_media(tmp_path) as media:
        for garbage in (b"\xff" * 200, b"\0" * 40, b"x"):
            reader, writer = await asyncio.open_unix_connection(str(media.boot.link_socket))
            writer.write(garbage)
            writer.write_eof()
            assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
        assert await media.metric("link_workers") == 0
