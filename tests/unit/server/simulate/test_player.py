import pytest

from mixer.rtp.packet import RtpPacket
from mixer.rtp.rtcp import SenderReport, parse_rtcp
from server.simulate.media_loop import CodedFrame, MediaLoop
from server.simulate.player import LoopPlayer

MS = 1_000_000
LOOP = MediaLoop(
    codec="vp8",
    frames_per_second=25,
    pictures=tuple(CodedFrame(bytes([index]), index % 25 == 0) for index in range(50)),
    sound=tuple(bytes([200, index]) for index in range(100)),
)


class Sent:
    def __init__(self) -> None:
        self.packets: list[RtpPacket] = []

    def __call__(self, packet: bytes) -> None:
        self.packets.append(RtpPacket.parse(packet))

    def of(self, ssrc: int) -> list[RtpPacket]:
        return [packet for packet in self.packets if packet.ssrc == ssrc]


@pytest.fixture
def sent() -> Sent:
    return Sent()


def play(sent: Sent, milliseconds: int) -> LoopPlayer:
    player = LoopPlayer(LOOP, sent)
    player.start(0)
    for now_ms in range(0, milliseconds, 5):
        player.advance(now_ms * MS)
    return player


def test_pictures_and_sound_leave_at_their_rates(sent: Sent) -> None:
    player = play(sent, 1000)
    assert len(sent.of(player.video.ssrc)) == 25
    assert len(sent.of(player.audio.ssrc)) == 50
    video = sent.of(player.video.ssrc)
    assert (video[1].timestamp - video[0].timestamp) & 0xFFFFFFFF == 3600


def test_a_request_jumps_to_a_key_frame_and_sound_goes_along(sent: Sent) -> None:
    player = play(sent, 400)
    player.ask_keyframe()
    sent.packets.clear()
    player.advance(400 * MS)
    (picture,) = sent.of(player.video.ssrc)
    assert picture.payload[-1] == 25
    sent.packets.clear()
    player.advance(420 * MS)
    (sound,) = sent.of(player.audio.ssrc)
    assert sound.payload[1] == 2 * 25 + 1


def test_a_lost_packet_is_repeated_once(sent: Sent) -> None:
    player = play(sent, 200)
    first = sent.of(player.video.ssrc)[0]
    sent.packets.clear()
    player.video.repeat([first.sequence], 200 * MS)
    player.video.repeat([first.sequence], 201 * MS)
    assert sent.packets == [first]


def test_a_stopped_process_skips_instead_of_bursting(sent: Sent) -> None:
    player = play(sent, 200)
    sent.packets.clear()
    player.advance(5_000 * MS)
    assert len(sent.packets) < 5
    assert player.skipped_late > 300


def test_reports_pair_wall_clock_and_rtp_clock(sent: Sent) -> None:
    player = play(sent, 200)
    reports = [
        next(
            part
            for part in parse_rtcp(track.report("c", 200 * MS))
            if isinstance(part, SenderReport)
        )
        for track in (player.audio, player.video)
    ]
    assert abs(reports[0].ntp_ns - reports[1].ntp_ns) < 50 * MS
    assert reports[0].packet_count == player.audio.packets


@pytest.mark.parametrize("rate", [15, 24, 25])
def test_after_any_number_of_jumps_picture_and_sound_are_together(sent: Sent, rate: int) -> None:
    loop = MediaLoop(
        codec="vp8",
        frames_per_second=rate,
        pictures=tuple(CodedFrame(bytes([n]), n % rate == 0) for n in range(2 * rate)),
        sound=LOOP.sound,
    )
    player = LoopPlayer(loop, sent)
    player.start(0)
    for now_ms in range(0, 8000, 5):
        if now_ms % 735 == 0:
            player.ask_keyframe()
        if now_ms == 7500:
            sent.packets.clear()
        player.advance(now_ms * MS)
    offsets_ms = []
    for ssrc, clock_rate, unit_ms in (
        (player.video.ssrc, 90, 1000 / rate),
        (player.audio.ssrc, 48, 20.0),
    ):
        packet = sent.of(ssrc)[-1]
        shown_ms = packet.payload[-1] * unit_ms
        stamp_ms = (packet.timestamp - player_offset(player, ssrc)) % 2**32 / clock_rate
        offsets_ms.append((shown_ms - stamp_ms) % 2000)
    assert offsets_ms[0] == pytest.approx(offsets_ms[1], abs=1.0)


def player_offset(player: LoopPlayer, ssrc: int) -> int:
    track = player.video if ssrc == player.video.ssrc else player.audio
    return track._timestamp_offset
