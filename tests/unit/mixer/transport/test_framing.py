import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.transport.framing import MAX_FRAME_BYTES, Deframer, FramingError, frame


@given(
    st.lists(st.binary(min_size=1, max_size=300), max_size=20),
    st.lists(st.integers(1, 400), min_size=1, max_size=50),
)
def test_datagrams_come_out_however_the_stream_is_cut(
    datagrams: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(map(frame, datagrams))
    deframer = Deframer()
    found: list[bytes] = []
    for index in range(len(stream)):
        piece, stream = stream[: cuts[index % len(cuts)]], stream[cuts[index % len(cuts)] :]
        found += deframer.feed(piece)
        if not stream:
            break
    assert found == datagrams


def test_datagrams_of_no_length_are_left_out() -> None:
    assert Deframer().feed(b"\0\0" + frame(b"x") + b"\0\0\0") == [b"x"]


def test_a_datagram_longer_than_any_of_ours_ends_the_stream() -> None:
    longest = bytes(MAX_FRAME_BYTES)
    assert Deframer().feed(frame(longest)) == [longest]
    with pytest.raises(FramingError):
        Deframer().feed(b"x" * 2)
    with pytest.raises(FramingError):
        Deframer().feed(frame(longest + b"x"))


@given(st.lists(st.binary(max_size=64), max_size=64))
def test_any_bytes_are_datagrams_or_a_documented_error(pieces: list[bytes]) -> None:
    deframer = Deframer()
    total = 0
    try:
        for piece in pieces:
            total += sum(map(len, deframer.feed(piece)))
    except FramingError:
        pass
    assert total <= sum(map(len, pieces))
