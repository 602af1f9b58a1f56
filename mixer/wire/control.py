"""The control channel: what the server asks of workers and what they report.

One Unix stream socket per worker, opened by the worker; length-prefixed
msgpack. A worker says `Hello` first; the server answers with `Welcome` or
closes. Afterwards the server sends `Request`s and the worker answers each with
one `Answer` of the same id, in any order; the worker sends `Report`s at will.
"""

from __future__ import annotations

import msgspec

from .ids import MediaKind, PeerId, PublicationId, SubscriptionId, WorkerKind
from .resources import Resource

CONTROL_VERSION = 1
MAX_MESSAGE_BYTES = 8 * 1024 * 1024


# --- worker -> server: greeting ---------------------------------------------


class Hello(msgspec.Struct, frozen=True, tag="hello", kw_only=True):
    """First message of a worker; ``observed`` is all it holds right now."""

    version: int
    kind: WorkerKind
    epoch: int
    pid: int
    observed: tuple[Resource, ...]


class Welcome(msgspec.Struct, frozen=True, tag="welcome", kw_only=True):
    """The server accepts the worker."""

    version: int


# --- server -> worker: requests ---------------------------------------------


class Apply(msgspec.Struct, frozen=True, tag="apply", kw_only=True):
    """Bring what is held to what is wanted: removals first, then puts, in order."""

    remove: tuple[str, ...] = ()
    put: tuple[Resource, ...] = ()


class Observe(msgspec.Struct, frozen=True, tag="observe", kw_only=True):
    """Answered by `Observed`; asked after a refused `Apply`."""


class NegotiateReceive(msgspec.Struct, frozen=True, tag="negotiate_receive", kw_only=True):
    """A browser's offer to publish; answered by `Description` (an SDP answer)."""

    peer: PeerId
    sdp: str


class NegotiateSend(msgspec.Struct, frozen=True, tag="negotiate_send", kw_only=True):
    """Make the offer for all subscriptions of a peer; answered by `Description`.

    With ``restart`` it has other ICE credentials, whatever media knows of the path.
    """

    peer: PeerId
    restart: bool = False


class FinishSend(msgspec.Struct, frozen=True, tag="finish_send", kw_only=True):
    """The browser's answer to the offer of `NegotiateSend`; answered by `Done`."""

    peer: PeerId
    sdp: str


class AnswerSend(msgspec.Struct, frozen=True, tag="answer_send", kw_only=True):
    """A player's offer to receive (WHEP), once per peer; answered by `Description` (an answer).

    Its m-lines are given to the subscriptions of the peer, in order, by kind.
    """

    peer: PeerId
    sdp: str


class RestartIce(msgspec.Struct, frozen=True, tag="restart_ice", kw_only=True):
    """The other end has new ICE credentials and so do we; answered by `Description` with a
    fragment (RFC 8840 section 9) instead of a whole description. Keys and streams stay.
    """

    peer: PeerId
    ufrag: str
    password: str


class RequestKeyframe(msgspec.Struct, frozen=True, tag="request_keyframe", kw_only=True):
    """Ask the publisher of a layer for a key frame (throttled by media)."""

    publication: PublicationId
    layer: int = 0


class FinishSession(msgspec.Struct, frozen=True, tag="finish_session", kw_only=True):
    """Recorder: close, finalise and verify a session; answered by `Done` at once,
    then `RecordingState` reports tell the progress.
    """

    session: int


class ReadMetrics(msgspec.Struct, frozen=True, tag="read_metrics", kw_only=True):
    """Answered by `Metrics`."""


class Stop(msgspec.Struct, frozen=True, tag="stop", kw_only=True):
    """Close everything in order and exit within ``deadline_s``."""

    deadline_s: float


Command = (
    Apply
    | Observe
    | NegotiateReceive
    | NegotiateSend
    | FinishSend
    | AnswerSend
    | RestartIce
    | RequestKeyframe
    | FinishSession
    | ReadMetrics
    | Stop
)


class Request(msgspec.Struct, frozen=True, tag="request", kw_only=True):
    """A command with an id that its answer repeats."""

    id: int
    command: Command


# --- worker -> server: answers ----------------------------------------------


class Done(msgspec.Struct, frozen=True, tag="done", kw_only=True):
    """The command took effect."""


class Observed(msgspec.Struct, frozen=True, tag="observed", kw_only=True):
    """All resources held right now."""

    resources: tuple[Resource, ...]


class Description(msgspec.Struct, frozen=True, tag="description", kw_only=True):
    """A session description for the browser.

    ``mids`` tells, for an offer, which m-line carries which subscription.
    """

    sdp: str
    mids: dict[str, SubscriptionId] = {}


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One sample in Prometheus' terms; the name begins ``lianxian_<process>_``."""

    name: str
    value: float
    labels: dict[str, str] = {}
    kind: str = "counter"
    help: str = ""


class Metrics(msgspec.Struct, frozen=True, tag="metrics", kw_only=True):
    """All samples of one worker."""

    samples: tuple[Metric, ...]


class Failure(msgspec.Struct, frozen=True, tag="failure", kw_only=True):
    """The command was refused; ``error`` is a stable id such as ``sdp.no_fingerprint``."""

    error: str
    text: str


Outcome = Done | Observed | Description | Metrics | Failure


class Answer(msgspec.Struct, frozen=True, tag="answer", kw_only=True):
    """Exactly one per request."""

    id: int
    outcome: Outcome


# --- worker -> server: reports ----------------------------------------------


