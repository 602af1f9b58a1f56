import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder import ebml


@given(st.integers(0, (1 << 56) - 2))
def test_sizes_come_back_in_the_shortest_and_in_the_wide_form(size: int) -> None:
    short = ebml.read_header(b"\xec" + ebml.size_bytes(size), 0)
    wide = ebml.read_header(b"\xec" + ebml.wide_size_bytes(size), 0)
    assert short.end - short.start == wide.end - wide.start == size
    assert len(ebml.size_bytes(size)) <= 8


@pytest.mark.parametrize(("size", "width"), [(0, 1), (126, 1), (127, 2), (16382, 2), (16383, 3)])
def test_a_size_of_all_ones_is_never_used_for_a_known_size(size: int, width: int) -> None:
    assert len(ebml.size_bytes(size)) == width


def test_an_unknown_size_has_no_end() -> None:
    header = ebml.read_header(b"\x18\x53\x80\x67" + ebml.UNKNOWN_SIZE, 0)
    assert header == ebml.ElementHeader(b"\x18\x53\x80\x67", 12, -1)


@given(st.binary(max_size=24), st.integers(0, 24))
def test_any_bytes_are_a_header_or_an_error(data: bytes, offset: int) -> None:
    try:
        header = ebml.read_header(data, offset)
    except ebml.EbmlError:
        return
    assert offset < header.start <= offset + ebml.MAX_HEADER_BYTES


@given(st.binary(max_size=40))
def test_children_fill_their_parent_or_are_an_error(data: bytes) -> None:
    try:
        found = ebml.children(data, 0, len(data))
    except ebml.EbmlError:
        return
    assert not data or found[-1].end == len(data)


@pytest.mark.parametrize("total", [9, 10, 128])
def test_a_void_takes_exactly_its_room(total: int) -> None:
    made = ebml.void(total)
    header = ebml.read_header(made, 0)
    assert (header.id, header.end, len(made)) == (ebml.VOID_ID, total, total)


def test_a_void_needs_nine_bytes() -> None:
    with pytest.raises(ValueError, match="too small"):
        ebml.void(8)


def test_values_come_back() -> None:
    data = ebml.unsigned(b"\xd7", 0) + ebml.double(b"\xb5", 48_000.0) + ebml.text(b"\x86", "节目")
    number, rate, name = ebml.children(data, 0, len(data))
    assert ebml.read_unsigned(data, number) == 0
    assert ebml.read_double(data, rate) == 48_000.0
    assert ebml.read_text(data, name) == "节目"
    with pytest.raises(ebml.EbmlError):
        ebml.read_double(data, number)
