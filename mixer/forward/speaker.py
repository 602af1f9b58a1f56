"""Who speaks: by the levels that publishers tell with their packets (RFC 6464). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mixer.forward.readings import AudioLevel

LOUD: Final = 50.0
"""-dBov: what is quieter is a room, not a voice."""
VOICED: Final = 0.5
"""Share of packets with the voice flag, of a publisher that ever sets it."""
WORDS_NS: Final = 400_000_000
"""Pauses between words do not end a speech."""
BEGINS_NS: Final = 500_000_000
"""A cough or a pushed chair is shorter."""
ENDED_NS: Final = 1_000_000_000
"""After so much silence of the active one, another may follow at once."""
LOUDER_DB: Final = 6.0
INSISTS_NS: Final = 2_500_000_000
"""While the active one goes on, another has to be louder by that for so long."""
HOLD_NS: Final = 1_500_000_000
"""Nobody is active for less: a cut to a face and back shows neither."""
SMOOTHING: Final = 0.2
_SILENCE_DB: Final = -127.0


class _Voice:
    """One microphone."""

    __slots__ = ("flags", "level_db", "louder_since_ns", "since_ns", "spoke_ns")

    def __init__(self) -> None:
        self.level_db = _SILENCE_DB
        self.since_ns = -1
        """When the speech began, -1: silent."""
        self.spoke_ns = -1
        self.louder_since_ns = -1
        self.flags = False

    def hear(self, told: AudioLevel | None, now_ns: int) -> None:
        if told is not None and self._is_voice(told):
            first = self.since_ns < 0
            self.since_ns = now_ns if first else self.since_ns
            self.spoke_ns = now_ns
            level = -told.mean
            self.level_db = level if first else self.level_db + SMOOTHING * (level - self.level_db)
        elif self.since_ns >= 0 and now_ns - self.spoke_ns > WORDS_NS:
            self.since_ns = self.louder_since_ns = -1
            self.level_db = _SILENCE_DB

    def _is_voice(self, told: AudioLevel) -> bool:
        self.flags = self.flags or told.voiced > 0
        flagged = not self.flags or told.voiced >= VOICED * told.packets
        return told.loudest < LOUD and flagged


class SpeakerWatch:
    """Follows all microphones; give it their readings some ten times a second."""

    def __init__(self) -> None:
        self._voices: dict[int, _Voice] = {}
        self.active = -1
        """In-stream of who spoke last, -1 before anybody did."""
        self._since_ns = -1

    def hear(self, levels: Iterable[AudioLevel], now_ns: int) -> bool:
        """Take one reading; a microphone that told nothing is silent. True: another is active."""
        told = {level.stream: level for level in levels}
        for stream in told.keys() - self._voices.keys():
            self._voices[stream] = _Voice()
        for stream, voice in self._voices.items():
            voice.hear(told.get(stream), now_ns)
        found = self._next(now_ns)
        silent = [
            stream
            for stream, voice in self._voices.items()
            if voice.since_ns < 0 and stream != self.active and stream not in told
        ]
        for stream in silent:
            del self._voices[stream]
        if found < 0:
            return False
        self.active, self._since_ns = found, now_ns
        for voice in self._voices.values():
            voice.louder_since_ns = -1
        return True

    def _next(self, now_ns: int) -> int:
        """The in-stream that takes over now, -1 for none."""
        speaking = [
            (voice.level_db, stream)
            for stream, voice in self._voices.items()
            if stream != self.active
            and voice.since_ns >= 0
            and voice.spoke_ns - voice.since_ns >= BEGINS_NS
        ]
        if self.active < 0:
            return max(speaking)[1] if speaking else -1
        current = self._voices.get(self.active)
        is_over = current is None or (
            current.since_ns < 0 and now_ns - current.spoke_ns >= ENDED_NS
        )
        insisting = [entry for entry in speaking if is_over or self._insists(entry[1], now_ns)]
        if not insisting or now_ns - self._since_ns < HOLD_NS:
            return -1
        return max(insisting)[1]

    def _insists(self, stream: int, now_ns: int) -> bool:
        voice, current = self._voices[stream], self._voices[self.active]
        if voice.level_db < current.level_db + LOUDER_DB:
            voice.louder_since_ns = -1
            return False
        if voice.louder_since_ns < 0:
            voice.louder_since_ns = now_ns
        return now_ns - voice.louder_since_ns >= INSISTS_NS
