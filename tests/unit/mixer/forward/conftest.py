import pytest

from tests.unit.mixer.forward.implementations import IMPLEMENTATIONS
from tests.unit.mixer.forward.layers_rig import LayersRig
from tests.unit.mixer.forward.rig import Rig


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
def implementation(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def rig(implementation: str) -> Rig:
    return Rig(make=IMPLEMENTATIONS[implementation])


@pytest.fixture
def layers(implementation: str) -> LayersRig:
    return LayersRig(make=IMPLEMENTATIONS[implementation])
