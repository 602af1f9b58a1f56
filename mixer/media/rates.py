"""What each layer costs a receiver's line: as it came lately, or as such layers usually do."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from mixer.forward.interface import StreamFlow
from mixer.media.streams import MAX_LAYERS, publication_of, stream_of
from mixer.wire.ids import MediaKind, PublicationId

SAMPLE_NS: Final = 500_000_000
_SAMPLES: Final = 5
"""Two seconds, which hold a key frame."""
_LEAST_NS: Final = 1_900_000_000
FADING: Final = 0.97
"""Per sample: a peak is forgotten in some 20 s, so that a lively scene is not a surprise."""
FADING_LOWEST: Final = 0.85
"""Of the lowest layer in 3 s: two key frames in a row are no reason to pause the picture."""
NOTABLE: Final = 0.05
SILENT_NS: Final = 2_000_000_000
PACKET_OCTETS: Final = 44
"""RTP header, extensions and SRTP tag beside the payload."""
SOUND_BPS: Final = 90_000.0
PICTURES_BPS: Final[dict[int, tuple[float, ...]]] = {
    1: (1_000_000.0,),
    2: (320_000.0, 2_200_000.0),
    3: (200_000.0, 600_000.0, 2_000_000.0),
}
_SECOND_NS: Final = 1_000_000_000
MISORDERED: Final = 1.5
"""A layer that costs so much more than the one above it is not the smaller one."""
MISORDERED_SAMPLES: Final = 20
"""Ten seconds of it: a still picture makes layers alike for a while."""


class _Meter:
    __slots__ = ("bps", "is_silent", "last_packet_ns", "lately_bps", "samples", "told")

    def __init__(self) -> None:
        self.samples: deque[tuple[int, int]] = deque(maxlen=_SAMPLES)
        self.bps = 0.0
        self.lately_bps = 0.0
        """Since the oldest sample, known from the second on; one key frame may distort it."""
        self.last_packet_ns = -1
        self.is_silent = False
        self.told = (0.0, False)
        """Rate and silence when a change was last told."""

    def has_changed(self) -> bool:
        """Whether it costs notably more or less than was told."""
        bps, is_silent = self.told
        now_bps = self.bps or self.lately_bps
        if is_silent == self.is_silent and abs(now_bps - bps) <= NOTABLE * bps:
            return False
        self.told = (now_bps, self.is_silent)
        return True


class LayerRates:
    """Bits per second by in-stream; `sample` each `SAMPLE_NS`."""

    def __init__(self) -> None:
        self._meters: dict[int, _Meter] = {}
        self._misordered: dict[PublicationId, int] = {}
        """For how many samples a lower layer has cost more than the one above it."""

    def sample(self, figures: Iterable[StreamFlow], now_ns: int) -> bool:
        """Take the figures of all in-streams; those that are gone are forgotten.

        True: some cost notably more or less than before.
        """
        found: dict[int, _Meter] = {}
        for one in figures:
            meter = found[one.stream] = self._meters.get(one.stream) or _Meter()
            meter.last_packet_ns = max(meter.last_packet_ns, one.last_packet_ns)
            silent_ns = now_ns - meter.last_packet_ns
            meter.is_silent = meter.last_packet_ns >= 0 and silent_ns > SILENT_NS
            total = one.octets + one.packets * PACKET_OCTETS
            samples = meter.samples
            if meter.is_silent or (samples and total < samples[-1][1]):
                # What it cost is kept for when it comes back.
                samples.clear()
                continue
            if samples and total == samples[-1][1]:
                continue
            samples.append((now_ns, total))
            span_ns = now_ns - samples[0][0]
            if not span_ns:
                continue
            meter.lately_bps = measured = (total - samples[0][1]) * 8 * _SECOND_NS / span_ns
            if span_ns >= _LEAST_NS:
                is_lowest = publication_of(one.stream)[1] == 0
                fading = FADING_LOWEST if is_lowest else FADING
                meter.bps = max(measured, meter.bps * fading)
        changed = [meter.has_changed() for meter in found.values()]
        is_notable = any(changed) or found.keys() != self._meters.keys()
        self._meters = found
        return is_notable

    def misordered(self) -> list[PublicationId]:
        """Once per sample: publications of which it has just become sure that their layers do not
        go from the smallest to the largest, as their publisher named them. Each is told once.
        """
        found = {
            publication
            for publication, layer in map(publication_of, self._meters)
            if self._flowing_bps(publication, layer)
            > MISORDERED * self._flowing_bps(publication, layer + 1)
            > 0
        }
        self._misordered = {one: self._misordered.get(one, 0) + 1 for one in found}
        return [one for one in sorted(found) if self._misordered[one] == MISORDERED_SAMPLES]

    def _flowing_bps(self, publication: PublicationId, layer: int) -> float:
        """0 for one that is not there or sends nothing now."""
        meter = self._meters.get(stream_of(publication, layer)) if layer < MAX_LAYERS else None
        return 0.0 if meter is None or meter.is_silent else meter.bps

    def lately(self, publication: PublicationId, layer: int) -> float:
        """What a layer has cost in the last 2 s or since it began, 0 where that is not known yet.

        It is known after half a second to one, before `of` trusts it.
        """
        meter = self._meters.get(stream_of(publication, layer))
        return 0.0 if meter is None or meter.is_silent else meter.lately_bps

    def of(
        self, publication: PublicationId, kind: MediaKind, layers: int, top: int
    ) -> tuple[float, ...]:
        """What the layers 0 to `top` of a publication with `layers` of them cost.

        Nothing where nothing comes on any layer: it takes no line.
        """
        meters = [self._meters.get(stream_of(publication, layer)) for layer in range(layers)]
        known = [meter for meter in meters if meter is not None]
        if known and all(meter.is_silent or meter.last_packet_ns < 0 for meter in known):
            came = any(meter.is_silent for meter in known)
            return (0.0,) * (top + 1) if came else _usual(kind, layers)[: top + 1]
        usual = _usual(kind, layers)
        return tuple(
            meter.bps if meter is not None and meter.bps > 0 else usual[layer]
            for layer, meter in enumerate(meters[: top + 1])
        )


def _usual(kind: MediaKind, layers: int) -> tuple[float, ...]:
    if kind is MediaKind.AUDIO:
        return (SOUND_BPS,) * layers
    known = PICTURES_BPS[min(layers, max(PICTURES_BPS))]
    return known + (known[-1],) * (layers - len(known))
