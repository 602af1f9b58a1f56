import pytest

from mixer.rtp import payload_type
from mixer.transport.answer_receiver import answer_receiver, ice_fragment, place
from mixer.transport.offer import SendAgreement, SentLines
from mixer.transport.sdp import Description, parse_sdp
from mixer.wire.control import ControlError
from mixer.wire.ids import MediaKind, SubscriptionId
from tests.unit.mixer.transport.sample_sdp import OFFER
from tests.unit.mixer.transport.test_answer import LOCAL

VIDEO, AUDIO = MediaKind.VIDEO, MediaKind.AUDIO
PICTURE, SOUND = SubscriptionId(7), SubscriptionId(8)
PLAYER = OFFER.replace("a=sendonly", "a=recvonly")


def answered(
    offer: str, wanted: dict[SubscriptionId, MediaKind]
) -> tuple[str, Description, tuple[SendAgreement, ...], SentLines]:
    offered, lines = parse_sdp(offer), SentLines()
    place(offered, lines, wanted)
    text, agreements = answer_receiver(offered, lines, LOCAL, cname="cname", session=1, version=1)
    return text, parse_sdp(text), agreements, lines


def test_each_line_gets_the_subscription_of_its_kind_whatever_their_order() -> None:
    _, answer, agreements, lines = answered(PLAYER, {PICTURE: VIDEO, SOUND: AUDIO})
    assert lines.mids() == {"0": SOUND, "1": PICTURE}
    assert [line.direction for line in answer.lines] == ["sendonly", "sendonly"]
    assert [one.subscription for one in agreements] == [SOUND, PICTURE]
    assert answer.transport.setup == "passive"


def test_packets_carry_the_numbers_of_the_offer() -> None:
    _, answer, (sound, picture), _ = answered(PLAYER, {PICTURE: VIDEO, SOUND: AUDIO})
    assert sound.media == {payload_type.OPUS: 111, payload_type.RED: 63}
    assert picture.media == {payload_type.VP8: 96, payload_type.H264: 103}
    assert picture.rtx == {payload_type.VP8: 97, payload_type.H264: 104}
    assert picture.nack
    assert (sound.extensions.mid, picture.extensions.rid) == (4, 0)
    offered = [line.formats for line in parse_sdp(PLAYER).lines]
    assert all(
        set(line.formats) <= set(formats)
        for line, formats in zip(answer.lines, offered, strict=True)
    )


def test_the_answer_names_the_streams() -> None:
    text, answer, (_, picture), _ = answered(PLAYER, {PICTURE: VIDEO, SOUND: AUDIO})
    assert answer.lines[1].ssrcs == [picture.ssrc, picture.rtx_ssrc]
    assert answer.lines[1].rtx_ssrcs == {picture.rtx_ssrc: picture.ssrc}
    cnames = {line.split("cname:")[1] for line in text.split("\r\n") if "cname:" in line}
    assert cnames == {"cname"}


def test_without_retransmission_none_is_announced() -> None:
    plain = "\r\n".join(
        line for line in PLAYER.split("\r\n") if "rtx" not in line and "apt" not in line
    )
    text, _, (_, picture), _ = answered(plain, {PICTURE: VIDEO, SOUND: AUDIO})
    assert picture.rtx == {}
    assert "ssrc-group" not in text


def test_what_nothing_is_sent_on_is_refused() -> None:
    _, answer, agreements, _ = answered(PLAYER, {SOUND: AUDIO})
    assert [line.rejected for line in answer.lines] == [False, True]
    assert [one.subscription for one in agreements] == [SOUND]


@pytest.mark.parametrize(
    ("offer", "wanted"),
    [
        (OFFER, {PICTURE: VIDEO, SOUND: AUDIO}),
        (PLAYER.replace("opus", "speex"), {SOUND: AUDIO}),
    ],
    ids=["a publisher's offer", "no codec in common"],
)
def test_an_offer_that_takes_nothing_is_invalid(
    offer: str, wanted: dict[SubscriptionId, MediaKind]
) -> None:
    lines = SentLines()
    with pytest.raises(ControlError, match=r"sdp\.invalid"):
        place(parse_sdp(offer), lines, wanted)
    assert lines.lines == []


def test_a_fragment_carries_credentials_and_candidates() -> None:
    fragment = ice_fragment(LOCAL, ("5", "6")).split("\r\n")
    assert f"a=ice-ufrag:{LOCAL.credentials.ufrag}" in fragment
    assert f"a=ice-pwd:{LOCAL.credentials.password}" in fragment
    assert "a=mid:5" in fragment
    candidates = [line for line in fragment if line.startswith("a=candidate")]
    assert len(candidates) == len(LOCAL.addresses) + len(LOCAL.tcp_addresses)
