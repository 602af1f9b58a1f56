import dataclasses

import pytest

from mixer.rtp import payload_type
from mixer.transport.answer import FEEDBACK, LocalTransport, ReceiveAgreement, answer_offer
from mixer.transport.ice import Credentials
from mixer.transport.identity import Fingerprint
from mixer.transport.sdp import parse_sdp
from tests.unit.mixer.transport.sample_sdp import FINGERPRINT, OFFER, without

LOCAL = LocalTransport(
    Credentials("ourufrag", "ourpasswordourpassword"),
    Fingerprint("sha-256", FINGERPRINT),
    (("192.0.2.10", 5000), ("2001:db8::1", 5000)),
)


TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ORIENTATION = "urn:3gpp:video-orientation"
SDES = "urn:ietf:params:rtp-hdrext:sdes"
LAYERS = (
    f"a=extmap:5 {TRANSPORT_CC}\r\n"
    f"a=extmap:10 {SDES}:rtp-stream-id\r\n"
    f"a=extmap:11 {SDES}:repaired-rtp-stream-id\r\n"
    f"a=extmap:13 {ORIENTATION}\r\n"
    f"a=extmap:15 urn:3gpp:other\r\n"
    "a=rid:l send\r\na=rid:h send\r\na=simulcast:send l;h\r\n"
)


def answer(sdp: str) -> ReceiveAgreement:
    return answer_offer(parse_sdp(sdp), LOCAL, session=1, version=1)


def test_accepts_known_codecs_with_their_retransmission() -> None:
    agreed = answer(OFFER)
    audio, video = agreed.lines
    assert audio.media == {111: payload_type.OPUS, 63: payload_type.RED}
    assert not audio.rtx
    assert video.media == {96: payload_type.VP8, 103: payload_type.H264}
    assert video.rtx == {97: 96, 104: 103}
    assert (video.ssrcs, video.rtx_ssrcs) == ((2222,), {3333: 2222})
    assert (audio.nack, video.nack) == (False, True)
    assert agreed.extensions.mid == 4


def test_takes_redundancy_beside_opus_in_the_order_of_the_offer() -> None:
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n" in answer(OFFER).sdp
    first = answer(OFFER.replace("SAVPF 111 63 0", "SAVPF 63 111 0")).sdp
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n" in first
    assert "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" in first


@pytest.mark.parametrize(
    "offered", ["a=fmtp:63 0/0", "a=fmtp:63 111", "a=fmtp:63 111/0", "a=fmtp:63 111/77", "a=x:1"]
)
def test_refuses_redundancy_around_anything_but_opus(offered: str) -> None:
    audio, _ = answer(OFFER.replace("a=fmtp:63 111/111", offered)).lines
    assert audio.media == {111: payload_type.OPUS}


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


def test_accepts_layers_with_the_extensions_that_tell_them_apart() -> None:
    agreed = answer(OFFER + LAYERS)
    assert agreed.lines[1].rids == ("l", "h")
    assert agreed.extensions == (4, 10, 11, 0, 5, 13, 0)
    ours = parse_sdp(agreed.sdp).lines[1]
    assert "a=rid:l recv\r\na=rid:h recv\r\na=simulcast:recv l;h\r\n" in agreed.sdp
    assert ours.extensions[ORIENTATION] == 13
    assert "urn:3gpp:other" not in ours.extensions
    assert "a=extmap-allow-mixed\r\n" in agreed.sdp


def test_layers_need_the_rid_on_their_packets() -> None:
    agreed = answer(OFFER + LAYERS.replace(f"{SDES}:rtp-stream-id", "urn:else"))
    assert agreed.lines[1].rids == ()
    assert "simulcast" not in agreed.sdp


def test_extension_ids_of_the_two_byte_form_are_not_taken() -> None:
    agreed = answer(OFFER + LAYERS.replace("extmap:5 ", "extmap:16 "))
    assert agreed.extensions.transport_sequence == 0
    assert not agreed.lines[1].transport_feedback


def test_transport_wide_feedback_needs_its_extension() -> None:
    assert not answer(OFFER).lines[1].transport_feedback
    assert answer(OFFER + LAYERS).lines[1].transport_feedback
    without_feedback = (OFFER + LAYERS).replace("a=rtcp-fb:96 transport-cc\r\n", "")
    assert not answer(without_feedback).lines[1].transport_feedback


def test_estimates_of_the_receiver_stay_as_a_fall_back() -> None:
    sdp = answer(OFFER + LAYERS).sdp
    assert "a=rtcp-fb:96 transport-cc" in sdp
    assert "a=rtcp-fb:96 goog-remb" in sdp
    only_remb = answer_offer(
        parse_sdp(OFFER + LAYERS),
        LOCAL,
        session=1,
        version=1,
        feedback=FEEDBACK - {"transport-cc"},
    )
    assert "transport" not in only_remb.sdp
    assert only_remb.extensions.transport_sequence == 0
    assert not only_remb.lines[1].transport_feedback


def test_names_tcp_candidates_after_all_of_udp() -> None:
    local = dataclasses.replace(LOCAL, tcp_addresses=(("192.0.2.10", 5001),))
    agreed = answer_offer(parse_sdp(OFFER), local, session=1, version=1)
    candidates = [line for line in agreed.sdp.split("\r\n") if line.startswith("a=candidate")]
    assert candidates[2].endswith(" 192.0.2.10 5001 typ host tcptype passive")
    priorities = [int(line.split()[3]) for line in candidates[:3]]
    assert priorities == sorted(priorities, reverse=True)
    assert len({line.split()[0] for line in candidates[:3]}) == 3


MAIN = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f"
BASELINE = MAIN.replace("4d001f", "42001f")


@pytest.mark.parametrize(
    ("parameters", "taken"),
    [
        (BASELINE, True),
        (MAIN, True),
        (MAIN.replace("4d001f", "640C1F"), True),
        (MAIN.replace("4d001f", "f4001f"), False),
        (MAIN.replace("4d001f", "42001"), False),
        (MAIN.replace("mode=1", "mode=2"), False),
        (BASELINE.replace("mode=1", "mode=0"), True),
        ("packetization-mode=1", True),
    ],
)
def test_an_encoder_may_have_one_profile_only(parameters: str, taken: bool) -> None:
    # As an encoder offers it: one payload type.
    sdp = without("a=rtpmap:96").replace(BASELINE, parameters)
    sdp = "\r\n".join(line for line in sdp.split("\r\n") if not line.startswith("a=rtpmap:107"))
    agreed = answer(sdp)
    assert (agreed.lines[-1].media == {103: payload_type.H264}) is taken
    profile = parameters.partition("profile-level-id=")[2].lower()
    assert (f"profile-level-id={profile or '420010'}" in agreed.sdp) is taken


def test_baseline_comes_before_other_profiles() -> None:
    sdp = OFFER.replace("packetization-mode=0;profile-level-id=42001f", MAIN[26:])
    assert answer(sdp).lines[1].media == {96: payload_type.VP8, 103: payload_type.H264}


def test_stereo_is_asked_from_those_who_send_it() -> None:
    assert "stereo=1" not in answer(OFFER).sdp
    stereo = OFFER.replace("useinbandfec=1", "useinbandfec=1;sprop-stereo=1")
    assert "a=fmtp:111 minptime=10;useinbandfec=1;stereo=1\r\n" in answer(stereo).sdp


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
