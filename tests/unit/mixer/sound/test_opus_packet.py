import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.sound.codec import EncoderSettings, OpusError
from mixer.sound.opus import library_paths
from mixer.sound.opus_packet import carries_fec, packet_samples
from tests.sim.sound_seats import library, loop, tone


@pytest.mark.parametrize(
    ("head", "samples"),
    [
        ("00", 480),  # SILK narrow band, 10 ms
        ("18", 2880),  # SILK, 60 ms
        ("60", 480),  # hybrid, 10 ms
        ("e0", 120),  # CELT full band, 2.5 ms
        ("f8", 960),  # CELT full band, 20 ms
        ("f9", 1920),  # two of them
        ("fb06", 5760),  # six of them
        ("fb86", 5760),  # the same with variable sizes
    ],
)
def test_a_packet_says_how_long_it_is(head: str, samples: int) -> None:
    assert packet_samples(bytes.fromhex(head)) == samples


@pytest.mark.parametrize("head", ["", "fb", "fb00", "fb07", "1b03"])
def test_an_impossible_length_is_refused(head: str) -> None:
    with pytest.raises(OpusError):
        packet_samples(bytes.fromhex(head))


@given(st.binary(max_size=400))
def test_any_bytes_have_a_length_or_a_documented_error(payload: bytes) -> None:
    carries_fec(payload)
    try:
        samples = packet_samples(payload)
    except OpusError:
        return
    assert 120 <= samples <= 5760
    assert samples % 120 == 0


@given(st.binary(min_size=1, max_size=200))
def test_the_decoder_agrees_about_the_length(payload: bytes) -> None:
    try:
        decoded = library().decoder().decode(payload)
    except OpusError:
        return
    assert len(decoded) == packet_samples(payload)


def test_fec_is_found_where_libopus_finds_it() -> None:
    native = ctypes.CDLL(next(iter(library_paths())))
    if not hasattr(native, "opus_packet_has_lbrr"):
        pytest.skip("this libopus is older than 1.5 and cannot tell")
    packets = [*loop(400, speech=True), *loop(150, speech=True), *loop(400)]
    ours = [carries_fec(packet) for packet in packets]
    theirs = [bool(native.opus_packet_has_lbrr(packet, len(packet))) for packet in packets]
    assert ours == theirs
    assert any(ours)
    assert not all(ours)


def test_a_stereo_speech_packet_may_carry_fec_in_its_side() -> None:
    settings = EncoderSettings(
        channels=2, bitrate=40_000, low_delay=False, fec=True, loss_percent=20
    )
    encoder = library().encoder(settings)
    sound = tone(200, 48_000) * (0.6 + 0.4 * tone(4, 48_000, 1))
    stereo = sound.reshape(-1, 960, 1).repeat(2, axis=2)
    packets = [encoder.encode(block) for block in stereo]
    assert any(packet[0] & 4 for packet in packets)
    for packet in packets:
        carries_fec(packet)
