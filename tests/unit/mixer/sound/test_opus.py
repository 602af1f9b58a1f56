from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mixer.sound import opus
from mixer.sound.codec import EncoderSettings, OpusError, OpusLibrary
from mixer.sound.opus import LibOpus, library_paths, open_opus, tone_amplitude
from mixer.sound.opus_av import AvOpus
from mixer.sound.opus_packet import carries_fec
from tests.sim.sound_seats import loop, tone

BOTH = [open_opus(), AvOpus()]


def test_the_first_choice_conceals() -> None:
    assert open_opus().conceals


@pytest.mark.parametrize("path", sorted(library_paths()))
def test_every_libopus_found_passes_its_test_vector(path: str) -> None:
    assert LibOpus(path).name.startswith("libopus 1.")


def test_a_file_that_is_no_libopus_is_refused(tmp_path: Path) -> None:
    fake = tmp_path / "libopus.so"
    fake.write_bytes(b"no library")
    with pytest.raises(OpusError, match="no usable libopus"):
        LibOpus(str(fake))
    with pytest.raises(OpusError, match="no usable libopus"):
        LibOpus("libc.so.6")


def test_a_library_that_decodes_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opus, "_VECTOR_AMPLITUDE", 0.9)
    with pytest.raises(OpusError, match="test tone"):
        LibOpus(next(iter(library_paths())))


def test_without_libopus_pyav_takes_over_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nowhere() -> Iterator[str]:
        return iter(["/nowhere/libopus.so"])

    monkeypatch.setattr(opus, "library_paths", nowhere)
    library = open_opus()
    assert not library.conceals
    assert "sound.no_concealment" in "".join(capsys.readouterr())


@pytest.mark.parametrize("library", BOTH, ids=lambda library: library.name)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_tone_survives_coding(library: OpusLibrary, channels: int) -> None:
    encoder = library.encoder(EncoderSettings(channels=channels))
    decoder = library.decoder()
    decoded = []
    for block in tone(1000, 9600, 0.5).reshape(-1, 960):
        shaped = block if channels == 1 else np.repeat(block[:, None], 2, axis=1)
        decoded.append(decoder.decode(encoder.encode(shaped)))
    assert tone_amplitude(np.concatenate(decoded[2:]), 1000) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("library", BOTH, ids=lambda library: library.name)
@pytest.mark.parametrize(("low_delay", "samples"), [(True, 120), (False, 312)])
def test_the_encoder_tells_its_delay(library: OpusLibrary, low_delay: bool, samples: int) -> None:
    encoder = library.encoder(EncoderSettings(low_delay=low_delay))
    assert encoder.lookahead_samples == samples
    decoder = library.decoder()
    sound = np.zeros(9600, np.float32)
    sound[4000] = 1
    decoded = np.concatenate(
        [decoder.decode(encoder.encode(block)) for block in sound.reshape(-1, 960)]
    )
    assert abs(int(np.abs(decoded).argmax()) - 4000 - samples) <= 2


@pytest.mark.parametrize("library", BOTH, ids=lambda library: library.name)
def test_garbage_raises_and_the_decoder_goes_on(library: OpusLibrary) -> None:
    decoder = library.decoder()
    packets = loop(1000)
    decoder.decode(packets[0])
    for garbage in (b"", b"\xff", b"\xff\x00\x00"):
        with pytest.raises(OpusError):
            decoder.decode(garbage)
    for packet in packets[1:5]:
        block = decoder.decode(packet)
    assert tone_amplitude(block, 1000) == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("library", BOTH, ids=lambda library: library.name)
def test_a_block_of_the_wrong_shape_is_refused(library: OpusLibrary) -> None:
    with pytest.raises(OpusError, match="a block of"):
        library.encoder(EncoderSettings()).encode(np.zeros((960, 2), np.float32))


@pytest.mark.parametrize("library", BOTH, ids=lambda library: library.name)
def test_impossible_settings_are_refused(library: OpusLibrary) -> None:
    with pytest.raises(OpusError):
        library.encoder(EncoderSettings(bitrate=-5))


def test_concealment_goes_on_with_the_tone_and_fades() -> None:
    decoder = open_opus().decoder()
    for packet in loop(1000)[:5]:
        decoder.decode(packet)
    levels = [tone_amplitude(decoder.conceal(960), 1000) for _ in range(8)]
    assert levels[0] > 0.2
    assert levels[-1] < 0.05


def test_concealment_may_be_of_any_length() -> None:
    decoder = open_opus().decoder()
    decoder.decode(loop(1000)[0])
    for samples in (1, 119, 120, 500, 960, 2880):
        assert decoder.conceal(samples).shape == (samples,)


def test_without_concealment_the_sound_ends_softly() -> None:
    decoder = AvOpus().decoder()
    for packet in loop(400)[:5]:
        block = decoder.decode(packet)
    joined = np.concatenate((block, decoder.conceal(960), decoder.conceal(960)))
    assert np.abs(np.diff(joined)).max() < 0.03
    assert np.all(joined[-960:] == 0)


def test_fec_gives_back_the_block_before() -> None:
    packets = loop(400, speech=True)
    decoder = open_opus().decoder()
    reference = open_opus().decoder()
    lost = next(number for number in range(9, 50) if carries_fec(packets[number + 1]))
    for packet in packets[:lost]:
        decoder.decode(packet)
        reference.decode(packet)
    wanted = reference.decode(packets[lost])
    repaired = decoder.decode_fec(packets[lost + 1], 960)
    assert repaired.shape == (960,)
    assert np.corrcoef(wanted, repaired)[0, 1] > 0.8
