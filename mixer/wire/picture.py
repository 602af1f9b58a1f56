"""Intent for the picture process: what is on air, what comes next, in which renditions.

Names of seats are opaque labels; nothing here names a person's rights or a room.
"""

from __future__ import annotations

import msgspec

from .ids import PublicationId

NO_PUBLICATION = PublicationId(0)


class PictureSource(msgspec.Struct, frozen=True, tag="picture_source", kw_only=True):
    """A video publication that a scene may show, and what its slate says."""

    publication: PublicationId
    seat: str
    """Opaque label by which `Scene` slots name it."""
    title: str
    subtitle: str = ""
    layers: int = 1
    """How many layers it has, the lowest first; picture takes the one nearest to its slot."""

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"picture_source/{self.publication}"


class Renditions(msgspec.Struct, frozen=True, kw_only=True):
    """Publications of one layer each, made only while somebody takes them; 0: not offered."""

    clean: PublicationId = NO_PUBLICATION
    """The programme without captions, H.264 like ``main``."""
    vp8: PublicationId = NO_PUBLICATION
    """The programme for browsers without H.264."""
    master: PublicationId = NO_PUBLICATION
    """The programme for the archive, H.264 at ``master_kbps``."""
    master_kbps: int = 8000
    """2000 to 20000 kbit/s."""
    preview: PublicationId = NO_PUBLICATION
    """The `PreviewScene`: 640x360, half the frames a second, H.264."""


class PictureProgramme(msgspec.Struct, frozen=True, tag="picture_programme", kw_only=True):
    """The programme as a publication with layers low (0) and main (1), H.264.

    Frame n stands at ``n / frame_rate`` seconds of session time.
    """

    publication: PublicationId
    width: int = 1280
    height: int = 720
    """1280x720 or 1920x1080."""
    frame_rate: int = 25
    """25 or 30 a second."""
    renditions: Renditions = Renditions()

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return "picture_programme"


class Clip(msgspec.Struct, frozen=True, tag="clip", kw_only=True):
    """A film or a still of ``<data>/clips`` as a source: slots name it by ``seat``.

    Cued, its first picture stands. Played, its picture lines up with its sound by the
    `SourceDelay` of ``seat``, as that of any source; at its end the last picture stays. `ClipState`
    tells what becomes of it. Any other ``file`` or ``playing_since_ns`` begins it anew.
    """

    seat: str
    file: str
    title: str = ""
    playing_since_ns: int | None = None
    """Session time at which it begins; None: cued."""
    loop: bool = False
    sound: PublicationId = NO_PUBLICATION
    """Under this its sound is published (Opus, stereo) while it plays; 0: without sound."""

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"clip/{self.seat}"


class Caption(msgspec.Struct, frozen=True, kw_only=True):
    """A lower third: name, then title and organisation; Chinese and Latin script."""

    title: str
    subtitle: str = ""
    organisation: str = ""


class Slate(msgspec.Struct, frozen=True, kw_only=True):
    """A still in place of the layout. ``kind``: opening, break, closing or standby.

    Counts down to session time ``until_ns``; 0 for no countdown.
    """

    kind: str
    title: str
    subtitle: str = ""
    until_ns: int = 0


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the layout. A seat without a picture shows its slate."""

    seat: str
    title: str
    """Name for the slate and the name bar."""
    subtitle: str = ""


class Scene(msgspec.Struct, frozen=True, tag="scene", kw_only=True):
    """What is on air from ``at_ns``: a layout, its slots in order, its captions.

    It comes by a cut, or by a dissolve of ``dissolve_ns``; captions that change while the slots
    stay come and go within ``fade_ns`` (0: at once).
    """

    revision: int
    at_ns: int
    layout: str
    """A name of ``config/layouts`` or of ``<data>/layouts``."""
    slots: tuple[Slot, ...]
    caption: Caption | None = None
    strap: str = ""
    """Call-in strap such as 场外连线一, top left; empty for none."""
    event_title: str = ""
    question: str = ""
    """What was asked, in a strap of its own; empty for none."""
    bug: str = ""
    """``live``, ``rehearsal`` or empty."""
    clock_offset_min: int | None = None
    """Shows the time of day this many minutes east of UTC; None for no clock."""
    logo: str = ""
    """A file of ``<data>/logos``; empty for none."""
    theme: str = "default"
    """A name of ``config/themes`` or of ``<data>/themes``; an unknown one is the default."""
    dissolve_ns: int = 0
    fade_ns: int = 0
    frozen: bool = False
    """The canvas stays as it is, captions too, until a scene without this."""
    slate: Slate | None = None
    """In place of layout, slots and captions."""
    wait_ns: int = 0
    """For so long after ``at_ns`` the scene before stays, until every slot whose source sends has
    a picture; `SceneApplied` tells when it came.
    """

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return "scene"


class PreviewScene(msgspec.Struct, frozen=True, tag="preview_scene", kw_only=True):
    """What would go on air: decoded beforehand, so that a take of it finds its pictures.

    Its time, transition and ``frozen`` mean nothing here. It is composed and coded (with captions)
    only while somebody takes `Renditions.preview`.
    """

    scene: Scene

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return "preview_scene"


class Multiview(msgspec.Struct, frozen=True, tag="multiview", kw_only=True):
    """Preview, programme and sources in one picture of 1280x720, 12.5 a second, H.264.

    Made only while somebody takes it; its sources are decoded only then.
    """

    publication: PublicationId
    slots: tuple[Slot, ...]
    """At most 20, in order."""
    on_air: tuple[str, ...] = ()
    """Seats with a red border (tally)."""
    in_preview: tuple[str, ...] = ()
    """Seats with a green border, unless they are on air."""

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return "multiview"


class SourceDelay(msgspec.Struct, frozen=True, tag="source_delay", kw_only=True):
    """How far behind capture sound plays the sources of one seat; picture lines up."""

    seat: str
    delay_ns: int

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"source_delay/{self.seat}"


PictureResource = (
    PictureSource | PictureProgramme | Clip | Scene | PreviewScene | Multiview | SourceDelay
)
