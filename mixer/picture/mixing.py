"""From one stage to the next: cut, dissolve and freeze."""

from __future__ import annotations

from collections import Counter

from .canvas import Canvas
from .compose import Compositor
from .picture_format import PictureFormat
from .stage import SlateBook, Stage


class Mixer:
    """Two compositors, the stage on air and the one that leaves. Used by one thread.

    A dissolve that another one interrupts goes on from the mixed picture as it stands.
    """

    def __init__(self, form: PictureFormat, slates: SlateBook, first: Stage) -> None:
        width, height = form.width, form.height
        self._settle_frames = form.frame_rate
        self._front = Compositor(form, slates, first)
        self._back = Compositor(form, slates, first)
        self._mixed = Canvas(width, height)
        self._clean = Canvas(width, height)
        self._still = Canvas(width, height)
        self._still_clean = Canvas(width, height)
        self._from_still = False
        self._length = 0
        self._done = 0
        self._frozen = False
        self._settle = 0

    @property
    def stage(self) -> Stage:
        """What is shown, or comes."""
        return self._front.stage

    @property
    def drops(self) -> Counter[str]:
        """Pictures not drawn, by reason."""
        return self._front.drops + self._back.drops

    @property
    def dissolving(self) -> bool:
        """Whether two stages are on air."""
        return self._done < self._length

    @property
    def canvas(self) -> Canvas:
        """The programme's picture. The encoder is done with it before the next `compose`."""
        return self._mixed if self._length else self._front.canvas

    def clean(self) -> Canvas:
        """The same without captions."""
        if not self._length:
            return self._front.ground
        source = self._still_clean if self._from_still else self._back.ground
        self._clean.mix(source, self._front.ground, self._share())
        return self._clean

    def enter(self, stage: Stage) -> None:
        """Put a stage on air, as it asks: by a cut or a dissolve from the next `compose` on."""
        if stage.frozen:
            if not self._frozen:
                self._settle = 0 if self._front.stage.scene is not None else self._settle_frames
            self._frozen = True
            if not self._settle:
                return
        else:
            self._frozen = False
        if self._front.stage.scene is not None and stage.same_ground(self._front.stage):
            self._front.enter(stage)
            return
        frames = stage.dissolve_frames if self._front.stage.scene is not None else 0
        if frames > 0:
            self._keep_leaving()
        self._length, self._done = max(frames, 0), 0
        self._front.enter(stage, afresh=True)

    def compose(self, frame: int) -> bool:
        """Draw programme frame ``frame``; False when nothing changed."""
        if self._frozen and self._settle == 0:
            return False
        self._settle = max(self._settle - 1, 0)
        changed = self._front.compose(frame)
        if not self._length:
            return changed
        self._done += 1
        if self._done >= self._length:
            self._length = self._done = 0
            return True
        if self._from_still:
            source = self._still
        else:
            self._back.compose(frame)
            source = self._back.canvas
        self._mixed.mix(source, self._front.canvas, self._share())
        return True

    def _share(self) -> float:
        return self._done / self._length

    def _keep_leaving(self) -> None:
        self._from_still = self._length > 0
        if self._from_still:
            self._still_clean.take(self.clean(), self._still.whole)
            self._still.take(self._mixed, self._still.whole)
            return
        self._front, self._back = self._back, self._front
