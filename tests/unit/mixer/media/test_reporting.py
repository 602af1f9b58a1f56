from mixer.forward.interface import PeerFigures, StreamFlow
from mixer.media.reporting import STALLED_NS, Reporting
from mixer.media.streams import codec_of, kind_of, publication_of, stream_of
from mixer.rtp import payload_type as types
from mixer.wire.control import Event, PeerQuality, PublicationState
from mixer.wire.ids import MediaKind, PeerId, PublicationId, SubscriptionId

STEP_NS = 500_000_000
HALL = PublicationId(10)


class Figures:
    """Stands for the fan-out."""

    def __init__(self) -> None:
        self.streams: list[StreamFlow] = []
        self.peers: list[PeerFigures] = []

    def stream_flows(self) -> list[StreamFlow]:
        return self.streams

    def peer_figures(self, _now_ns: int) -> list[PeerFigures]:
        return self.peers


def figures(layer: int, last_packet_ns: int, payload_type: int = types.VP8) -> StreamFlow:
    return StreamFlow(stream_of(HALL, layer), payload_type, last_packet_ns, 5, 500)


class Ways:
    """Stands for what is known of the ways to receivers."""

    def __init__(self) -> None:
        self.lacks: dict[SubscriptionId, int] = {}

    def estimate_bps(self, _peer: PeerId) -> float:
        return 1_234_567.8

    def narrowed(self, _peer: PeerId) -> dict[SubscriptionId, int]:
        return self.lacks


def reporting() -> tuple[Figures, list[Event], Reporting]:
    source = Figures()
    told: list[Event] = []
    return source, told, Reporting(source, told.append, Ways())  # type: ignore[arg-type]


def state(*, flowing: bool) -> PublicationState:
    return PublicationState(publication=HALL, kind=MediaKind.VIDEO, flowing=flowing, codec="vp8")


def test_a_publication_is_told_when_it_begins_stalls_and_goes_on() -> None:
    source, told, reports = reporting()
    source.streams = [figures(0, -1, -1)]
    reports.flows(STEP_NS)
    assert told == []
    source.streams = [figures(0, STEP_NS)]
    for now_ns in range(STEP_NS, 4 * STALLED_NS, STEP_NS):
        reports.flows(now_ns)
    assert told == [state(flowing=True), state(flowing=False)]
    source.streams = [figures(0, 4 * STALLED_NS)]
    reports.flows(4 * STALLED_NS)
    assert told[-1] == state(flowing=True)


def test_one_layer_that_flows_is_enough() -> None:
    source, told, reports = reporting()
    source.streams = [figures(0, 0), figures(1, 3 * STALLED_NS)]
    reports.flows(3 * STALLED_NS)
    assert told == [state(flowing=True)]


def test_after_a_goodbye_it_does_not_flow() -> None:
    source, told, reports = reporting()
    source.streams = [figures(0, STEP_NS)]
    reports.flows(STEP_NS)
    source.streams = [figures(0, -1)]
    reports.flows(2 * STEP_NS)
    assert told == [state(flowing=True), state(flowing=False)]


def test_quality_is_told_on_change_and_again_to_a_new_server() -> None:
    source, told, reports = reporting()
    source.peers = [PeerFigures(1, 12.34, 0.01234, 1.26, 1000.4)]
    reports.quality(0)
    reports.quality(1)
    quality = PeerQuality(
        peer=1,  # type: ignore[arg-type]
        rtt_ms=12.3,
        loss_fraction=0.0123,
        jitter_ms=1.3,
        bitrate=1000.0,
        estimate_bps=1_235_000.0,
    )
    assert told == [quality]
    reports.forget()
    reports.quality(2)
    assert told == [quality, quality]


def test_a_picture_that_a_line_has_no_room_for_is_told_on_change() -> None:
    source, told = Figures(), list[Event]()
    ways = Ways()
    reports = Reporting(source, told.append, ways)  # type: ignore[arg-type]
    source.peers = [PeerFigures(1, 12.34, 0.0, 1.26, 1000.4)]
    reports.quality(0)
    ways.lacks = {SubscriptionId(5): -1}
    reports.quality(1)
    reports.quality(2)
    assert [one.narrowed for one in told if isinstance(one, PeerQuality)] == [{}, {5: -1}]


def test_streams_are_numbered_by_publication_and_layer() -> None:
    assert publication_of(stream_of(HALL, 3)) == (HALL, 3)
    for payload_type, kind in (
        (types.OPUS, MediaKind.AUDIO),
        (types.VP8, MediaKind.VIDEO),
        (types.H264, MediaKind.VIDEO),
    ):
        codec = codec_of(payload_type)
        assert codec is not None
        assert kind_of(codec) is kind
    assert codec_of(-1) is None
