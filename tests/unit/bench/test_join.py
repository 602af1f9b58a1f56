"""The parts of the join bench: first pictures, and whose streams are whose."""

import pytest

from bench.joining import FirstPicture, video_ssrcs
from mixer.rtp.packet import RtpPacket
from mixer.transport.offer import SentLines, write_offer
from mixer.wire.ids import MediaKind, SubscriptionId
from server.simulate.loops import loop_path
from server.simulate.media_loop import load_loop
from server.simulate.player import LoopPlayer
from tests.unit.mixer.transport.test_answer import LOCAL


def test_each_picture_is_known_by_its_stream() -> None:
    lines = SentLines()
    wanted = {1: MediaKind.VIDEO, 2: MediaKind.AUDIO, 3: MediaKind.VIDEO}
    lines.assign({SubscriptionId(one): kind for one, kind in wanted.items()})
    lines.release(SubscriptionId(3))
    offer = write_offer(lines, LOCAL, cname="c", session=1, version=1)
    assert video_ssrcs(offer) == {"0": lines.lines[0].ssrc}


@pytest.mark.parametrize("number", [0, 1])
def test_a_camera_is_seen_at_its_first_key_frame_and_once(number: int) -> None:
    loop = load_loop(loop_path(number))
    seen: list[int] = []
    sent: list[RtpPacket] = []
    picture = FirstPicture(lambda: seen.append(len(sent)))
    player = LoopPlayer(loop, lambda packet: sent.append(RtpPacket.parse(packet)))
    player.start(0)
    for now_ms in range(0, 400, 5):
        player.advance(now_ms * 1_000_000)
    video = [packet for packet in sent if packet.ssrc == player.video.ssrc]
    for packet in video[3:]:
        picture.on_packet(packet)
    assert seen == [], "a picture without its beginning shows nothing"
    whole = FirstPicture(lambda: seen.append(1))
    for packet in sent:
        whole.on_packet(packet)
    assert seen == [1]
