import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from mixer.transport.stun_answer import success


@given(
    transaction=st.binary(min_size=12, max_size=12),
    host=st.ip_addresses().map(str),
    port=st.integers(0, 65_535),
    password=st.text(st.characters(codec="ascii"), min_size=1, max_size=100),
)
def test_the_answer_is_what_another_stack_writes(
    transaction: bytes, host: str, port: int, password: str
) -> None:
    expected = stun.Message(
        stun.Method.BINDING,
        stun.Class.RESPONSE,
        transaction,
        {"XOR-MAPPED-ADDRESS": (host, port)},
    )
    expected.add_message_integrity(password.encode())
    assert success(transaction, (host, port), password.encode()) == bytes(expected)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="IPv4"):
        success(bytes(12), ("nowhere", 1), b"key")