class PeerState(msgspec.Struct, frozen=True, tag="peer_state", kw_only=True):
    """``new``, ``connecting``, ``connected``, ``disconnected`` (consent lost, may
    come back), ``closed`` (told by the peer or given up).
    """

    peer: PeerId
    state: str
    reason: str = ""


class PublicationState(msgspec.Struct, frozen=True, tag="publication_state", kw_only=True):
    """Whether packets flow on a publication (change only, 2 s without = stalled)."""

    publication: PublicationId
    kind: MediaKind
    flowing: bool
    codec: str = ""


class PeerQuality(msgspec.Struct, frozen=True, tag="peer_quality", kw_only=True):
    """Once a second per connected peer that changed; loss of the last second."""

    peer: PeerId
    rtt_ms: float
    loss_fraction: float
    jitter_ms: float
    bitrate: float
    estimate_bps: float = 0.0
    """What the way to a ``send`` peer is believed to carry; 0: not known."""
    narrowed: dict[SubscriptionId, int] = {}
    """Pictures of which less than is preferred goes out, as that way is known to carry no more:
    the layer, -1 for none. Sound is never less."""


class ActiveSpeaker(msgspec.Struct, frozen=True, tag="active_speaker", kw_only=True):
    """Media, on change: whose microphone is the active one; 0 before anybody spoke."""

    publication: PublicationId


class LayersTaken(msgspec.Struct, frozen=True, tag="layers_taken", kw_only=True):
    """Media, on change: which layers of a browser's publication somebody takes.

    The publisher may pause the others.
    """

    publication: PublicationId
    layers: tuple[int, ...]


class LevelReport(msgspec.Struct, frozen=True, tag="levels", kw_only=True):
    """Sound, 5 a second unless `SoundFeatures` says else: dBFS per source publication.

    Taken behind gain and high-pass, muted or not, since the report before; -120 is silence.
    """

    levels_db: dict[PublicationId, float]
    """Peak."""
    rms_db: dict[PublicationId, float] = {}
    clipped: tuple[PublicationId, ...] = ()
    """Sources that came in with samples at full scale."""


class LoudnessReport(msgspec.Struct, frozen=True, tag="loudness", kw_only=True):
    """Sound, 10 a second: the programme by EBU R128 (ITU-R BS.1770-5); -120 is silence."""

    momentary_lufs: float
    """Of the last 400 ms."""
    short_lufs: float
    """Of the last 3 s."""
    integrated_lufs: float
    """Since the programme began, or `SoundFeatures.loudness_period` changed; gated."""
    true_peak_db: float
    """Highest since the report before, in dBTP; behind the limiter."""
    gain_db: float = 0.0
    """By which the programme is brought to its target."""
    reduction_db: float = 0.0
    """What the programme's limiter takes away now, 0 or more."""


class DelayReport(msgspec.Struct, frozen=True, tag="delays", kw_only=True):
    """Sound, on change of at least 5 ms: capture-to-mix delay per source."""

    delays_ns: dict[PublicationId, int]


class SceneApplied(msgspec.Struct, frozen=True, tag="scene_applied", kw_only=True):
    """Picture: the scene of this revision is on air from this frame on."""

    revision: int
    frame: int
    at_ns: int = 0
    """Session time of that frame."""


class PreviewReady(msgspec.Struct, frozen=True, tag="preview_ready", kw_only=True):
    """Picture, on change: whether every source of the scene in preview that sends has a picture.

    A take of it then needs no wait.
    """

    revision: int
    ready: bool


class ClipState(msgspec.Struct, frozen=True, tag="clip_state", kw_only=True):
    """Picture, on change and once a second while it plays: what becomes of a `Clip`.

    ``state``: cued, playing, ended (by its end or by damage, told in ``text``), refused. A ``text``
    of ``picture.clip_hung`` stands for a file of which a read or its decoding hangs.
    """

    seat: str
    file: str
    state: str
    position_ms: int = 0
    duration_ms: int = 0
    """As far as known; 0 for a still."""
    text: str = ""


class RecordingState(msgspec.Struct, frozen=True, tag="recording_state", kw_only=True):
    """Recorder, once a second while recording and at each change.

    ``state``: recording, finalising, verified, failed.
    """

    session: int
    state: str
    duration_ms: int
    files: int
    size_bytes: int
    hours_left: float
    text: str = ""


class Condition(msgspec.Struct, frozen=True, tag="condition", kw_only=True):
    """Something true or no longer true that a person may need to know.

    ``id`` is stable (``disk.low``, ``sound.late``); ``subject`` says of what. For
    ``sound.echo`` it is the group id, with ``delay_ms`` (from its return to what it
    sends back) and ``level_db`` (of that against what it was sent).
    """

    id: str
    subject: str
    active: bool
    values: dict[str, str] = {}


Event = (
    PeerState
    | PublicationState
    | PeerQuality
    | ActiveSpeaker
    | LayersTaken
    | LevelReport
    | LoudnessReport
    | DelayReport
    | SceneApplied
    | PreviewReady
    | ClipState
    | RecordingState
    | Condition
)


class Report(msgspec.Struct, frozen=True, tag="report", kw_only=True):
    """An event without an answer. Lost if the server is away; state is re-told in
    `Hello` and by the periodic reports.
    """

    event: Event


ToServer = Hello | Answer | Report
ToWorker = Welcome | Request


class ControlError(Exception):
    """A command that a worker refuses; becomes `Failure` on the wire."""

    def __init__(self, error: str, text: str) -> None:
        """``error`` is a stable id, ``text`` one sentence for the log."""
        super().__init__(f"{error}: {text}")
        self.error = error
        self.text = text
