"""Two independent WebRTC peers (aiortc) hold a call through the whole product."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest
import pytest_asyncio

from recorder.manifest import Manifest, ManifestFile, read_manifest
from recorder.verify import verify_session
from tests.harness.aiortc_peer import AiortcPeer, close_all
from tests.harness.camera import BLUE, RED, Signature, tone_db
from tests.harness.seen import colour_of
from tests.harness.serving import Serving

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("loopback_candidates")]

COLOURS = {"red": RED.rgb, "blue": BLUE.rgb}
LEFT, RIGHT = (48, 134, 584, 280), (648, 134, 584, 280)
"""Slots of two_halls on the canvas of 1280x720, above their name bars."""


def average_rgb(frame: av.VideoFrame, place: tuple[int, int, int, int]) -> tuple[float, ...]:
    scale = 1280 / frame.width
    left, top, width, height = (round(value / scale) for value in place)
    area = frame.to_ndarray(format="rgb24")[top : top + height, left : left + width]
    return tuple(float(value) for value in area.mean(axis=(0, 1)))


def moved(frames: list[av.VideoFrame], place: tuple[int, int, int, int]) -> float:
    """The largest share of a place that changed between two of the pictures."""
    scale = 1280 / frames[0].width
    left, top, width, height = (round(value / scale) for value in place)
    areas = [
        frame.to_ndarray(format="gray8")[top : top + height, left : left + width].astype(int)
        for frame in frames
    ]
    return max(float((abs(area - areas[0]) > 24).mean()) for area in areas[1:])


@pytest_asyncio.fixture
async def peers(serving: Serving) -> AsyncIterator[tuple[AiortcPeer, AiortcPeer]]:
    beijing = AiortcPeer(serving.link("beijing"), RED, "VP8")
    hunan = AiortcPeer(serving.link("hunan"), BLUE, "H264")
    try:
        await beijing.open()
        await hunan.open()
        yield beijing, hunan
    finally:
        await close_all([beijing, hunan])


def check_picture(peer: AiortcPeer) -> None:
    frames = list(peer.pictures)
    newest = frames[-1]
    assert (newest.width, newest.height) == (640, 360)
    assert colour_of(average_rgb(newest, LEFT), COLOURS) == "red"
    assert colour_of(average_rgb(newest, RIGHT), COLOURS) == "blue"
    assert moved(frames, LEFT) > 0.05
    assert moved(frames, RIGHT) > 0.05


def check_sound(peer: AiortcPeer, own: Signature, other: Signature) -> None:
    heard = peer.heard()
    own_db, other_db = tone_db(heard, own.tone_hz), tone_db(heard, other.tone_hz)
    assert other_db > -40, f"the other is heard at {other_db:.0f} dB"
    assert own_db < other_db - 50, f"own at {own_db:.0f} dB, other at {other_db:.0f} dB"


def the_file(manifest: Manifest, seat: str, kind: str) -> ManifestFile:
    found = [f for f in manifest.files if (f.role, f.seat, f.kind) == ("iso", seat, kind)]
    assert len(found) == 1, [(f.path, f.seat, f.kind) for f in manifest.files]
    return found[0]


def check_iso_picture(path: Path, colour: str) -> None:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    assert len(frames) > 20
    whole = (0, 0, 1280, 720)
    assert colour_of(average_rgb(frames[-1], whole), COLOURS) == colour
    assert moved(frames, whole) > 0.05


def check_iso_sound(path: Path, hertz: float) -> None:
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("fltp", "mono", 48_000)
        pieces = [
            piece.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for piece in resampler.resample(frame)
        ]
    assert tone_db(np.concatenate(pieces).astype(float), hertz) > -30


async def test_each_sees_and_hears_the_other_and_both_are_recorded(
    serving: Serving, peers: tuple[AiortcPeer, AiortcPeer]
) -> None:
    beijing, hunan = peers
    await asyncio.to_thread(serving.put_on_air, "two_halls", "beijing", "hunan")
    with serving.recorded() as session:
        for peer in peers:
            await peer.receives(pictures=1, timeout_s=10)
        await asyncio.sleep(1.0)  # both are decoded, drawn and faded in
        for peer in peers:
            await peer.receives(pictures=20, timeout_s=10)
            check_picture(peer)
        check_sound(beijing, RED, BLUE)
        check_sound(hunan, BLUE, RED)
        await asyncio.to_thread(serving.stop_recording)
    report = await asyncio.to_thread(verify_session, session)
    assert report.ok, report.summary
    manifest = read_manifest(session)
    assert the_file(manifest, "beijing", "video").codec == "vp8"
    assert the_file(manifest, "hunan", "video").codec == "h264"
    for seat, colour, signature in (("beijing", "red", RED), ("hunan", "blue", BLUE)):
        video, audio = the_file(manifest, seat, "video"), the_file(manifest, seat, "audio")
        assert audio.codec == "opus"
        assert video.gaps == audio.gaps == ()
        check_iso_picture(session / video.path, colour)
        check_iso_sound(session / audio.path, signature.tone_hz)
