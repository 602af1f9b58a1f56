from mixer.wire.control import Metric
from server.demo.figures import Counts, Figures, counts, since
from server.http.metrics import prometheus_text


def metric(name: str, value: float, **labels: str) -> Metric:
    return Metric(name=name, value=value, labels=labels, help='says "what"\nit is')


def test_what_the_server_writes_is_read_again() -> None:
    text = prometheus_text(
        [
            metric("lianxian_media_packets_in_total", 1234567),
            metric("lianxian_media_drops_total", 2, reason='a "b" \\ c'),
            metric("lianxian_media_drops_total", 0, reason="none"),
            metric("lianxian_sound_ticks_late_total", 7, over_ms="5"),
            metric("lianxian_sound_ticks_late_total", 3, over_ms="20"),
        ]
    )
    figures = Figures(text)
    assert figures.total("lianxian_media_packets_in_total") == 1234567
    assert figures.by_label("lianxian_media_drops_total", "reason") == {'a "b" \\ c': 2}
    assert counts(figures).ticks_late == 3
    assert counts(figures).packets_in == 1234567


def test_a_figure_that_is_not_there_is_0() -> None:
    assert counts(Figures("")) == Counts(*[0] * len(Counts._fields))


def test_differences_survive_a_process_started_anew() -> None:
    before = Counts(*[100.0] * len(Counts._fields))
    after = before._replace(frames=150.0, ticks=20.0)
    assert since(before, after).frames == 50
    assert since(before, after).ticks == 20
