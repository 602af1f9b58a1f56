from mixer.rtp import payload_type
from mixer.transport.answer import LocalTransport, ReceiveAgreement, answer_offer
from mixer.transport.ice import Credentials
from mixer.transport.identity import Fingerprint
from mixer.transport.sdp import parse_sdp
from tests.unit.mixer.transport.sample_sdp import FINGERPRINT, OFFER

LOCAL = LocalTransport(
    Credentials("ourufrag", "ourpasswordourpassword"),
    Fingerprint("sha-256", FINGERPRINT),
    (("192.0.2.10", 5000), ("2001:db8::1", 5000)),
)


def answer(sdp: str) -> ReceiveAgreement:
    return answer_offer(parse_sdp(sdp), LOCAL, session=1, version=1)


def test_accepts_known_codecs_with_their_retransmission() -> None:
    agreed = answer(OFFER)
    audio, video = agreed.lines
    assert audio.media == {111: payload_type.OPUS}
    assert not audio.rtx
    assert video.media == {96: payload_type.VP8, 103: payload_type.H264}
    assert video.rtx == {97: 96, 104: 103}
    assert (video.ssrcs, video.rtx_ssrcs) == ((2222,), {3333: 2222})
    assert (audio.nack, video.nack) == (False, True)
    assert agreed.mid_extension == 4


def test_is_a_description_itself_in_the_passive_role() -> None:
    ours = parse_sdp(answer(OFFER).sdp)
    assert [line.mid for line in ours.lines] == ["0", "1"]
    assert ours.bundle == ("0", "1")
    assert ours.transport.setup == "passive"
    assert ours.transport.ufrag == "ourufrag"
    assert ours.lines[1].direction == "recvonly"
    assert list(ours.lines[1].codecs) == [96, 97, 103, 104]


def test_names_our_candidates_best_first_and_lite() -> None:
    sdp = answer(OFFER).sdp
    assert "a=ice-lite\r\n" in sdp
    first, second = [line for line in sdp.split("\r\n") if line.startswith("a=candidate")][:2]
    assert " 192.0.2.10 5000 typ host" in first
    assert int(first.split()[3]) > int(second.split()[3])


def test_does_not_accept_transport_wide_feedback() -> None:
    sdp = answer(OFFER).sdp
    assert "transport-cc" not in sdp
    assert "a=rtcp-fb:96 goog-remb" in sdp


def test_takes_the_active_role_for_a_passive_browser() -> None:
    assert "a=setup:active" in answer(OFFER.replace("actpass", "passive")).sdp


def test_keeps_the_offered_profile() -> None:
    assert "profile-level-id=42001f" in answer(OFFER).sdp


def test_refuses_lines_without_a_common_codec_and_data_channels() -> None:
    sdp = OFFER.replace("opus", "speex").replace("BUNDLE 0 1", "BUNDLE 0 1 2")
    sdp += "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n"
    agreed = answer(sdp)
    assert [line.mid for line in agreed.lines] == ["1"]
    assert "m=audio 0 " in agreed.sdp
    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel" in agreed.sdp
    assert "a=group:BUNDLE 1\r\n" in agreed.sdp


def test_a_line_that_sends_nothing_stays_inactive() -> None:
    sdp = answer(OFFER.replace("a=sendonly", "a=inactive")).sdp
    assert "a=recvonly" not in sdp
