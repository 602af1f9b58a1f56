"""docs/media.md names what the process counts and refuses."""

import re
from pathlib import Path

import pytest

from mixer.forward.drops import Drop
from mixer.media import metrics, series
from mixer.media.link_client import LinkDrop
from mixer.media.tcp import StreamDrop
from mixer.transport.ice import IceDrop


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "media.md").read_text()


@pytest.mark.parametrize("reason", [*Drop, *IceDrop, *LinkDrop, *StreamDrop], ids=str)
def test_every_drop_is_explained(page: str, reason: str) -> None:
    assert f"`{reason}`" in page


def test_every_metric_is_named(page: str) -> None:
    text = "".join(Path(str(one.__file__)).read_text() for one in (metrics, series))
    names = re.findall(r'_(?:gauge|counter)\(\s*"(\w+)"', text)
    assert len(names) > 40
    assert [name for name in names if f"`{name}" not in page] == []


def test_every_error_is_named(page: str, repository: Path) -> None:
    sources = [
        path.read_text()
        for folder in ("media", "forward", "transport")
        for path in (repository / "mixer" / folder).glob("*.py")
    ]
    errors = {
        error for text in sources for error in re.findall(r'ControlError\(\s*"([\w.]+)"', text)
    }
    assert len(errors) > 4
    assert [error for error in sorted(errors) if f"`{error}`" not in page] == []
