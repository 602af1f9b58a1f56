"""Each peer, layer and subscription has its figures; there are never too many."""

from mixer.forward.drops import Drop
from mixer.forward.interface import OutFigures, PeerFigures, StreamFigures
from mixer.media.series import MAX_DROPS, MAX_PEERS, MAX_SUBSCRIPTIONS, series
from mixer.media.streams import stream_of
from mixer.rtp import payload_type as types
from mixer.wire.control import Metric, PeerQuality
from mixer.wire.ids import PeerId, PublicationId

HALL = PublicationId(10)


def peer(number: int) -> tuple[PeerFigures, PeerQuality]:
    told = PeerQuality(
        peer=PeerId(number), rtt_ms=20, loss_fraction=0.02, jitter_ms=3, bitrate=5, estimate_bps=9
    )
    return PeerFigures(number, 20, 0.02, 3, 5, packets_in=7, drops={Drop.NO_KEYS: 2}), told


def out(number: int, drops: dict[Drop, int] | None = None) -> OutFigures:
    high, low = stream_of(HALL, 2), stream_of(HALL, 0)
    return OutFigures(number, 3, low, high, True, 11, 12, 0.1, 4, 30, 5, 6, 7, 8, drops or {})


def valued(samples: list[Metric]) -> dict[str, float]:
    return {" ".join([one.name[15:], *one.labels.values()]): one.value for one in samples}


def test_every_figure_has_a_sample() -> None:
    layer = StreamFigures(stream_of(HALL, 1), 1, types.VP8, 0, 5, 500, 4, 3, 2, 1, keyframes=9)
    values = valued(series({PeerId(1): peer(1)}, [layer], [out(70)]))
    assert values["peer_packets_in_total 1"] == 7
    assert values["peer_rtt_seconds 1"] == 0.02
    assert values["peer_estimate_bits_per_second 1"] == 9
    assert values["peer_drops_total 1 no_keys"] == 2
    assert values["layer_packets_total 10 1"] == 5
    assert values["layer_keyframes_total 10 1"] == 9
    assert values["subscription_current_layer 70 3"] == 0
    assert values["subscription_target_layer 70 3"] == 2
    assert values["subscription_paused 70 3"] == 1
    assert values["subscription_switches_total 70 3"] == 8
    assert values["series_left_out"] == 0


def test_what_is_too_many_is_left_out_and_told() -> None:
    peers = {PeerId(number): peer(number) for number in range(MAX_PEERS + 3)}
    drops = dict.fromkeys([Drop.NO_KEYS, Drop.PAUSED, Drop.PACER_FULL], 1)
    outs = [out(number, drops) for number in range(MAX_SUBSCRIPTIONS + 2)]
    samples = series(peers, [], outs)
    dropped = [one for one in samples if "reason" in one.labels]
    assert len(dropped) == MAX_DROPS
    assert (
        valued(samples)["series_left_out"] == 3 + 2 + MAX_PEERS + 3 * MAX_SUBSCRIPTIONS - MAX_DROPS
    )
