"""Which layers a device needs to send: media says what is taken, the page pauses the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.intent import Wiring
from signaling.wire.messages import PublishLayers

if TYPE_CHECKING:
    from mixer.wire.control import LayersTaken

    from .conference import Conference


def layers_taken(conference: Conference, event: LayersTaken) -> None:
    """Media told a change; the device that publishes hears of it."""
    for sitting in conference.sitting():
        for track in sitting.wiring.tracks:
            if track.publication == event.publication:
                conference.observed.layers_taken[event.publication] = event.layers
                tell_layers(conference, sitting.device.id, only=event.publication)
                return


def tell_layers(conference: Conference, device: int, only: int = 0) -> None:
    """Tell a device what is known of its tracks, or of one; nothing while it is away."""
    for track in conference.wirings.get(device, Wiring()).tracks:
        layers = conference.observed.layers_taken.get(track.publication)
        if layers is not None and only in {0, track.publication}:
            notice = PublishLayers(
                publication=track.publication, mid=track.mid, layers=list(layers)
            )
            conference.outward.notify(device, notice)
