"""The state that pages see: a flat map of keys to values, with a revision.

Keys: ``you``, ``event``, ``programme``, ``rundown``, ``recording``, ``sound``,
``seat/<seat>``, ``sound/<seat>`` and ``condition/<id>/<subject>``. A snapshot carries every key
the device may see; a delta what changed since the revision before. A client
that sees a gap in revisions asks for a snapshot (`GetState`).
"""

from __future__ import annotations

import msgspec

from .roles import Right, Role
from .sound import SeatSoundView, SoundView


class You(msgspec.Struct, frozen=True, tag="you", kw_only=True):
    """Who this connection is."""

    seat: str
    role: Role
    device: int
    device_kind: str
    rights: list[Right]


class EventView(msgspec.Struct, frozen=True, tag="event", kw_only=True):
    """The event itself. ``phase``: draft, rehearsal, live, ended, archived."""

    slug: str
    title: str
    title_en: str
    phase: str
    session_time_ms: int
    """Session time at the moment the message was made."""


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    """A device at a seat. ``kind``: main, camera2, slides, screen, encoder.
    ``connection``: joined, connecting, connected, reconnecting.
    """

    id: int
    kind: str
    connection: str
    has_audio: bool
    has_video: bool
    audio_muted: bool
    video_muted: bool
    quality: int
    """0 unknown, 1 bad to 5 very good."""
    rtt_ms: float = 0.0
    loss_percent: float = 0.0
    bitrate_kbps: float = 0.0


class SeatView(msgspec.Struct, frozen=True, tag="seat", kw_only=True):
    """A place at the table. ``kind``: hall, remote or desk (a role's seat)."""

    seat: str
    name: str
    name_en: str
    kind: str
    hall: str
    """For a remote site the hall whose side it is on; empty otherwise."""
    order: int
    speaker: str = ""
    speaker_title: str = ""
    devices: list[DeviceView] = []
    on_air: bool = False
    level_db: float = -100.0


class CaptionView(msgspec.Struct, frozen=True, kw_only=True):
    """A lower third: a name, what the person is, and where."""

    title: str
    subtitle: str = ""
    organisation: str = ""


class SlateView(msgspec.Struct, frozen=True, kw_only=True):
    """A still in place of sites. ``kind``: opening, break, closing, standby. An empty title is
    the event's. Counts down to session time ``until_ms``; 0 for no countdown.
    """

    kind: str
    title: str = ""
    until_ms: int = 0


class GraphicsView(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the picture whatever the scene. ``bug``: 现场/LIVE or 彩排/REHEARSAL by the
    event's phase. ``logo``: a file of ``<data>/logos`` or empty.
    """

    event_title: bool = False
    clock: bool = False
    bug: bool = False
    logo: str = ""
    theme: str = "default"


class SceneView(msgspec.Struct, frozen=True, kw_only=True):
    """A layout with sources in its slots: a seat for its main camera, else
    ``seat/device/source`` such as ``beijing/slides/slides``. With a slate nobody is seen or heard.
    """

    layout: str
    slots: list[str]
    caption: CaptionView | None = None
    strap: str = ""
    question: str = ""
    slate: SlateView | None = None


class ProgrammeView(msgspec.Struct, frozen=True, tag="programme", kw_only=True):
    """What is on air and in preview. ``frame``: first programme frame that showed it,
    -1 until picture says so.
    """

    revision: int
    on_air: SceneView
    preview: SceneView
    at_ms: int
    frame: int
    seats_on_air: list[str]
    layouts: dict[str, list[int]]
    """Layout name to [fewest, most] slots."""
    frozen: bool = False
    graphics: GraphicsView = GraphicsView()
    transition: str = "cut"
    """By which the scene came on air."""
    duration_ms: int = 0
    last_good: SceneView | None = None
    """Where `BackToLastGood` leads."""


class CueView(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the rundown."""

    id: str
    title: str
    title_en: str
    scene: SceneView
    captions: list[CaptionView]
    """Name captions prepared for this step, to be put on air one by one."""


class RundownView(msgspec.Struct, frozen=True, tag="rundown", kw_only=True):
    """The cues in order; ``current`` is the id on air or empty."""

    cues: list[CueView]
    current: str


class RecordingView(msgspec.Struct, frozen=True, tag="recording", kw_only=True):
    """``state``: idle, recording, finalising, verified, failed."""

    state: str
    session: str = ""
    duration_ms: int = 0
    files: int = 0
    size_bytes: int = 0
    hours_left: float = 0.0
    text: str = ""


class ConditionView(msgspec.Struct, frozen=True, tag="condition", kw_only=True):
    """Something a person should know; texts are in the page's catalogue by ``id``."""

    id: str
    subject: str
    values: dict[str, str]


StateValue = (
    You
    | EventView
    | SeatView
    | ProgrammeView
    | RundownView
    | RecordingView
    | SoundView
    | SeatSoundView
    | ConditionView
)


class Snapshot(msgspec.Struct, frozen=True, tag="snapshot", kw_only=True):
    """All keys at ``revision``; replaces what the client had."""

    revision: int
    state: dict[str, StateValue]


class Delta(msgspec.Struct, frozen=True, tag="delta", kw_only=True):
    """Changes from ``previous`` to ``revision``."""

    previous: int
    revision: int
    put: dict[str, StateValue]
    remove: list[str]


StateMessage = Snapshot | Delta
