import re

import pytest

from signaling.wire.errors import ERRORS, SignalingError

FIELD = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("error", ERRORS)
def test_both_languages_say_the_same_with_the_same_values(error: str) -> None:
    row = ERRORS[error]
    assert row.kind in {"user", "protocol", "forbidden"}
    assert set(FIELD.findall(row.text)) == set(FIELD.findall(row.text_zh))
    assert set(FIELD.findall(row.cure)) == set(FIELD.findall(row.cure_zh))
    assert row.text.endswith((".", "}"))
    assert re.search(r"[\u4e00-\u9fff]", row.text_zh)
    assert re.search(r"[\u4e00-\u9fff]", row.cure_zh)


def test_an_error_outside_the_catalogue_is_a_bug() -> None:
    with pytest.raises(KeyError):
        SignalingError("no.such_error")
