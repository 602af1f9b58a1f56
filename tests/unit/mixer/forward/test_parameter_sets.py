"""H.264: a receiver's stream goes over where the parameter sets are, not at a bare picture."""

from __future__ import annotations

from mixer.rtp.packet import RtpPacket
from tests.unit.mixer.forward.layers_rig import LAYERS, OUT, SSRCS, LayersRig

SETS = b"\x78\x00\x02\x67\x42\x00\x02\x68\xce"
IDR, REST, DELTA = b"\x7c\x85begin", b"\x7c\x45end", b"\x41delta"


def h264(layer: int, sequence: int, stamp: int, payload: bytes) -> RtpPacket:
    return RtpPacket(98, sequence, stamp, SSRCS[layer], payload, payload in (REST, DELTA))


def give(layers: LayersRig, *packets: RtpPacket) -> list[bytes]:
    """Publish; what the viewer gets of it."""
    for packet in packets:
        rid = b"lmh"[SSRCS.index(packet.ssrc) :][:1]
        layers.publish(packet, {1: b"0", 2: rid})
    return [packet.payload for packet in layers.to_viewer()]


def test_late_parameter_sets_begin_the_stream_and_the_rest_follows(layers: LayersRig) -> None:
    assert give(layers, h264(0, 9, 1, DELTA), h264(0, 11, 2, IDR), h264(0, 12, 2, REST)) == []
    assert give(layers, h264(0, 10, 2, SETS)) == [SETS, IDR, REST]


def test_a_switch_waits_for_the_parameter_sets_of_the_other_layer(layers: LayersRig) -> None:
    assert give(layers, h264(0, 10, 1, SETS), h264(0, 11, 1, IDR)) == [SETS, IDR]
    layers.fanout.set_route(OUT, LAYERS[1])
    lost = (h264(1, 51, 7, IDR), h264(1, 52, 7, REST))
    assert give(layers, h264(1, 49, 5, DELTA), *lost, h264(0, 12, 2, DELTA)) == [DELTA]
    assert give(layers, h264(1, 60, 9, SETS), h264(1, 61, 9, IDR)) == [SETS, IDR]


def test_a_stream_without_parameter_sets_in_band_begins_at_its_pictures(layers: LayersRig) -> None:
    assert give(layers, h264(0, 10, 1, DELTA), h264(0, 11, 2, IDR)) == [IDR]


def test_who_sends_them_once_sends_them_always(layers: LayersRig) -> None:
    assert give(layers, h264(0, 10, 1, SETS), h264(0, 11, 1, IDR)) == [SETS, IDR]
    layers.fanout.set_paused(OUT, paused=True)
    layers.fanout.set_paused(OUT, paused=False)
    assert give(layers, h264(0, 12, 2, DELTA), h264(0, 13, 3, IDR)) == []
    assert give(layers, h264(0, 15, 4, SETS), h264(0, 16, 4, IDR)) == [SETS, IDR]
