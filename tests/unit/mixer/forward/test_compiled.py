import sys

import pytest

from mixer.forward import fanout_reference
from mixer.forward.compiled import choose_hot_path


def test_the_reference_is_taken_when_told_so() -> None:
    path = choose_hot_path(allow_compiled=False)
    assert path.rewrite_header is fanout_reference.rewrite_header
    assert (path.is_compiled, path.reason) == (False, "switched off")


def test_the_reference_takes_over_without_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mixer.forward._fanout", None)
    path = choose_hot_path(allow_compiled=True)
    assert not path.is_compiled
    assert path.reason


def test_a_compiled_function_that_is_wrong_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mixer.forward._fanout", reason="without a compiler nothing to choose")
    monkeypatch.setattr("mixer.forward._fanout.rewrite_header", lambda *_arguments: None)
    path = choose_hot_path(allow_compiled=True)
    assert not path.is_compiled
    assert "known packet" in path.reason


def test_a_library_that_protects_otherwise_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mixer.forward._fanout", reason="without a compiler nothing to choose")
    monkeypatch.setattr(
        "mixer.forward._fanout.protected_by_pointer", lambda _session, packet, _is_rtcp: packet
    )
    path = choose_hot_path(allow_compiled=True)
    assert not path.is_compiled
    assert "pointer" in path.reason


def test_the_compiled_fan_out_is_chosen_where_it_is_right() -> None:
    pytest.importorskip("mixer.forward._fanout", reason="without a compiler nothing to choose")
    path = choose_hot_path(allow_compiled=True)
    assert (path.is_compiled, path.reason) == (True, "")
