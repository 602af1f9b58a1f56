"""Requests, answers and notices. See `signaling.wire` for the envelope."""

from __future__ import annotations

import msgspec

from .directing import (
    Auto,
    BackToLastGood,
    CueClip,
    Freeze,
    LoopClip,
    Panic,
    PlayClip,
    PreviewCue,
    SetCallIn,
    SetGraphics,
    SetLayout,
    SetQuestion,
    SetSource,
    SetStrap,
    SetTransition,
    StopClip,
    TakeScene,
)
from .sound import (
    CutSound,
    ListenIn,
    SetEchoDuck,
    SetLoudness,
    SetSeatSound,
    SetTone,
    Talk,
    WatchLevels,
)
from .state import CaptionView, SceneView
from .tiles import TilesOffered, WatchSites

WIRE_VERSION = 1


class ConnectAuth(msgspec.Struct, frozen=True, kw_only=True):
    """``auth`` of the Socket.IO connection. A refused connection gets an
    `ErrorEnvelope` as ``connect_error`` data.

    ``device``: main, camera2, slides, screen or encoder. ``resume`` is the secret of
    `Joined`; an unknown one is ignored (the page joins again). ``locale``: zh-CN or en.
    """

    token: str
    device: str = "main"
    resume: str = ""
    locale: str = "zh-CN"


# --- requests -----------------------------------------------------------------


class Join(msgspec.Struct, frozen=True, tag="join", kw_only=True, forbid_unknown_fields=True):
    """Sit down at the seat of the link. Answered by `Joined`.

    Error ``seat.taken`` when another device of this kind sits there; ask again
    with ``take_over``. Devices that only watch join with both flags false.
    """

    has_audio: bool
    has_video: bool
    take_over: bool = False


class Leave(msgspec.Struct, frozen=True, tag="leave", kw_only=True):
    """Stand up. Answered by `Done`."""


class PublishTrack(msgspec.Struct, frozen=True, kw_only=True):
    """An m-line of the offer. ``source``: camera, microphone, slides; or talkback, which is
    heard only where `Talk` says, is not recorded, and needs ``talk_back`` (the others ``publish``).
    """

    mid: str
    kind: str
    source: str
    rids: list[str] = []
    """Layers of a picture that is sent in several sizes at once (RFC 8853), the smallest first."""


class Publish(msgspec.Struct, frozen=True, tag="publish", kw_only=True):
    """An SDP offer with tracks to send. Answered by `Published`. A new offer of the
    same device (ICE restart, other tracks) replaces the one before.
    """

    sdp: str
    tracks: list[PublishTrack]


class Subscribe(msgspec.Struct, frozen=True, tag="subscribe", kw_only=True):
    """Ask for the programme. Answered by `Offered` (an SDP offer by the server).

    ``sound``: ``return`` (programme minus this seat), ``programme``, ``monitor`` (two tracks:
    the programme, then this desk's return, which carries `ListenIn`) or ``none``.
    ``layer``: the most that is of use, see `PreferLayer`. ``decodes``: the video codecs the page
    shows (``h264``, ``vp8``); empty for all. Without ``h264`` the programme
    comes as VP8. ``clean``: without captions, where there is H.264. ``restart``: the connection
    that this device has is offered again with other ICE credentials, so that another path is found.
    """

    picture: bool = True
    sound: str = "return"
    layer: str = "auto"
    decodes: list[str] = []
    clean: bool = False
    restart: bool = False


class PreferLayer(
    msgspec.Struct, frozen=True, tag="prefer_layer", kw_only=True, forbid_unknown_fields=True
):
    """The programme's picture is shown larger or smaller than before: ``main``, ``low`` (no more
    than 640x360 is of use) or ``auto`` (as ``main``). Answered by `Done`. The connection stays;
    a line too narrow for ``main`` gets ``low``, or sound alone, whatever is preferred.
    """

    layer: str


class SubscribeAnswer(msgspec.Struct, frozen=True, tag="subscribe_answer", kw_only=True):
    """The browser's answer to `Offered`. Answered by `Done`."""

    peer: int
    sdp: str


class Mute(msgspec.Struct, frozen=True, tag="mute", kw_only=True):
    """Tell that this device muted or opened a kind (``audio`` or ``video``)."""

    kind: str
    muted: bool


class GetState(msgspec.Struct, frozen=True, tag="get_state", kw_only=True):
    """Answered by `Done`; a snapshot follows as ``state``."""


class SetPreview(msgspec.Struct, frozen=True, tag="set_preview", kw_only=True):
    """Director: put a scene in preview. Answered by `Done`. ``cue``: the step of the rundown it was
    made of, if any; taken, that is the current one.
    """

    scene: SceneView
    cue: str = ""


class Take(msgspec.Struct, frozen=True, tag="take", kw_only=True):
    """Director: preview goes on air by ``cut`` or ``dissolve``, which lasts ``duration_ms`` (40
    to 5000; 0: 600). Answered by `Taken`.
    """

    transition: str = "cut"
    duration_ms: int = 0


class SetCaption(msgspec.Struct, frozen=True, tag="set_caption", kw_only=True):
    """Director: change only the lower third on air (None: away). Answered by `Taken`."""

    caption: CaptionView | None = None


