from typing import get_args

from server.conference.requests import REQUESTS
from server.generate_protocol import TARGET, main, protocol_text
from server.generate_wire import structs
from signaling.wire import messages
from signaling.wire.errors import ERRORS


def page() -> str:
    return TARGET.read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    assert protocol_text(page()) == page(), "run `python -m server.generate_protocol`"
    assert main(["--check"]) == 0


def test_every_message_and_error_is_documented() -> None:
    text = page()
    tags = [struct.__struct_config__.tag for struct in structs()]
    missing = [tag for tag in tags if tag is not None and f"`{tag}`" not in text]
    assert [tag for tag in missing if tag not in {"snapshot", "delta"}] == []
    assert [error for error in ERRORS if f"`{error}`" not in text] == []


def test_every_request_can_be_carried_out() -> None:
    assert set(REQUESTS) == set(get_args(messages.RequestBody))
