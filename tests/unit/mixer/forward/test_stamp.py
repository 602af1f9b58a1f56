"""An extension that was built from other sources is not used, and what to run is said."""

import sys
from pathlib import Path

import pytest

from mixer.forward import compiled
from mixer.forward.compiled import choose_hot_path
from mixer.forward.stamp import REBUILD, fault_of, stamp_of


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"_{name.replace('__', '.')}").write_text(text)
    return folder


def test_the_stamp_follows_every_cython_source_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, fanout__pyx="a", ring__pxi="b", kernel__pxd="c")
    first = stamp_of(tmp_path)
    assert len(first) == 16
    write(tmp_path, fanout__c="made", fanout__pyi="typed")
    (tmp_path / "peer.py").write_text("python")
    assert stamp_of(tmp_path) == first
    seen = {first}
    for change in ({"fanout__pyx": "x"}, {"ring__pxi": "x"}, {"kernel__pxd": "x"}):
        write(tmp_path, **change)
        seen.add(stamp_of(tmp_path))
    write(tmp_path, new__pxi="")
    seen.add(stamp_of(tmp_path))
    assert len(seen) == 5


def test_moving_text_from_one_file_to_the_next_changes_it(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    assert stamp_of(write(one, a__pxi="xy", b__pxi="z")) != stamp_of(
        write(other, a__pxi="x", b__pxi="yz")
    )


@pytest.mark.parametrize("built", ["", "0123456789abcdef", None])
def test_another_stamp_or_none_is_a_fault_with_its_cure(tmp_path: Path, built: object) -> None:
    fault = fault_of(built, write(tmp_path, fanout__pyx="a"))
    assert REBUILD in fault
    assert stamp_of(tmp_path) in fault


def test_without_sources_there_is_nothing_to_compare(tmp_path: Path) -> None:
    assert fault_of("0123456789abcdef", tmp_path) == ""
    assert stamp_of(tmp_path) == ""


def test_sources_that_cannot_be_read_are_a_fault(tmp_path: Path) -> None:
    (tmp_path / "_fanout.pyx").mkdir()
    assert "cannot be read" in fault_of("0123456789abcdef", tmp_path)


def test_an_old_extension_is_left_aside_before_anything_of_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("mixer.forward._fanout", reason="without a compiler nothing is old")
    monkeypatch.setattr("mixer.forward._fanout.SOURCES", "0123456789abcdef")
    # What was built from other sources may fail at its import, as find_library() runs there.
    monkeypatch.setitem(sys.modules, "mixer.forward.compiled_fanout", None)
    path = choose_hot_path(allow_compiled=True)
    assert not path.is_compiled
    assert path.make_fanout is compiled.make_reference
    assert "0123456789abcdef" in path.reason
    assert REBUILD in path.reason


def test_an_extension_older_than_stamps_is_left_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mixer.forward._fanout", reason="without a compiler nothing is old")
    monkeypatch.delattr("mixer.forward._fanout.SOURCES")
    path = choose_hot_path(allow_compiled=True)
    assert not path.is_compiled
    assert "without a stamp" in path.reason


def test_the_extension_here_was_built_from_the_sources_here() -> None:
    module = pytest.importorskip("mixer.forward._fanout", reason="without a compiler none is here")
    folder = Path(compiled.__file__).parent
    assert module.SOURCES == stamp_of(folder) != ""
