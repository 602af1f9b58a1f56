"""One suite over the compiled function and its Python reference."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.forward import compiled, fanout_reference

Rewrite = Callable[..., None]
HOT = compiled.choose_hot_path(allow_compiled=True)


def outcome(function: Rewrite, packet: object, *values: object) -> tuple[object, object]:
    """The packet afterwards and the exception's type."""
    copy = bytearray(packet) if isinstance(packet, bytes) else packet
    try:
        function(copy, *values)
    except Exception as error:  # noqa: BLE001  which one is what is compared
        return copy, type(error)
    return copy, None


@pytest.fixture(params=["reference", "compiled"])
def rewrite(request: pytest.FixtureRequest) -> Rewrite:
    if request.param == "reference":
        return fanout_reference.rewrite_header
    if not HOT.is_compiled:
        pytest.skip(f"no compiled module here: {HOT.reason}")
    return HOT.rewrite_header


def test_writes_the_three_fields_and_nothing_else(rewrite: Rewrite) -> None:
    packet = bytearray(range(20))
    rewrite(packet, 0xABCD, 0x01020304, 0x0A0B0C0D)
    assert packet == bytes([0, 1, 0xAB, 0xCD, 1, 2, 3, 4, 10, 11, 12, 13, *range(12, 20)])


def test_takes_sequence_numbers_modulo_65536(rewrite: Rewrite) -> None:
    packet = bytearray(12)
    rewrite(packet, 0x12345, 0, 0)
    assert packet[2:4] == b"\x23\x45"
    rewrite(packet, -1, 0, 0)
    assert packet[2:4] == b"\xff\xff"


@pytest.mark.parametrize("size", range(12))
def test_refuses_a_packet_without_a_whole_header(rewrite: Rewrite, size: int) -> None:
    packet = bytearray(size)
    with pytest.raises(ValueError, match="shorter than its fixed header"):
        rewrite(packet, 1, 2, 3)
    assert packet == bytes(size)


@pytest.mark.parametrize(
    "values",
    [(1 << 31, 0, 0), (-(1 << 31) - 1, 0, 0), (0, 1 << 32, 0), (0, -1, 0), (0, 0, 1 << 32)],
)
def test_refuses_values_that_do_not_fit(rewrite: Rewrite, values: tuple[int, int, int]) -> None:
    packet = bytearray(12)
    with pytest.raises(OverflowError):
        rewrite(packet, *values)
    assert packet == bytes(12)


@pytest.mark.parametrize("arguments", [(bytes(12), 1, 2, 3), (bytearray(12), "1", 2, 3)])
def test_refuses_other_types(rewrite: Rewrite, arguments: tuple[object, ...]) -> None:
    with pytest.raises(TypeError):
        rewrite(*arguments)


@given(
    packet=st.binary(max_size=40),
    sequence=st.integers(-(1 << 33), 1 << 33),
    timestamp=st.integers(-5, (1 << 32) + 5),
    ssrc=st.integers(-5, (1 << 32) + 5),
)
def test_both_do_the_same(packet: bytes, sequence: int, timestamp: int, ssrc: int) -> None:
    reference = outcome(fanout_reference.rewrite_header, packet, sequence, timestamp, ssrc)
    assert outcome(HOT.rewrite_header, packet, sequence, timestamp, ssrc) == reference
