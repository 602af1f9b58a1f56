from mixer.media.ring import KEPT_BYTES, KEPT_NS, Entry, ReplayRing
from mixer.media.streams import codec_of
from mixer.rtp import payload_type

CODEC = codec_of(payload_type.VP8)


def entry(sequence: int, stored_ns: int, size: int = 100) -> Entry:
    assert CODEC is not None
    return Entry(1, CODEC, sequence, stored_ns, is_keyframe=False, encoded=bytes(size))


def test_keeps_ten_seconds() -> None:
    ring = ReplayRing()
    for number in range(3000):
        ring.append(entry(number, number * 10_000_000))
    assert len(ring) == KEPT_NS // 10_000_000 + 1
    assert ring.end == 3000
    assert [kept.sequence for kept in ring.since(2998)] == [2998, 2999]


def test_keeps_a_bounded_size() -> None:
    ring = ReplayRing()
    for number in range(100):
        ring.append(entry(number, 0, KEPT_BYTES // 10))
    assert len(ring) == 10
    assert ring.size_bytes <= KEPT_BYTES


def test_time_alone_empties_it() -> None:
    ring = ReplayRing()
    ring.append(entry(1, 0))
    ring.trim(KEPT_NS + 1)
    assert (len(ring), ring.size_bytes, ring.first, ring.end) == (0, 0, 1, 1)


def test_what_left_already_is_skipped() -> None:
    ring = ReplayRing()
    for number in range(10):
        ring.append(entry(number, number * KEPT_NS // 5))
    assert [kept.sequence for kept in ring.since(0)] == [4, 5, 6, 7, 8, 9]
