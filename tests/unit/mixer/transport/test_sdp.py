import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.transport.extensions import MID
from mixer.transport.sdp import MAX_RIDS, MAX_SDP_BYTES, parse_sdp
from mixer.wire.control import ControlError
from tests.unit.mixer.transport.sample_sdp import FINGERPRINT, OFFER, without


def refusal(sdp: str) -> str:
    with pytest.raises(ControlError) as caught:
        parse_sdp(sdp)
    return caught.value.error


def verdict(sdp: str) -> str:
    try:
        parse_sdp(sdp)
    except ControlError as error:
        return error.error
    return ""


def test_reads_what_a_browser_offers() -> None:
    offer = parse_sdp(OFFER)
    audio, video = offer.lines
    assert (audio.kind, audio.mid, audio.direction, audio.rtcp_mux) == (
        "audio",
        "0",
        "sendonly",
        True,
    )
    assert audio.codecs[111].channels == 2
    assert audio.ssrcs == [1111]
    assert video.extensions[MID] == 4
    assert video.rtx_ssrcs == {3333: 2222}
    assert video.codecs[96].feedback == ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"]
    assert video.codecs[103].parameters["profile-level-id"] == "42001f"
    assert offer.bundle == ("0", "1")
    assert offer.transport.ufrag == "abcd"
    assert offer.transport.fingerprints[0].value == FINGERPRINT


def test_reads_transport_attributes_of_the_session_level() -> None:
    lines = without("a=fingerprint").split("\r\n")
    lines.insert(4, f"a=fingerprint:SHA-256 {FINGERPRINT.lower()}")
    offer = parse_sdp("\r\n".join(lines))
    assert offer.lines[1].fingerprints[0].algorithm == "sha-256"
    assert offer.lines[1].fingerprints[0].value == FINGERPRINT


def test_refuses_a_description_without_fingerprint() -> None:
    assert refusal(without("a=fingerprint")) == "sdp.no_fingerprint"


def test_refuses_a_fingerprint_of_a_broken_digest() -> None:
    sha1 = ":".join(["AB"] * 20)
    sdp = OFFER.replace(f"sha-256 {FINGERPRINT}", f"sha-1 {sha1}")
    assert refusal(sdp) == "sdp.no_fingerprint"


@pytest.mark.parametrize(
    "sdp",
    [
        "",
        "v=0",
        "hello",
        without("a=ice-ufrag"),
        without("a=ice-pwd"),
        without("a=setup"),
        without("a=group"),
        without("m="),
        OFFER.replace("a=mid:1", "a=mid:0"),
        OFFER.replace("m=video 9", "m=video nine"),
        OFFER.replace("a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP8"),
        OFFER.replace("a=rtpmap:96", "a=rtpmap:999"),
        OFFER.replace("a=ssrc:2222", "a=ssrc:99999999999"),
        OFFER.replace("a=setup:actpass", "a=setup:whatever"),
        OFFER.replace("a=fingerprint:sha-256 00", "a=fingerprint:sha-256 zz"),
        OFFER + "a=x:" + "y" * MAX_SDP_BYTES,
        OFFER + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" * 15,
    ],
)
def test_refuses_what_breaks_a_rule(sdp: str) -> None:
    assert refusal(sdp) == "sdp.invalid"


def test_takes_sixteen_m_lines() -> None:
    mids = " ".join(str(number) for number in range(16))
    sdp = OFFER.replace("BUNDLE 0 1", f"BUNDLE {mids}")
    for mid in range(2, 16):
        sdp += f"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:{mid}\r\n"
    assert len(parse_sdp(sdp).lines) == 16


@given(
    line=st.integers(0, OFFER.count("\r\n") - 1),
    start=st.integers(0, 60),
    garbage=st.text(max_size=12),
)
def test_a_damaged_description_is_read_or_refused(line: int, start: int, garbage: str) -> None:
    lines = OFFER.split("\r\n")
    lines[line] = lines[line][:start] + garbage + lines[line][start + 3 :]
    assert verdict("\r\n".join(lines)) in {"", "sdp.invalid", "sdp.no_fingerprint"}


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert verdict("v=0\r\n" + text) in {"", "sdp.invalid", "sdp.no_fingerprint"}


SIMULCAST = (
    "a=rid:h send\r\n"
    "a=rid:m send max-width=640;max-height=360\r\n"
    "a=rid:l send\r\n"
    "a=rid:r recv\r\n"
    "a=simulcast:send h;~m,l;l recv r\r\n"
)


def test_reads_layers_first_of_alternatives_paused_or_not() -> None:
    video = parse_sdp(OFFER + SIMULCAST).lines[1]
    assert video.layers == ("h", "m", "l")
    assert video.send_rids["m"] == "max-width=640;max-height=360"
    assert "r" not in video.send_rids


def test_a_layer_without_its_rid_is_none() -> None:
    video = parse_sdp(OFFER + SIMULCAST.replace("a=rid:m send", "a=rid:m recv")).lines[1]
    assert video.layers == ("h", "l")


@pytest.mark.parametrize(
    "line",
    [
        "a=rid:",
        "a=rid:h",
        "a=rid:h sideways",
        "a=rid:" + "x" * 17 + " send",
        "a=simulcast:send a;;b",
        "a=simulcast:send " + ";".join(f"r{number}" for number in range(MAX_RIDS + 1)),
        "\r\n".join(f"a=rid:r{number} send" for number in range(MAX_RIDS + 1)),
        "\r\n".join(f"a=extmap:{number} urn:{number}" for number in range(1, 90)),
    ],
)
def test_refuses_layers_it_cannot_read(line: str) -> None:
    with pytest.raises(ControlError) as caught:
        parse_sdp(OFFER + line + "\r\n")
    assert caught.value.error == "sdp.invalid"


def test_a_bundled_line_may_have_no_port_of_its_own() -> None:
    off = OFFER.replace("m=video 9", "m=video 0")
    assert parse_sdp(off).lines[1].rejected
    assert not parse_sdp(off + "a=bundle-only\r\n").lines[1].rejected


def test_mixed_extensions_of_the_session_hold_for_each_line() -> None:
    assert all(line.mixed_extensions for line in parse_sdp(OFFER).lines)
    assert not parse_sdp(without("a=extmap-allow-mixed")).lines[1].mixed_extensions
