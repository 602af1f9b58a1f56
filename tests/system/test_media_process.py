"""The media process as a process: start, bad datagrams, stop."""

from __future__ import annotations

import asyncio
import random
import socket
import subprocess
import sys
from pathlib import Path

from aioice import stun

from mixer.transport.sdp import parse_sdp
from mixer.wire.control import Description, NegotiateReceive
from mixer.wire.ids import Layer, MediaKind, PeerId, PublicationId, SubscriptionId
from tests.system.media_rig import MovingPicture, Tone, publish, running_media, subscribe, until

PROGRAM = """
import sys
from pathlib import Path
from mixer.media.worker import main
from mixer.wire.boot import Boot
from mixer.wire.ids import WorkerKind
path, port = Path(sys.argv[1]), int(sys.argv[2])
main(Boot(kind=WorkerKind.MEDIA, epoch=1, run_dir=path, data_dir=path, udp_port=port))
"""


def start(run_dir: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(run_dir), str(port)],
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )


def test_a_taken_port_is_said_and_ends_the_process(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        process = start(tmp_path, taken.getsockname()[1])
        _, log = process.communicate(timeout=20)
    assert process.returncode == 3
    assert "media.port_taken" in log
    assert "Traceback" not in log


async def test_a_process_stops_in_order_on_sigterm(tmp_path: Path) -> None:
    process = start(tmp_path, 0)
    await until((tmp_path / "link.sock").exists, "the link is there")
    process.terminate()
    _, log = await asyncio.to_thread(process.communicate, timeout=20)
    assert process.returncode == 0
    assert "media.hot_path" in log
    assert "worker.stopped" in log
    assert not (tmp_path / "link.sock").exists()


def datagrams(count: int, ufrag: str) -> list[bytes]:
    """Junk of every kind, and checks with a known name and a wrong password."""
    source = random.Random(2_026)
    check = stun.Message(
        stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": f"{ufrag}:x"}
    )
    check.add_message_integrity(b"wrong")
    made = []
    for _ in range(count):
        first = source.choice((0, 1, 20, 22, 23, 63, 128, 129, 144, 160, 191, 200, 255))
        junk = bytes([first]) + source.randbytes(source.randrange(0, 1400))
        made.append(bytes(check) if source.random() < 0.1 else junk)
    return made


async def test_junk_on_the_port_disturbs_nobody(tmp_path: Path) -> None:
    async with running_media(tmp_path) as media:
        picture, sound = PublicationId(10), PublicationId(11)
        hall = await publish(
            media, PeerId(1), {picture: MovingPicture((200, 30, 30)), sound: Tone(440)}
        )
        viewer = await subscribe(
            media, PeerId(2), {SubscriptionId(20): (picture, MediaKind.VIDEO, Layer(0))}
        )
        await until(lambda: len(viewer.frames["video"]) > 5, "pictures")
        answer = await media.command(
            NegotiateReceive(peer=PeerId(1), sdp=hall.localDescription.sdp)
        )
        assert isinstance(answer, Description)
        ufrag = parse_sdp(answer.sdp).transport.ufrag
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for index, datagram in enumerate(datagrams(4000, ufrag)):
                stranger.sendto(datagram, ("127.0.0.1", media.worker.port))
                if index % 50 == 0:
                    await asyncio.sleep(0.002)
        count = len(viewer.frames["video"])
        await until(lambda: len(viewer.frames["video"]) != count, "pictures go on")
        assert await media.metric("drops_total", reason="stun_bad_integrity") > 100
        assert await media.metric("drops_total", reason="unknown_address") > 500
        assert await media.metric("drops_total", reason="internal_error") == 0
        assert await media.metric("peers", state="connected") == 2
        await viewer.close()
        await hall.close()
