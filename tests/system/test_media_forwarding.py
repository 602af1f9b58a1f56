"""aiortc peers on both ends of a real media process."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from mixer.wire.control import (
    ControlError,
    FinishSend,
    NegotiateReceive,
    NegotiateSend,
    PeerQuality,
    PeerState,
    PublicationState,
    RequestKeyframe,
)
from mixer.wire.ids import Layer, MediaKind, PeerId, PublicationId, SubscriptionId
from mixer.wire.resources import Subscription
from tests.system.media_rig import (
    Media,
    MovingPicture,
    Tone,
    negotiate_send,
    publish,
    running_media,
    subscribe,
    until,
)

HALL, VIEWER, OTHER = PeerId(1), PeerId(2), PeerId(3)
PICTURE, SOUND = PublicationId(10), PublicationId(11)
RED = (200, 30, 30)
BOTH = {
    SubscriptionId(20): (PICTURE, MediaKind.VIDEO, Layer(0)),
    SubscriptionId(21): (SOUND, MediaKind.AUDIO, Layer(0)),
}


def mean_colour(frame: av.VideoFrame | av.AudioFrame) -> np.ndarray:
    assert isinstance(frame, av.VideoFrame)
    picture = frame.to_ndarray(format="rgb24")
    # The moving bar is white; the median is the colour behind it.
    return np.median(picture.reshape(-1, 3), axis=0)


def loudest_hz(frames: list[av.VideoFrame | av.AudioFrame]) -> float:
    samples = np.concatenate(
        [
            frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0]
            for frame in frames
            if isinstance(frame, av.AudioFrame)
        ]
    )
    spectrum = np.abs(np.fft.rfft(samples.astype(float) * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * 48_000 / len(samples))


def moves(frames: list[av.VideoFrame | av.AudioFrame]) -> bool:
    first, last = (frame.to_ndarray() for frame in (frames[0], frames[-1]))
    return bool(np.any(np.abs(first.astype(int) - last.astype(int)) > 100))


def states(media: Media, peer: PeerId) -> list[str]:
    return [
        event.state for event in media.events if isinstance(event, PeerState) and event.peer == peer
    ]


@pytest.mark.parametrize(("codec", "name"), [("video/VP8", "vp8"), ("video/H264", "h264")])
@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "reference"])
async def test_a_viewer_sees_and_hears_what_a_hall_publishes(
    tmp_path: Path, codec: str, name: str, compiled: bool
) -> None:
    async with running_media(tmp_path, compiled=compiled) as media:
        hall = await publish(
            media, HALL, {PICTURE: MovingPicture(RED), SOUND: Tone(440)}, video=codec
        )
        viewer = await subscribe(media, VIEWER, BOTH)
        pictures, sounds = viewer.frames["video"], viewer.frames["audio"]
        await until(lambda: len(pictures) > 25 and len(sounds) > 60, "25 pictures, 1.2 s of sound")
        assert np.abs(mean_colour(pictures[-1]) - RED).max() < 15
        assert await media.metric("compiled") == compiled
        why = {} if compiled else {"reason": "switched off"}
        assert await media.metric("uncompiled", **why) == (not compiled)
        assert moves(pictures[-10:])
        assert loudest_hz(sounds[-50:]) == pytest.approx(440, abs=5)
        assert (
            PublicationState(publication=PICTURE, kind=MediaKind.VIDEO, flowing=True, codec=name)
            in media.events
        )
        assert states(media, HALL) == states(media, VIEWER) == ["connecting", "connected"]
        await until(
            lambda: any(
                isinstance(event, PeerQuality) and event.peer == VIEWER and event.rtt_ms > 0
                for event in media.events
            ),
            "a round trip of the viewer",
        )
        await viewer.close()
        await hall.close()
        await until(lambda: states(media, HALL)[-1] == "closed", "the hall closed")
        assert await media.metric("drops_total", reason="srtp_refused") == 0
        assert await media.metric("packets_lost") == 0


async def test_subscriptions_are_added_to_a_living_connection(tmp_path: Path) -> None:
    async with running_media(tmp_path) as media:
        hall = await publish(media, HALL, {PICTURE: MovingPicture(RED), SOUND: Tone(440)})
        wanted = dict(list(BOTH.items())[:1])
        viewer = await subscribe(media, VIEWER, wanted)
        await until(lambda: len(viewer.frames["video"]) > 5, "pictures")
        await media.put(
            Subscription(
                id=SubscriptionId(21),
                peer=VIEWER,
                publication=SOUND,
                kind=MediaKind.AUDIO,
                layer=Layer(0),
            )
        )
        offer = await negotiate_send(media, VIEWER, viewer)
        assert offer.mids == {"0": 20, "1": 21}
        await until(lambda: len(viewer.frames["audio"]) > 5, "sound")
        assert states(media, VIEWER) == ["connecting", "connected"]
        await media.remove("subscription/20")
        count = len(viewer.frames["audio"])
        await until(lambda: len(viewer.frames["audio"]) != count, "sound goes on")
        await viewer.close()
        await hall.close()


async def test_a_viewer_may_come_before_the_hall(tmp_path: Path) -> None:
    async with running_media(tmp_path) as media:
        viewer = await subscribe(media, VIEWER, BOTH)
        await until(lambda: states(media, VIEWER)[-1:] == ["connected"], "the viewer connected")
        hall = await publish(media, HALL, {PICTURE: MovingPicture(RED), SOUND: Tone(440)})
        await until(lambda: len(viewer.frames["video"]) > 5, "pictures")
        await media.command(RequestKeyframe(publication=PICTURE))
        assert media.worker.observed()
        await viewer.close()
        await hall.close()


async def test_a_page_that_is_loaded_again_keeps_its_ids(tmp_path: Path) -> None:
    async with running_media(tmp_path) as media:
        first_hall = await publish(media, HALL, {PICTURE: MovingPicture(RED)})
        wanted = dict(list(BOTH.items())[:1])
        first = await subscribe(media, VIEWER, wanted)
        await until(lambda: len(first.frames["video"]) > 5, "pictures")
        hall = await publish(media, HALL, {PICTURE: MovingPicture((30, 30, 200))})
        viewer = await subscribe(media, VIEWER, wanted)
        await until(
            lambda: (
                len(viewer.frames["video"]) > 5
                and np.abs(mean_colour(viewer.frames["video"][-1]) - (30, 30, 200)).max() < 15
            ),
            "pictures of the new page at the new page",
        )
        assert await media.metric("handshakes_total") == 4
        for connection in (first_hall, hall):
            await connection.close()
        for watcher in (first, viewer):
            await watcher.close()


async def test_a_hall_that_leaves_is_removed_with_all_it_published(tmp_path: Path) -> None:
    async with running_media(tmp_path) as media:
        hall = await publish(media, HALL, {PICTURE: MovingPicture(RED)})
        viewer = await subscribe(media, VIEWER, dict(list(BOTH.items())[:1]))
        await until(lambda: len(viewer.frames["video"]) > 5, "pictures")
        await media.remove(f"peer/{HALL}")
        keys = {resource.key for resource in media.worker.observed()}
        assert keys == {"clock", f"peer/{VIEWER}", "subscription/20"}
        await viewer.close()
        await hall.close()


async def test_refusals_do_not_disturb_others(tmp_path: Path) -> None:
    async with running_media(tmp_path) as media:
        hall = await publish(media, HALL, {PICTURE: MovingPicture(RED)})
        viewer = await subscribe(media, VIEWER, dict(list(BOTH.items())[:1]))
        await until(lambda: len(viewer.frames["video"]) > 5, "pictures")
        sdp = hall.localDescription.sdp
        bare = "\r\n".join(line for line in sdp.splitlines() if "fingerprint" not in line)
        for command, error in (
            (NegotiateReceive(peer=HALL, sdp="nonsense"), "sdp.invalid"),
            (NegotiateReceive(peer=HALL, sdp=bare), "sdp.no_fingerprint"),
            (NegotiateReceive(peer=OTHER, sdp=sdp), "media.unknown_peer"),
            (NegotiateSend(peer=HALL), "media.wrong_direction"),
            (FinishSend(peer=VIEWER, sdp=sdp), "sdp.invalid"),
        ):
            with pytest.raises(ControlError) as caught:
                await media.command(command)
            assert caught.value.error == error
        count = len(viewer.frames["video"])
        await until(lambda: len(viewer.frames["video"]) > count + 5, "pictures go on")
        await viewer.close()
        await hall.close()
