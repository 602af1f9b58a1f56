import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.forward.media_packet import LayerRing, MediaPacket, picture_numbers
from mixer.forward.numbering import LATE_NS, Numbering, Segment
from mixer.rtp import payload_type as types

SECOND = 1_000_000_000


def packet(life: int, sequence: int, picture_id: int = -1, *, bits: int = 15) -> MediaPacket:
    payload = b"\x10"
    if picture_id >= 0:
        number = (0x8000 | picture_id).to_bytes(2, "big") if bits == 15 else bytes((picture_id,))
        payload = b"\x90\xe0" + number + bytes((picture_id & 0xFF, 0x00))
    return MediaPacket(
        8, life, sequence, 0, 0, False, bytes(12) + payload, picture_numbers(types.VP8, payload)
    )


def begin(numbering: Numbering, first: MediaPacket, ring: LayerRing | None = None) -> Segment:
    return numbering.begin(first, LayerRing() if ring is None else ring, 0, SECOND)


def numbers(numbering: Numbering, segment: Segment, *packets: MediaPacket) -> list[int]:
    return [numbering.take(segment, item) for item in packets]


def test_lives_follow_each_other_without_a_hole() -> None:
    numbering = Numbering()
    first = numbers(numbering, begin(numbering, packet(1, 500)), packet(1, 500), packet(1, 501))
    second = numbers(numbering, begin(numbering, packet(2, 9)), packet(2, 9), packet(2, 10))
    assert [number - first[0] for number in first + second] == [0, 1, 2, 3]
    assert first[0] < 32768


def test_late_packets_of_a_layer_that_was_left_keep_their_place() -> None:
    numbering = Numbering()
    old = begin(numbering, packet(1, 500))
    numbers(numbering, old, packet(1, 500), packet(1, 503))
    begin(numbering, packet(2, 9))
    assert numbering.place_of(packet(1, 502), SECOND) is old
    assert numbering.place_of(packet(1, 504), SECOND) is None
    assert numbering.place_of(packet(1, 499), SECOND) is None
    assert numbering.place_of(packet(1, 502), SECOND + LATE_NS) is None


def test_finds_what_should_have_been_sent_under_a_number() -> None:
    numbering, ring = Numbering(), LayerRing()
    segment = begin(numbering, packet(1, 500), ring)
    ring.store(packet(1, 500), SECOND)
    ring.store(packet(1, 501), SECOND)
    first, _, third = numbers(numbering, segment, packet(1, 500), packet(1, 501), packet(1, 502))
    found = numbering.find(first & 0xFFFF)
    assert found is not None
    assert found[1].sequence == 500
    assert numbering.find(third & 0xFFFF) is None
    assert numbering.find((third + 1) & 0xFFFF) is None


def test_inserted_packets_move_later_ones_up_and_no_earlier_ones() -> None:
    numbering = Numbering()
    segment = begin(numbering, packet(1, 500))
    (first,) = numbers(numbering, segment, packet(1, 502))
    assert numbering.insert(SECOND) == first + 1
    assert numbering.insert(SECOND) == first + 2
    late = numbering.place_of(packet(1, 501), SECOND)
    following = numbering.place_of(packet(1, 503), SECOND)
    assert late is segment
    assert following is not None
    assert numbering.take(late, packet(1, 501)) == first - 1
    assert numbering.take(following, packet(1, 503)) == first + 3


@pytest.mark.parametrize("bits", [7, 15])
def test_picture_ids_go_on_by_one(bits: int) -> None:
    numbering = Numbering()
    segment = begin(numbering, packet(1, 1, 126, bits=bits))
    numbers(numbering, segment, packet(1, 1, 126, bits=bits), packet(1, 2, 127, bits=bits))
    new = packet(2, 70, 3, bits=bits)
    segment = begin(numbering, new)
    assert (3 + segment.picture_offset) % (1 << bits) == 128 % (1 << bits)
    assert (3 + segment.tl0_offset) & 0xFF == 128


@given(
    runs=st.lists(
        st.tuples(st.integers(65536, 1 << 40), st.integers(0, 0x7FFF), st.integers(1, 40)),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_the_lives_numbers_and_pictures_are_continuous(
    runs: list[tuple[int, int, int]],
) -> None:
    numbering = Numbering()
    sequences: list[int] = []
    pictures: list[int] = []
    for life, (start, picture_id, count) in enumerate(runs):
        segment = begin(numbering, packet(life, start, picture_id))
        for step in range(count):
            item = packet(life, start + step, (picture_id + step) & 0x7FFF)
            assert item.pictures is not None
            sequences.append(numbering.take(segment, item))
            pictures.append((item.pictures.picture_id + segment.picture_offset) & 0x7FFF)
    first_sequence, first_picture = sequences[0], pictures[0]
    assert [number - first_sequence for number in sequences] == list(range(len(sequences)))
    assert pictures == [(first_picture + step) & 0x7FFF for step in range(len(pictures))]
