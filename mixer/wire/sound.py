"""Intent for sound beyond its inputs and outputs: who is heard where, and how.

Every resource here stands for something that lasts while it is held: a talkback
key pressed, a tone, a group forced open. Removing it ends it. Fades take 150 ms
unless said otherwise; none of these is needed for a conference to be heard.
"""

from __future__ import annotations

import msgspec

from .ids import GroupId, PublicationId


class Talkback(msgspec.Struct, frozen=True, tag="talkback", kw_only=True):
    """A source speaks to some groups' returns, over their programme ducked by 12 dB.

    ``source`` is the publication of a `SoundSource` (muted or not: pressing the key
    opens it). While this is held the source is neither in the programme nor in any
    other return, whether its group is on air or not. An unknown source is silence.
    """

    source: PublicationId
    groups: tuple[GroupId, ...]

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"talkback/{self.source}"


class ListenIn(msgspec.Struct, frozen=True, tag="listen_in", kw_only=True):
    """One return carries one group as it comes in, on air or not, heard by nobody else.

    The rest of that return is ducked by 12 dB meanwhile. ``publication`` is that of a
    `SoundReturn`; a desk that otherwise takes the programme needs a return of its
    own for this (``minus`` of a group without sources is the programme's sound).
    """

    publication: PublicationId
    group: GroupId

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"listen_in/{self.publication}"


class IdentificationTone(msgspec.Struct, frozen=True, tag="identification_tone", kw_only=True):
    """1 kHz at -18 dBFS in place of all else on one output.

    ``publication`` is that of a `SoundReturn`, or `SoundProgramme.opus` (then AAC and
    ``clean`` returns carry it too).
    """

    publication: PublicationId

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"identification_tone/{self.publication}"


class AudibleOverride(msgspec.Struct, frozen=True, tag="audible_override", kw_only=True):
    """A group is audible (``open``) or is not, whatever `OnAir` says."""

    group: GroupId
    open: bool

    @property
    def key(self) -> str:
        """Unique among the resources of a worker."""
        return f"audible_override/{self.group}"


class SoundPanic(msgspec.Struct, frozen=True, tag="sound_panic", kw_only=True):
    """All outputs are silent, from the next tick on and at once; they go on being sent.

    Talkback, listen-in and tones are silenced too. Removing it fades everything in.
    """

    @property
    def key(self) -> str:
        """One, or none."""
        return "sound_panic"


class SoundFeatures(msgspec.Struct, frozen=True, tag="sound_features", kw_only=True):
    """What sound does besides mixing. Without this resource the defaults hold."""

    drift_correction: bool = True
    """Follow senders' clocks by resampling; off, the position jumps now and then."""
    true_peak: bool = True
    """Limit peaks between samples (4 times oversampled) too, not only samples."""
    loudness: bool = True
    """Measure the programme by EBU R128 and send `LoudnessReport`."""
    loudness_target_lufs: float | None = None
    """Bring the programme slowly to this short-term loudness (-40 to -10; needs ``loudness``)."""
    loudness_period: int = 0
    """Integrated loudness begins anew whenever this number changes."""
    echo_watch: bool = True
    """Look for sites that send back what they hear (condition ``sound.echo``)."""
    echo_duck: bool = False
    """Duck a group by 12 dB everywhere as long as it is found to send back what it hears."""
    meters_per_s: int = 5
    """`LevelReport`s a second: 1 to 25."""

    @property
    def key(self) -> str:
        """One per worker."""
        return "sound_features"


SoundResource = (
    Talkback | ListenIn | IdentificationTone | AudibleOverride | SoundPanic | SoundFeatures
)
