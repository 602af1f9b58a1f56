import pytest

from bench import picture
from bench.alternate import MINIMUM_ROUNDS


def test_the_picture_bench_measures_every_limited_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "FRAMES", 2)
    monkeypatch.setattr(picture, "LOOP_PICTURES", 3)
    monkeypatch.setattr(picture, "HALLS", 1)
    monkeypatch.setattr(picture, "SITES", 2)
    values = {one.name: one.value for one in picture.measure(MINIMUM_ROUNDS)}
    assert values.keys() >= {"decode_ms", "compose_ms", "encode_ms", "core", "compose_to_encode"}
    assert all(value > 0 for value in values.values())


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="rounds"):
        picture.measure(MINIMUM_ROUNDS - 1)
