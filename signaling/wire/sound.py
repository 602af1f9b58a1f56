"""Sound as pages see it and direct it: requests, state, levels."""

from __future__ import annotations

import msgspec

# --- requests -------------------------------------------------------------------


class SetSeatSound(
    msgspec.Struct, frozen=True, tag="set_seat_sound", kw_only=True, forbid_unknown_fields=True
):
    """How one seat sounds and what it hears; what is left out stays. Answered by `Done`.

    ``gain_db`` -60 to 20, ``pan`` -1 (left) to 1, ``delay_ms`` 0 to 500, ``high_pass_hz`` 0 (off)
    or 20 to 1000. ``audible``: ``auto`` (as on air), ``open`` or ``closed``. ``hears``: ``minus``
    (everyone else), ``clean`` (the programme, oneself in it), ``other_hall`` or ``off``.
    """

    seat: str
    gain_db: float | None = None
    muted: bool | None = None
    pan: float | None = None
    delay_ms: float | None = None
    high_pass_hz: float | None = None
    audible: str | None = None
    hears: str | None = None


class Talk(msgspec.Struct, frozen=True, tag="talk", kw_only=True):
    """Hold to talk: this device's track ``talkback`` (see `Publish`) is heard by these seats,
    over their return ducked by 12 dB, and by nobody else. No seats: let go. Letting go, leaving
    and a lost connection end it. Answered by `Done`.
    """

    seats: list[str]


class ListenIn(msgspec.Struct, frozen=True, tag="listen_in", kw_only=True):
    """Hear one seat in this desk's own return, on air or not; an empty seat ends it.

    A desk receives its return beside the programme by `Subscribe` ``monitor``. Answered by `Done`.
    """

    seat: str


class SetTone(msgspec.Struct, frozen=True, tag="set_tone", kw_only=True):
    """An identification tone in place of all else. ``output``: a seat, or ``programme``.
    Answered by `Done`.
    """

    output: str
    on: bool


class CutSound(msgspec.Struct, frozen=True, tag="cut_sound", kw_only=True):
    """Panic: all sound of all outputs is silent at once, and they go on. ``cut`` false brings it
    back. Answered by `Done`.
    """

    cut: bool


class SetLoudness(msgspec.Struct, frozen=True, tag="set_loudness", kw_only=True):
    """Bring the programme slowly to ``target_lufs`` (-40 to -10; None: leave it as it is).
    ``restart``: integrated loudness begins anew. Answered by `Done`.
    """

    target_lufs: float | None
    restart: bool = False


class SetEchoDuck(msgspec.Struct, frozen=True, tag="set_echo_duck", kw_only=True):
    """Whether a seat that sends back what it hears is ducked by itself. Answered by `Done`."""

    on: bool


class WatchLevels(msgspec.Struct, frozen=True, tag="watch_levels", kw_only=True):
    """Ask for `Levels`, at most ``per_s`` times a second: 1 to 25, or 0 to end it. It ends with
    the connection. Answered by `Done`.
    """

    per_s: int


SoundRequest = (
    SetSeatSound | Talk | ListenIn | SetTone | CutSound | SetLoudness | SetEchoDuck | WatchLevels
)


# --- state ----------------------------------------------------------------------


class SoundView(msgspec.Struct, frozen=True, tag="sound", kw_only=True):
    """What holds for all sound. ``tones``: seats, or ``programme``. ``talking`` and
    ``listening`` are by the desk that does it: the seats it talks to, the seat it listens to.
    """

    cut: bool
    target_lufs: float | None
    echo_duck: bool
    tones: list[str]
    talking: dict[str, list[str]]
    listening: dict[str, str]


class SeatSoundView(msgspec.Struct, frozen=True, tag="seat_sound", kw_only=True):
    """How a seat sounds and what it hears; see `SetSeatSound`."""

    seat: str
    gain_db: float
    muted: bool
    pan: float
    delay_ms: float
    high_pass_hz: float
    audible: str
    hears: str


# --- levels ---------------------------------------------------------------------


class SeatLevel(msgspec.Struct, frozen=True, kw_only=True):
    """Of the loudest microphone of a seat, in dBFS behind gain; -120 is silence."""

    peak_db: float
    rms_db: float
    clipped: bool


class Loudness(msgspec.Struct, frozen=True, kw_only=True):
    """The programme by EBU R128; -120 is silence."""

    momentary_lufs: float
    short_lufs: float
    integrated_lufs: float
    true_peak_db: float
    gain_db: float
    """By which it is brought to its target."""
    reduction_db: float
    """What the limiter takes away now."""


class Levels(msgspec.Struct, frozen=True, kw_only=True):
    """Event ``levels``: the newest figures, to those who asked by `WatchLevels`. Never queued:
    a page that reads slowly gets fewer.
    """

    v: int
    seats: dict[str, SeatLevel]
    loudness: Loudness | None
