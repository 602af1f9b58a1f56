"""FFmpeg sends by WHIP, aiortc plays by WHEP: through the programme and into the recording."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import av
import pytest
import pytest_asyncio

from recorder.manifest import read_manifest
from recorder.verify import verify_session
from tests.harness.camera import BLUE, RED, tone_db
from tests.harness.ffmpeg_whip import FfmpegEncoder
from tests.harness.seen import colour_of
from tests.harness.serving import COMMAND, ROOT, Serving, wait_for
from tests.harness.whep_player import WhepPlayer

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("loopback_candidates")]
SEAT = "hunan"
COLOURS = {"red": RED.rgb, "blue": BLUE.rgb}


def device_token(serving: Serving, seat: str, kind: str) -> str:
    """By the command an administrator uses; the address it prints is the port of the settings."""
    done = subprocess.run(
        [str(COMMAND), "token", seat, "--for", kind, "--data", str(serving.data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    address, token = done.stdout.split()
    assert address.endswith(f"/{kind}/{seat}")
    return token


def devices(serving: Serving) -> list[dict[str, Any]]:
    return list(serving.state(f"seat/{SEAT}")["devices"])


@pytest.fixture
def encoder(serving: Serving, tmp_path: Path) -> Iterator[FfmpegEncoder]:
    token = device_token(serving, SEAT, "whip")
    sending = FfmpegEncoder(f"{serving.base_url}/whip/{SEAT}", token, RED, tmp_path / "ffmpeg.log")
    try:
        wait_for(
            lambda: [one["connection"] for one in devices(serving)] == ["connected"],
            20,
            f"FFmpeg is connected; it said {sending.said()!r}",
        )
        yield sending
    finally:
        sending.kill()


@pytest_asyncio.fixture
async def player(serving: Serving) -> AsyncIterator[WhepPlayer]:
    token = device_token(serving, "beijing", "whep")
    async with WhepPlayer(f"{serving.base_url}/whep/beijing", token) as playing:
        yield playing


async def test_an_encoder_is_seen_heard_and_recorded_and_leaves(
    serving: Serving, encoder: FfmpegEncoder, player: WhepPlayer
) -> None:
    assert [(one["kind"], one["has_audio"], one["has_video"]) for one in devices(serving)] == [
        ("encoder", True, True)
    ]
    await asyncio.to_thread(serving.put_on_air, "full", SEAT)
    with serving.recorded() as folder:
        async with asyncio.timeout(30):
            while seen(player) != "red":
                await player.receives(5, 30)
        await player.receives(45, 30)
        assert seen(player) == "red"
        assert tone_db(player.heard(), RED.tone_hz) > -40

        assert await asyncio.to_thread(encoder.stop) == 0, encoder.said()
        await asyncio.to_thread(wait_for, lambda: devices(serving) == [], 5, "the encoder has left")
        await asyncio.to_thread(serving.stop_recording)
    check_recorded(folder)


@pytest.mark.soak
def test_an_encoder_that_was_killed_is_gone_when_its_consent_expires(
    serving: Serving, encoder: FfmpegEncoder
) -> None:
    encoder.kill()
    wait_for(lambda: devices(serving)[0]["connection"] == "reconnecting", 15, "silence is noticed")
    wait_for(lambda: devices(serving) == [], 40, "the device has left")
    reasons = [line.get("reason") for line in serving.log_lines() if line.get("state") == "closed"]
    assert reasons[-1] == "consent_expired"


def seen(player: WhepPlayer) -> str:
    """The colour in the middle of the newest picture."""
    if not player.pictures:
        return ""
    frame = player.pictures[-1].to_ndarray(format="rgb24")
    assert frame.shape == (720, 1280, 3)
    middle = frame[200:400, 100:1100].mean(axis=(0, 1))
    return colour_of(tuple(float(value) for value in middle), COLOURS)


def check_recorded(folder: Path) -> None:
    assert verify_session(folder).ok
    manifest = read_manifest(folder)
    iso = {file.source: file for file in manifest.files if file.role == "iso"}
    assert sorted(iso) == ["encoder-camera", "encoder-microphone"]
    assert {file.seat for file in iso.values()} == {SEAT}
    with av.open(str(folder / iso["encoder-camera"].path)) as container:
        frames = list(container.decode(video=0))
    assert len(frames) > 20
    assert (frames[0].width, frames[0].height) == (320, 180)
