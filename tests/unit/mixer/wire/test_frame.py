import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.wire.frame import (
    HEADER,
    MAX_PAYLOAD_BYTES,
    Frame,
    FrameError,
    FrameKind,
    FrameReader,
    encode_frame,
)
from mixer.wire.ids import WorkerKind
from mixer.wire.link import LinkHello, message_frame, read_message

int64 = st.integers(-(2**63), 2**63 - 1)
frames = st.builds(
    Frame,
    kind=st.sampled_from([int(kind) for kind in FrameKind]),
    publication=st.integers(0, 2**32 - 1),
    layer=st.integers(0, 255),
    flags=st.integers(0, 65535),
    sequence=int64,
    arrival_ns=int64,
    session_ns=int64,
    payload=st.binary(max_size=200),
)


@given(st.lists(frames, max_size=10), st.data())
def test_frames_survive_any_cutting_of_the_stream(sent: list[Frame], data: st.DataObject) -> None:
    stream = b"".join(encode_frame(frame) for frame in sent)
    reader = FrameReader()
    received: list[Frame] = []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        received += reader.feed(stream[:cut])
        stream = stream[cut:]
    assert received == sent


@given(st.binary(max_size=400))
def test_rubbish_gives_frames_or_a_frame_error(rubbish: bytes) -> None:
    try:
        frames = FrameReader().feed(rubbish)
    except FrameError:
        return
    assert sum(HEADER.size + len(frame.payload) for frame in frames) <= len(rubbish)


def test_an_oversized_payload_is_refused_at_both_ends() -> None:
    with pytest.raises(FrameError):
        encode_frame(Frame(1, 1, 0, 0, 0, 0, 0, bytes(MAX_PAYLOAD_BYTES + 1)))
    with pytest.raises(FrameError):
        FrameReader().feed(HEADER.pack(MAX_PAYLOAD_BYTES + 1, 1, 0, 0, 1, 0, 0, 0, 0))


def test_a_message_travels_as_a_frame() -> None:
    hello = LinkHello(version=1, kind=WorkerKind.SOUND, epoch=7)
    (frame,) = FrameReader().feed(message_frame(hello))
    assert frame.kind == FrameKind.MESSAGE
    assert read_message(frame.payload) == hello


def test_an_unknown_message_is_a_frame_error() -> None:
    with pytest.raises(FrameError):
        read_message(b"\x81\xa4type\xa3abc")
