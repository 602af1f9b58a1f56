import pytest

from mixer.picture.layers import nearest_layer, width_of


@pytest.mark.parametrize(
    ("wanted", "layer"), [(64, 0), (220, 0), (320, 0), (640, 1), (700, 1), (1280, 2), (1920, 2)]
)
def test_the_lowest_layer_that_fills_its_place_is_taken(wanted: int, layer: int) -> None:
    assert nearest_layer(3, {}, wanted) == layer


def test_what_pictures_told_counts_and_neighbours_are_guessed_by_it() -> None:
    assert width_of(0, 3, {2: 1920}) == 480
    assert nearest_layer(3, {2: 1920}, 480) == 0
    assert nearest_layer(3, {0: 160}, 600) == 2
    assert nearest_layer(3, {0: 160, 1: 640}, 600) == 1


@pytest.mark.parametrize("layers", [0, 1])
def test_a_source_without_layers_has_one(layers: int) -> None:
    assert nearest_layer(layers, {}, 1280) == 0
