import numpy as np
import pytest

from mixer.sound.codec import OpusError, Samples
from mixer.sound.stream import (
    COMFORT_SAMPLES,
    CONCEAL_SAMPLES,
    DecodedStream,
    Drop,
    StreamCounters,
    WaitingPacket,
)

FRAME = 960
FEC_PACKET = bytes.fromhex("4840")
"""SILK wide band, 20 ms, voice activity bit clear, LBRR bit set."""


class ScriptedDecoder:
    """Decodes a packet to its last byte, conceals with -1, repairs with -2."""

    def decode(self, payload: bytes) -> Samples:
        if payload == b"bad":
            raise OpusError("bad")
        return np.full(FRAME, payload[-1], np.float32)

    def decode_fec(self, payload: bytes, samples: int) -> Samples:
        return np.full(samples, -2, np.float32)

    def conceal(self, samples: int) -> Samples:
        return np.full(samples, -1, np.float32)


@pytest.fixture
def counters() -> StreamCounters:
    return StreamCounters()


@pytest.fixture
def stream(counters: StreamCounters) -> DecodedStream:
    made = DecodedStream(ScriptedDecoder(), counters)
    made.restart(0)
    made.offer(packet(0))
    made.fill(FRAME)
    return made


def packet(number: int, payload: bytes = b"", *, at: int | None = None) -> WaitingPacket:
    timestamp = number * FRAME if at is None else at
    return WaitingPacket(number, timestamp, FRAME, payload or bytes((0xF8, 0, 0, number & 0xFF)))


def middles(stream: DecodedStream, count: int) -> list[float]:
    """The middle sample of each frame from the second on."""
    return [float(stream.ring.read((n + 1) * FRAME + FRAME // 2, 1)[0]) for n in range(count)]


def test_packets_out_of_order_are_decoded_in_order(stream: DecodedStream) -> None:
    for number in (3, 1, 2):
        stream.offer(packet(number))
    stream.fill(4 * FRAME)
    assert middles(stream, 3) == [1, 2, 3]


def test_a_lost_packet_is_concealed_and_counted(
    stream: DecodedStream, counters: StreamCounters
) -> None:
    stream.offer(packet(2))
    stream.fill(3 * FRAME)
    assert middles(stream, 2) == [-1, 2]
    assert counters.lost == 1
    assert counters.concealed_samples == FRAME


def test_the_packet_behind_repairs_the_loss_if_it_can(
    stream: DecodedStream, counters: StreamCounters
) -> None:
    stream.offer(packet(2, FEC_PACKET + bytes((7,))))
    stream.fill(3 * FRAME)
    assert middles(stream, 2) == [-2, 7]
    assert (counters.lost, counters.recovered, counters.concealed_samples) == (1, 1, 0)


def test_of_two_losses_the_second_is_repaired(
    stream: DecodedStream, counters: StreamCounters
) -> None:
    stream.offer(packet(3, FEC_PACKET + bytes((7,))))
    stream.fill(4 * FRAME)
    assert middles(stream, 3) == [-1, -2, 7]
    assert (counters.lost, counters.recovered) == (2, 1)


def test_an_unreadable_packet_is_concealed_and_counted(
    stream: DecodedStream, counters: StreamCounters
) -> None:
    stream.offer(packet(1, b"bad"))
    stream.offer(packet(2))
    stream.fill(3 * FRAME)
    assert middles(stream, 2) == [-1, 2]
    assert counters.drops == {Drop.MALFORMED: 1}


def test_concealment_ends_in_silence_and_sound_comes_back(
    stream: DecodedStream, counters: StreamCounters
) -> None:
    stream.fill(20 * FRAME)
    assert middles(stream, 19) == [-1] * (CONCEAL_SAMPLES // FRAME) + [0] * 14
    stream.offer(packet(20))
    stream.fill(21 * FRAME)
    assert stream.ring.read(20 * FRAME + FRAME // 2, 1)[0] == 20
    assert stream.ring.read(20 * FRAME, 1)[0] == 0


def test_a_pause_is_comfort_noise_for_a_second(
    stream: DecodedStream, counters: StreamCounters
) -> None:
    stream.offer(packet(1, b"\xf8"))
    stream.fill(60 * FRAME)
    assert counters.concealed_samples == 0
    noise = middles(stream, 59)[1:]
    assert noise.count(-1) == COMFORT_SAMPLES // FRAME


def test_what_was_concealed_for_nothing_is_taken_back(stream: DecodedStream) -> None:
    stream.fill(4 * FRAME)
    assert stream.is_late(FRAME)
    assert stream.rewind(FRAME)
    for number in (1, 2, 3):
        stream.offer(packet(number))
    stream.fill(4 * FRAME)
    assert middles(stream, 3) == [1, 2, 3]


def test_what_was_decoded_is_not_taken_back(stream: DecodedStream) -> None:
    stream.offer(packet(2))
    stream.fill(3 * FRAME)
    assert not stream.rewind(FRAME)
    stream.offer(packet(1))
    assert middles(stream, 2) == [-1, 2]


def test_a_packet_that_overlaps_gives_what_is_new(stream: DecodedStream) -> None:
    stream.offer(packet(1, at=FRAME - 100))
    stream.fill(2 * FRAME - 100)
    assert stream.ring.end == 2 * FRAME - 100
    assert stream.ring.read(FRAME - 1, 2).tolist() == [0, 1]


def test_every_refused_packet_has_its_reason(
    stream: DecodedStream, counters: StreamCounters
) -> None:
    stream.offer(packet(0))
    stream.offer(packet(1))
    stream.offer(packet(1))
    stream.offer(packet(500))
    for number in range(600):
        stream.offer(WaitingPacket(number, FRAME + 1 + number * 120, 120, b"\xe0"))
    assert counters.drops[Drop.LATE] == 1
    assert counters.drops[Drop.DUPLICATE] == 1
    assert counters.drops[Drop.FUTURE] == 1
    assert counters.drops[Drop.FLOOD] == 600 - 511


def test_it_knows_how_far_it_can_go_without_a_gap(stream: DecodedStream) -> None:
    stream.offer(packet(1))
    stream.offer(packet(3))
    assert stream.holds_until(2 * FRAME)
    assert not stream.holds_until(2 * FRAME + 1)
