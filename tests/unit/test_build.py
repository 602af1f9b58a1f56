"""An optional extension hides its compile errors, so a test has to notice them."""

import importlib
import shutil
import sysconfig

import pytest


def compiler() -> str | None:
    command = str(sysconfig.get_config_var("CC") or "cc").split()[0]
    return shutil.which(command)


@pytest.mark.skipif(compiler() is None, reason="without a compiler the reference takes over")
def test_the_fan_out_is_compiled_where_a_compiler_is() -> None:
    module = importlib.import_module("mixer.forward._fanout")
    assert str(module.__file__).endswith(str(sysconfig.get_config_var("EXT_SUFFIX")))
