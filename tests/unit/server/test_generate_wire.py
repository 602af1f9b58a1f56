from server.generate_wire import TARGET, main, wire_typescript


def test_committed_typescript_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == wire_typescript(), (
        "run `python -m server.generate_wire`"
    )


def test_check_mode_says_so_by_its_status() -> None:
    assert main(["--check"]) == 0


def test_requests_leave_out_defaults_and_answers_do_not() -> None:
    text = wire_typescript()
    assert "take_over?: boolean;" in text
    assert "rtt_ms: number;" in text
    assert 'type: "set_preview";' in text
