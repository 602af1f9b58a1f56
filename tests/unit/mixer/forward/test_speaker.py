"""Each row is a scene: who says what how loud, and who is the active one when.

A line of a scene gives one microphone's voice, 100 ms a character: a digit is the level in
tens of -dBov (3: -30 dBov, a voice; 6: -60 dBov, a room), a letter is a level without the voice
flag (c: -30 dBov), a space is no packet at all.
"""

from __future__ import annotations

import pytest

from mixer.forward.readings import AudioLevel
from mixer.forward.speaker import SpeakerWatch

STEP_NS = 100_000_000
PACKETS = 5


def reading(stream: int, character: str) -> AudioLevel | None:
    if character == " ":
        return None
    voiced = PACKETS if character.isdigit() else 0
    level = int(character) * 10 if character.isdigit() else (ord(character) - ord("a") + 1) * 10
    return AudioLevel(stream, PACKETS, float(level), level, voiced)


def active(*voices: str) -> str:
    """Who is active after each reading: `-` nobody, else A, B, C."""
    watch = SpeakerWatch()
    found = ""
    for index in range(max(len(voice) for voice in voices)):
        levels = [
            told
            for stream, voice in enumerate(voices)
            if index < len(voice) and (told := reading(stream, voice[index])) is not None
        ]
        watch.hear(levels, (index + 1) * STEP_NS)
        found += "-" if watch.active < 0 else "ABC"[watch.active]
    return found


@pytest.mark.parametrize(
    ("voices", "expected"),
    [
        pytest.param(["6666666666"], "----------", id="a room is nobody"),
        pytest.param(["3333333333"], "-----AAAAA", id="half a second of voice makes a speaker"),
        pytest.param(["3333666666"], "----------", id="a cough does not"),
        pytest.param(["33366333333"], "-----AAAAAA", id="pauses between words are part of it"),
        pytest.param(
            ["3333333333" + "6" * 30], "-----" + "A" * 35, id="who spoke last stays in silence"
        ),
        pytest.param(["3333333333" + " " * 30], "-----" + "A" * 35, id="muted or gone likewise"),
        pytest.param(
            ["3" * 20 + "6" * 30, "6" * 25 + "3" * 25],
            "-----" + "A" * 25 + "B" * 20,
            id="after a second of silence the next follows when he has begun",
        ),
        pytest.param(
            ["3" * 20 + "6" * 30, "6" * 10 + "3" * 40],
            "-----" + "A" * 24 + "B" * 21,
            id="who spoke already follows a second after the silence",
        ),
        pytest.param(
            ["3" * 50, "6" * 10 + "3" * 40], "-----" + "A" * 45, id="interrupting is not enough"
        ),
        pytest.param(
            ["3" * 60, "6" * 10 + "2" * 50],
            "-----" + "A" * 35 + "B" * 20,
            id="unless one is louder for two and a half seconds",
        ),
        pytest.param(
            ["3" * 60, "6" * 10 + "2222222222222222222233222222222222222222222222222222"],
            "-----" + "A" * 35 + "B" * 22,
            id="a softer word in between does not count, for levels are smoothed",
        ),
        pytest.param(
            ["3" * 8 + "6" * 30, "6" * 9 + "3" * 30],
            "-----" + "A" * 15 + "B" * 19,
            id="nobody is active for less than one and a half seconds",
        ),
        pytest.param(
            ["4" * 30, "2" * 30], "-----" + "B" * 25, id="of two that begin the louder one"
        ),
        pytest.param(
            ["3" + "c" * 40], "-" * 41, id="noise without the flag is no voice where flags are set"
        ),
        pytest.param(
            ["c" * 20], "-----" + "A" * 15, id="where they never are the level alone decides"
        ),
        pytest.param(
            ["3" * 20 + " " * 30, " " * 25 + "3" * 25],
            "-----" + "A" * 25 + "B" * 20,
            id="microphones that come and go",
        ),
    ],
)
def test_who_is_active(voices: list[str], expected: str) -> None:
    assert active(*voices) == expected


def test_microphones_that_are_gone_are_forgotten() -> None:
    watch = SpeakerWatch()
    for stream in range(1000):
        told = reading(stream, "6")
        assert told is not None
        watch.hear([told], stream * STEP_NS)
    assert len(watch._voices) <= 2
