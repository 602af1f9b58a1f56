"""The state that pages see: a flat map of keys to values, with a revision.

Keys: ``you``, ``event``, ``programme``, ``rundown``, ``clip``, ``recording``, ``sound``,
``seat/<seat>``, ``sound/<seat>`` and ``condition/<id>/<subject>``. A snapshot carries every key
the device may see; a delta what changed since the revision before. A client
that sees a gap in revisions asks for a snapshot (`GetState`).
"""

from __future__ import annotations

import msgspec

from .roles import Right, Role
from .sound import SeatSoundView, SoundView


class IceServerView(msgspec.Struct, frozen=True, kw_only=True):
    """A STUN or TURN server, in the shape of a browser's `RTCIceServer`."""

    urls: list[str]
    username: str = ""
    credential: str = ""


class You(msgspec.Struct, frozen=True, tag="you", kw_only=True):
    """Who this connection is."""

    seat: str
    role: Role
    device: int
    device_kind: str
    rights: list[Right]
    ice_servers: list[IceServerView] = []
    """By which media may come; the credentials are this connection's own and expire. Before they
    do others are told."""


class EventView(msgspec.Struct, frozen=True, tag="event", kw_only=True):
    """The event itself. ``phase``: draft, rehearsal, live, ended, archived."""

    slug: str
    title: str
    title_en: str
    phase: str
    session_time_ms: int
    """Session time at the moment the message was made."""


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """One direction of a device's way. ``cause``: measuring, good, no_packets, loss, delay,
    narrow, paused, reconnecting. ``grade``: 0 unknown, 1 bad to 5 very good.
    """

    cause: str = "measuring"
    grade: int = 0
    rtt_ms: float = 0.0
    loss_percent: float = 0.0
    """Before repair."""
    jitter_ms: float = 0.0
    bitrate_kbps: float = 0.0
    estimate_kbps: float = 0.0
    """What the way down is believed to carry; 0: not known."""
    picture: str = ""
    """What of the programme's picture the way down has room for, where that is less than is
    preferred: ``low``, or ``paused``."""
    paused_tiles: list[str] = []
    """Pictures of `WatchSites` that it has no room for."""


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    """A device at a seat. ``kind``: main, camera2, slides, screen, encoder, player (the
    last one only plays). ``connection``: joined, connecting, connected, reconnecting.
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
    up: LineView | None = None
    """What it sends; none for a device that sends nothing."""
    down: LineView | None = None


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
    """Tally: seen and heard in the programme."""
    in_preview: bool = False
    """Tally: comes next. Told to those who direct, and to the seat itself."""
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
    """A layout with sources in its slots: a seat for its main camera, ``seat/device/source`` such
    as ``beijing/slides/slides``, ``hall:a`` or ``hall:b`` (the first or second hall),
    ``hall:beijing``, ``speaker`` (who speaks and is in no other slot), ``call_in`` or ``clip``.
    With a slate nobody is seen or heard.
    """

    layout: str
    slots: list[str]
    caption: CaptionView | None = None
    strap: str = ""
    question: str = ""
    slate: SlateView | None = None


class TransitionView(msgspec.Struct, frozen=True, kw_only=True):
    """What `Auto` does; see `SetTransition`."""

    transition: str = "dissolve"
    duration_ms: int = 600
    swap: bool = False


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
    waiting: bool = False
    """A direct take waits for its first pictures; what was on air before still is."""
    sources_on_air: list[str] = []
    """What stands in the slots: ``speaker`` and the like as the seats they mean now."""
    sources_in_preview: list[str] = []
    seats_in_preview: list[str] = []
    preview_revision: int = 1
    """Grows with every change of preview."""
    preview_ready: bool = False
    """All sources in preview that send have a picture: a take finds them."""
    auto: TransitionView = TransitionView()
    speaker: str = ""
    """Who speaks, or spoke last; empty before anybody did."""
    call_in: str = ""
    """Whom ``call_in`` means; empty for nobody yet."""


class ClipView(msgspec.Struct, frozen=True, tag="clip", kw_only=True):
    """The clip that is the source ``clip``. ``state``: empty (no clip yet), cued, playing, ended,
    refused; ``text`` says why it ended early or was refused: ``picture.clip_hung``, or English.
    """

    file: str = ""
    state: str = ""
    loop: bool = False
    playing_since_ms: int = -1
    """Session time at which it began; -1 while it does not play."""
    position_ms: int = 0
    duration_ms: int = 0
    """As far as known; 0 for a still."""
    text: str = ""
    files: list[str] = []
    """What there is in ``<data>/clips``, in order of name."""


class CueView(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the rundown."""

    id: str
    title: str
    title_en: str
    scene: SceneView
    captions: list[CaptionView]
    """Name captions prepared for this step, to be put on air one by one."""


class RundownView(msgspec.Struct, frozen=True, tag="rundown", kw_only=True):
    """The cues in order. ``current``: the step that went on air last, whatever was taken since;
    empty before the first.
    """

    cues: list[CueView]
    current: str
    in_preview: str = ""
    """The step that preview was made of, or empty."""
    as_planned: bool = False
    """What is on air is the current step: its layout, slots and slate. Captions may differ."""


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
    | ClipView
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
