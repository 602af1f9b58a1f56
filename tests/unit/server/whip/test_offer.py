import pytest

from server.whip.offer import played, published, read_offer
from signaling.wire.errors import SignalingError
from tests.unit.mixer.transport.sample_sdp import OFFER

PLAYER = OFFER.replace("a=sendonly", "a=recvonly")
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"


def layered(*rids: str) -> str:
    lines = [f"a=extmap:10 {RID}", *(f"a=rid:{rid} send" for rid in rids)]
    lines.append(f"a=simulcast:send {';'.join(rids)}")
    return OFFER.replace("a=mid:1", "\r\n".join(["a=mid:1", *lines]))


def test_an_encoder_sends_its_camera_and_microphone() -> None:
    tracks = published(read_offer(OFFER))
    assert [(one.mid, one.kind, one.source, one.rids) for one in tracks] == [
        ("0", "audio", "microphone", []),
        ("1", "video", "camera", []),
    ]


@pytest.mark.parametrize(
    ("offered", "sizes"),
    [
        (("h", "m", "l"), ["l", "m", "h"]),
        (("q", "f", "h"), ["q", "h", "f"]),
        (("0", "1", "2"), ["2", "1", "0"]),
        (("only",), []),
    ],
)
def test_layers_go_from_the_smallest(offered: tuple[str, ...], sizes: list[str]) -> None:
    assert published(read_offer(layered(*offered)))[1].rids == sizes


def restricted(*layers: tuple[str, str]) -> str:
    sdp = layered(*(name for name, _ in layers))
    for name, restrictions in layers:
        sdp = sdp.replace(f"a=rid:{name} send", f"a=rid:{name} send {restrictions}")
    return sdp


@pytest.mark.parametrize(
    ("offered", "sizes"),
    [
        # What is told counts more than names and order.
        (
            (("a", "max-width=320;max-height=180"), ("b", "max-width=1280;max-height=720")),
            ["a", "b"],
        ),
        (
            (("l", "max-width=1280;max-height=720"), ("h", "max-width=320;max-height=180")),
            ["h", "l"],
        ),
        # Upright and across.
        (
            (("a", "max-width=180;max-height=640"), ("b", "max-width=720;max-height=360")),
            ["a", "b"],
        ),
        ((("x", "pt=96,97; max-height=180"), ("y", "pt=96;max-height=360")), ["x", "y"]),
        ((("x", "max-fs=920"), ("y", "max-fs=3600")), ["x", "y"]),
        (
            (("x", "max-br=150000"), ("y", "max-br=2500000"), ("z", "max-br=700000")),
            ["x", "z", "y"],
        ),
        # Both tell their rows, one its columns: rows count.
        ((("x", "max-width=900;max-height=180"), ("y", "max-height=360")), ["x", "y"]),
        # Nothing that is told of both, or the same of both: the largest first.
        ((("x", "max-height=180"), ("y", "max-br=90000")), ["y", "x"]),
        ((("x", "max-height=360;max-br=1"), ("y", "max-height=360;max-br=2")), ["x", "y"]),
        ((("x", "max-fps=15"), ("y", "max-fps=30")), ["y", "x"]),
        ((("x", "max-height=big"), ("y", "max-height=-4")), ["y", "x"]),
        ((("x", "max-height=0"), ("y", "max-height=360")), ["y", "x"]),
    ],
)
def test_what_is_told_of_layers_orders_them(
    offered: tuple[tuple[str, str], ...], sizes: list[str]
) -> None:
    assert published(read_offer(restricted(*offered)))[1].rids == sizes


@pytest.mark.parametrize(
    "sdp",
    [
        PLAYER,
        OFFER.replace("opus", "speex").replace("VP8", "VP7").replace("H264", "H261"),
        OFFER.replace("m=audio 9", "m=audio 0").replace("m=video 9", "m=video 0"),
    ],
    ids=["it only receives", "unknown codecs", "all lines are off"],
)
def test_an_encoder_without_anything_of_use_is_told(sdp: str) -> None:
    with pytest.raises(SignalingError) as refusal:
        published(read_offer(sdp))
    assert refusal.value.error == "whip.nothing_usable"


def test_of_two_cameras_nobody_could_say_which_is_which() -> None:
    picture = OFFER[OFFER.index("m=video") :].replace("a=mid:1", "a=mid:2")
    with pytest.raises(SignalingError) as refusal:
        published(read_offer(OFFER.replace("BUNDLE 0 1", "BUNDLE 0 1 2") + picture))
    assert refusal.value.error == "whip.nothing_usable"


def test_a_player_gets_what_it_has_room_for() -> None:
    both = played(read_offer(PLAYER))
    assert (both.picture, both.sound, both.decodes) == (True, True, ["h264", "vp8"])
    deaf = played(read_offer(PLAYER.replace("opus", "speex")))
    assert (deaf.picture, deaf.sound) == (True, False)
    blind = played(read_offer(PLAYER.replace("VP8", "VP7").replace("H264", "H261")))
    assert (blind.picture, blind.sound, blind.decodes) == (False, True, [])
    with pytest.raises(SignalingError):
        played(read_offer(OFFER))


@pytest.mark.parametrize(
    ("sdp", "error"),
    [
        ("", "sdp.invalid"),
        ("v=0\r\n", "sdp.invalid"),
        (OFFER.replace("a=fingerprint", "a=finger"), "sdp.no_fingerprint"),
    ],
)
def test_a_broken_offer_is_refused_by_name(sdp: str, error: str) -> None:
    with pytest.raises(SignalingError) as refusal:
        read_offer(sdp)
    assert refusal.value.error == error
