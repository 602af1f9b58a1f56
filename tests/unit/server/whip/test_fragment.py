import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.whip.fragment import MAX_CANDIDATES, MAX_FRAGMENT_BYTES, Fragment, read_fragment
from signaling.wire.errors import SignalingError

CANDIDATE = "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0"
TRICKLED = f"""a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 111
a=mid:0
a=ice-ufrag:EsAw
a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1
{CANDIDATE}
a=candidate:3471623853 1 udp 2122194687 host-1.local 61765 typ host
a=end-of-candidates
"""


def test_it_has_credentials_and_candidates() -> None:
    told = read_fragment(TRICKLED)
    assert told == Fragment(ufrag="EsAw", password="P2uYro0UCOQ4zxjKXaWCBui1", candidates=2)
    assert read_fragment("") == Fragment()


@pytest.mark.parametrize(
    "text",
    [
        "a=ice-ufrag:a b c d",
        "a=ice-ufrag:abcd\r\na=ice-ufrag:efgh",
        "a=ice-pwd:" + "x" * 300,
        "a=candidate:nothing",
        "<html>",
        "x" * (MAX_FRAGMENT_BYTES + 1),
        f"{CANDIDATE}\r\n" * (MAX_CANDIDATES + 1),
    ],
    ids=["ufrag", "two ufrags", "password", "candidate", "no sdp", "too long", "too many"],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(SignalingError) as refusal:
        read_fragment(text)
    assert refusal.value.error == "sdp.invalid"


@given(st.text(max_size=400))
def test_any_text_is_read_or_refused(text: str) -> None:
    told = Fragment()
    with contextlib.suppress(SignalingError):
        told = read_fragment(text)
    assert told.candidates <= MAX_CANDIDATES
