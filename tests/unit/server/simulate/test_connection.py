from aioice import stun

from server.simulate.connection import _answer_check


def test_a_check_of_the_other_side_is_answered_with_our_password() -> None:
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    answer = stun.parse_message(bytes(_answer_check(request, ("10.0.0.1", 4000), b"secret")))
    assert answer.message_class is stun.Class.RESPONSE
    assert answer.transaction_id == request.transaction_id
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == ("10.0.0.1", 4000)
    assert answer.check_message_integrity(b"secret")
    assert not answer.check_message_integrity(b"other")
