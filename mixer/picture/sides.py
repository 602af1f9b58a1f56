"""What is made beside the programme, on demand: other renditions, preview and multiview."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from av.video.frame import VideoFrame

from mixer.wire.frame import Frame
from mixer.wire.ids import PublicationId
from mixer.wire.picture import Multiview, PictureProgramme

from .canvas import Canvas
from .compose import Compositor
from .encode import Rendition
from .mixing import Mixer
from .multiview import MultiviewPicture
from .picture_format import PictureFormat
from .rendition_spec import (
    LOW_SIZE,
    RenditionSpec,
    clean_spec,
    master_spec,
    multiview_spec,
    preview_spec,
    vp8_spec,
)
from .side_encoder import SideEncoder
from .stage import SlateBook, Stage, opening_stage

_log = structlog.get_logger(__name__)
Send = Callable[[list[Frame]], None]


def side_encoders(
    spec: PictureProgramme, multiview: Multiview | None, form: PictureFormat, send: Send
) -> dict[str, SideEncoder]:
    """The encoders of the publications that are offered, by name."""
    offered = spec.renditions
    specs: dict[str, tuple[PublicationId, RenditionSpec]] = {
        "clean": (offered.clean, clean_spec(form)),
        "vp8": (offered.vp8, vp8_spec(form)),
        "master": (offered.master, master_spec(form, offered.master_kbps)),
        "preview": (offered.preview, preview_spec(form)),
    }
    if multiview is not None:
        specs["multiview"] = (multiview.publication, multiview_spec(form))
    return {
        name: SideEncoder(name, Rendition(one, publication), send)
        for name, (publication, one) in specs.items()
        if publication
    }


class Sides:
    """Composes preview and multiview while they are taken and hands pictures to encoders.

    `offer` runs in the programme's thread; all else is for the loop.
    """

    def __init__(
        self,
        encoders: dict[str, SideEncoder],
        form: PictureFormat,
        slates: SlateBook,
    ) -> None:
        self.encoders = encoders
        self.bugs = 0
        self._form = form
        self._slates = slates
        self._lock = threading.Lock()
        self._next_preview: Stage | None = None
        self._next_multiview: Stage | None = None
        small = form.resized(*LOW_SIZE)
        self._preview = Compositor(small, slates, opening_stage(*LOW_SIZE))
        self._multiview: MultiviewPicture | None = None

    def put_preview(self, stage: Stage) -> None:
        """Another scene in preview, drawn for 640x360."""
        with self._lock:
            self._next_preview = stage

    def put_multiview(self, stage: Stage) -> None:
        """Other sources in the multiview."""
        with self._lock:
            self._next_multiview = stage

    def taken(self, name: str) -> bool:
        """Whether somebody takes the side of this name."""
        encoder = self.encoders.get(name)
        return encoder is not None and encoder.taken

    def offer(self, number: int, mixer: Mixer) -> None:
        """Give each encoder that is taken its picture of programme frame ``number``."""
        wanted = {name for name, encoder in self.encoders.items() if encoder.wants(number)}
        if not wanted:
            return
        try:
            for name, picture in self._pictures(wanted, number, mixer).items():
                self.encoders[name].offer(picture, number)
        except Exception:  # noqa: BLE001  a bug here costs no frame of the programme
            self.bugs += 1
            _log.exception("picture.side_bug", frame=number)

    def stop(self) -> bool:
        """End all threads; False when one did not end in time."""
        # All of them, whatever the first says.
        ended = [encoder.stop() for encoder in self.encoders.values()]
        return all(ended)

    def _pictures(self, wanted: set[str], number: int, mixer: Mixer) -> dict[str, VideoFrame]:
        made: dict[str, VideoFrame] = {}
        programme = wanted & {"vp8", "master"}
        if programme:
            picture = mixer.canvas.copied()
            # Each its own frame: an encoder writes its time and kind into it.
            made |= {name: picture.frame() for name in programme}
        if "clean" in wanted:
            made["clean"] = mixer.clean().copied().frame()
        if wanted & {"preview", "multiview"}:
            self._compose_preview(number)
        if "preview" in wanted:
            made["preview"] = self._preview.canvas.copied().frame()
        if "multiview" in wanted:
            made["multiview"] = self._compose_multiview(number, mixer.canvas).copied().frame()
        return made

    def _compose_preview(self, number: int) -> None:
        with self._lock:
            stage, self._next_preview = self._next_preview, None
        if stage is not None:
            self._preview.enter(stage)
        self._preview.compose(number)

    def _compose_multiview(self, number: int, programme: Canvas) -> Canvas:
        if self._multiview is None:
            self._multiview = MultiviewPicture(self._form, self._slates)
        with self._lock:
            stage, self._next_multiview = self._next_multiview, None
        if stage is not None:
            self._multiview.enter(stage)
        self._multiview.compose(number, self._preview.canvas, programme)
        return self._multiview.canvas
