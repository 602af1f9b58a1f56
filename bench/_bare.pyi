from pylibsrtp import Session

def relay(
    fd: int,
    senders: list[tuple[int, Session, list[tuple[int, list[int]]]]],
    outs: list[tuple[bytes, Session]],
) -> None: ...
