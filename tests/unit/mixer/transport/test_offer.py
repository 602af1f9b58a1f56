import pytest

from mixer.rtp import payload_type
from mixer.transport.extensions import OFFERED
from mixer.transport.offer import MAX_SENT_LINES, SentLines, read_answer, write_offer
from mixer.transport.sdp import parse_sdp
from mixer.wire.control import ControlError
from mixer.wire.ids import MediaKind, SubscriptionId
from tests.unit.mixer.transport.test_answer import LOCAL

VIDEO, AUDIO = MediaKind.VIDEO, MediaKind.AUDIO


def wanted(**kinds: MediaKind) -> dict[SubscriptionId, MediaKind]:
    return {SubscriptionId(int(name[1:])): kind for name, kind in kinds.items()}


def offer(lines: SentLines) -> str:
    return write_offer(lines, LOCAL, cname="cname", session=1, version=1)


def answered(sdp: str) -> str:
    """What a browser that takes everything answers."""
    return (
        sdp.replace("a=sendonly", "a=recvonly")
        .replace("a=setup:actpass", "a=setup:active")
        .replace("a=ice-lite\r\n", "")
    )


def test_offers_one_line_for_each_subscription() -> None:
    lines = SentLines()
    lines.assign(wanted(s7=VIDEO, s8=AUDIO))
    assert lines.mids() == {"0": 7, "1": 8}
    described = parse_sdp(offer(lines))
    assert [line.kind for line in described.lines] == ["video", "audio"]
    assert described.transport.setup == "actpass"
    assert "a=ice-lite" in offer(lines)


def test_both_tracks_have_the_same_cname() -> None:
    lines = SentLines()
    lines.assign(wanted(s7=VIDEO, s8=AUDIO))
    cnames = {line.split("cname:")[1] for line in offer(lines).split("\r\n") if "cname:" in line}
    assert cnames == {"cname"}


def test_reads_what_the_browser_takes() -> None:
    lines = SentLines()
    lines.assign(wanted(s7=VIDEO, s8=AUDIO))
    video, audio = read_answer(lines, parse_sdp(answered(offer(lines))))
    assert video.subscription == 7
    assert video.media == {
        payload_type.H264: payload_type.H264,
        payload_type.VP8: payload_type.VP8,
    }
    assert video.rtx == {
        payload_type.H264: payload_type.RTX_H264,
        payload_type.VP8: payload_type.RTX_VP8,
    }
    assert video.nack
    assert audio.media == {
        payload_type.OPUS: payload_type.OPUS,
        payload_type.RED: payload_type.RED,
    }


def test_redundancy_is_offered_behind_opus_and_may_be_declined() -> None:
    lines = SentLines()
    lines.assign(wanted(s8=AUDIO))
    described = offer(lines)
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n" in described
    assert "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" in described
    declined = answered(described).replace("SAVPF 111 63", "SAVPF 111")
    declined = declined.replace("a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n", "")
    (audio,) = read_answer(lines, parse_sdp(declined))
    assert audio.media == {payload_type.OPUS: payload_type.OPUS}


def test_offers_extensions_and_transport_wide_feedback() -> None:
    lines = SentLines()
    lines.assign(wanted(s7=VIDEO, s8=AUDIO))
    sdp = offer(lines)
    video, audio = read_answer(lines, parse_sdp(answered(sdp)))
    assert video.extensions == OFFERED._replace(audio_level=0)
    assert audio.extensions == OFFERED._replace(orientation=0)
    assert video.transport_feedback
    assert audio.transport_feedback
    assert "a=extmap-allow-mixed" in sdp
    assert "sprop-stereo=1" in sdp
    declined = answered(sdp).replace("transport-cc", "none")
    assert not any(line.transport_feedback for line in read_answer(lines, parse_sdp(declined)))


def test_a_declined_line_takes_nothing() -> None:
    lines = SentLines()
    lines.assign(wanted(s7=VIDEO))
    sdp = answered(offer(lines)).replace("a=recvonly", "a=inactive")
    (video,) = read_answer(lines, parse_sdp(sdp))
    assert not video.media


def test_refuses_an_answer_to_another_offer() -> None:
    lines = SentLines()
    lines.assign(wanted(s7=VIDEO))
    answer = answered(offer(lines))
    lines.assign(wanted(s7=VIDEO, s8=AUDIO))
    with pytest.raises(ControlError) as caught:
        read_answer(lines, parse_sdp(answer))
    assert caught.value.error == "sdp.invalid"
    with pytest.raises(ControlError):
        read_answer(lines, parse_sdp(answered(offer(lines)).replace("m=video", "m=audio")))


def test_refuses_an_answer_without_a_dtls_role() -> None:
    lines = SentLines()
    lines.assign(wanted(s7=VIDEO))
    answer = answered(offer(lines)).replace("setup:active", "setup:actpass")
    with pytest.raises(ControlError) as caught:
        read_answer(lines, parse_sdp(answer))
    assert caught.value.error == "sdp.invalid"


def test_lines_keep_their_place_and_are_used_again() -> None:
    lines = SentLines()
    lines.assign(wanted(s7=VIDEO, s8=AUDIO))
    ssrc = lines.lines[0].ssrc
    lines.assign(wanted(s8=AUDIO))
    assert lines.mids() == {"1": 8}
    assert "a=inactive" in offer(lines)
    lines.assign(wanted(s8=AUDIO, s9=VIDEO))
    assert lines.mids() == {"0": 9, "1": 8}
    assert lines.lines[0].ssrc != ssrc


def test_a_subscription_that_comes_back_gets_another_ssrc() -> None:
    lines = SentLines()
    lines.assign(wanted(s7=VIDEO))
    ssrc = lines.lines[0].ssrc
    lines.release(SubscriptionId(7))
    assert lines.mids() == {}
    lines.assign(wanted(s7=VIDEO))
    assert lines.mids() == {"0": 7}
    assert lines.lines[0].ssrc != ssrc


def test_refuses_more_lines_than_it_may_have() -> None:
    lines = SentLines()
    many = {SubscriptionId(number): AUDIO for number in range(MAX_SENT_LINES + 1)}
    with pytest.raises(ControlError) as caught:
        lines.assign(many)
    assert caught.value.error == "media.too_many_lines"
