from numpy import uint8
from numpy.typing import NDArray

def halve(source: NDArray[uint8], target: NDArray[uint8]) -> None: ...