class GoCue(msgspec.Struct, frozen=True, tag="go_cue", kw_only=True):
    """Director: put a step of the rundown on air, by ``cut`` or ``dissolve`` as `Take`. Answered by
    `Taken`.
    """

    cue: str
    transition: str = "cut"
    duration_ms: int = 0


class StartRecording(msgspec.Struct, frozen=True, tag="start_recording", kw_only=True):
    """Answered by `RecordingStarted`."""

    title: str = ""


class StopRecording(msgspec.Struct, frozen=True, tag="stop_recording", kw_only=True):
    """Answered by `Done`; state ``recording`` tells finalising, then verified."""


class MovePhase(msgspec.Struct, frozen=True, tag="move_phase", kw_only=True):
    """Move the event to another phase of its life cycle. Answered by `Done`."""

    phase: str


class ListLinks(msgspec.Struct, frozen=True, tag="list_links", kw_only=True):
    """Answered by `Links`."""


class RevokeLink(msgspec.Struct, frozen=True, tag="revoke_link", kw_only=True):
    """Withdraw a link; whoever came by it is disconnected. Answered by `Done`."""

    link: str


RequestBody = (
    Join
    | Leave
    | Publish
    | Subscribe
    | PreferLayer
    | SubscribeAnswer
    | Mute
    | GetState
    | SetPreview
    | Take
    | SetCaption
    | GoCue
    | StartRecording
    | StopRecording
    | MovePhase
    | ListLinks
    | RevokeLink
    | Freeze
    | Panic
    | BackToLastGood
    | SetQuestion
    | SetGraphics
    | Auto
    | SetTransition
    | TakeScene
    | SetLayout
    | SetSource
    | SetCallIn
    | SetStrap
    | PreviewCue
    | CueClip
    | PlayClip
    | StopClip
    | LoopClip
    | SetSeatSound
    | Talk
    | ListenIn
    | SetTone
    | CutSound
    | SetLoudness
    | SetEchoDuck
    | WatchLevels
    | WatchSites
)


class RequestEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """``v`` must be `WIRE_VERSION`; ``id`` is the client's, growing."""

    v: int
    id: int
    body: RequestBody


# --- answers --------------------------------------------------------------------


class Done(msgspec.Struct, frozen=True, tag="done", kw_only=True):
    """Accepted and carried out."""


class Joined(msgspec.Struct, frozen=True, tag="joined", kw_only=True):
    """``resume`` is a secret by which this device comes back within 30 s
    (``auth.resume`` of the next connection) and keeps seat and publications.
    """

    device: int
    resume: str


class PublishedTrack(msgspec.Struct, frozen=True, kw_only=True):
    """Which publication an m-line became."""

    mid: str
    publication: int


class Published(msgspec.Struct, frozen=True, tag="published", kw_only=True):
    """The SDP answer."""

    peer: int
    sdp: str
    publications: list[PublishedTrack]


class Offered(msgspec.Struct, frozen=True, tag="offered", kw_only=True):
    """The SDP offer; answer with `SubscribeAnswer` for the same peer."""

    peer: int
    sdp: str


class Taken(msgspec.Struct, frozen=True, tag="taken", kw_only=True):
    """On air from session time ``at_ms`` as programme revision ``revision``. It is answered when
    picture told the first programme ``frame`` that shows it, so later requests may be answered
    before; -1 when picture is away or did not tell in time (state ``programme`` tells it then).
    """

    revision: int
    at_ms: int
    frame: int = -1


class RecordingStarted(msgspec.Struct, frozen=True, tag="recording_started", kw_only=True):
    """``session`` is the archive's name of the recording."""

    session: str


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """A link that may be handed out."""

    id: str
    seat: str
    name: str
    role: str
    url: str
    expires: str
    """RFC 3339."""


class Links(msgspec.Struct, frozen=True, tag="links", kw_only=True):
    """All links that are valid now."""

    links: list[LinkView]


AnswerBody = Done | Joined | Published | Offered | TilesOffered | Taken | RecordingStarted | Links


class AnswerEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """Event ``answer``."""

    v: int
    id: int
    body: AnswerBody


class ErrorEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """Event ``error``. ``error`` is an id of the catalogue; text and cure are in the
    language of the connection. ``id`` is -1 when no request caused it.
    """

    v: int
    id: int
    error: str
    kind: str
    text: str
    cure: str
    values: dict[str, str]


# --- notices ----------------------------------------------------------------------


class Reconnect(msgspec.Struct, frozen=True, tag="reconnect", kw_only=True):
    """Make a direction anew (``publish`` or ``subscribe``): media restarted, or what
    this device receives changed.
    """

    direction: str
    reason: str


class Gone(msgspec.Struct, frozen=True, tag="gone", kw_only=True):
    """This device no longer sits here: ``taken_over``, ``revoked``, ``ended``.
    The server disconnects afterwards; the page does not come back by itself.
    """

    reason: str


class PublishLayers(msgspec.Struct, frozen=True, tag="publish_layers", kw_only=True):
    """Which layers of the picture on m-line ``mid`` somebody takes, the lowest is 0. The page
    pauses the others, and sends them again at once when told. Told on change and when a device
    comes back; until it is told everything is sent. It may come before the answer `Published`.
    """

    publication: int
    mid: str
    layers: list[int]


NoticeBody = Reconnect | Gone | PublishLayers


class NoticeEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """Event ``notice``."""

    v: int
    body: NoticeBody
