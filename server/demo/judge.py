"""The whole verdict on a recording: everything the checks need is read here, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import msgspec

from mixer.sound.opus import open_opus
from recorder.manifest import ManifestError, read_manifest
from recorder.verify import verify_session
from server.simulate.capture import read_capture

from .judge_picture import judge_pictures
from .judge_return import Return, decode_return, judge_returns
from .judge_sound import judge_step
from .judge_sync import Sync, beep_times, flash_times, judge_sync, pair
from .plan import FLASH_NUMBER, Step, windows_of
from .reading import RATE, Stretch, packet_times, read_pictures, read_sound, spacing
from .verdict import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from recorder.manifest import Manifest, ManifestFile

    from .plan import Window
    from .reading import Seen, Sound

FRAME_S = 0.04
AAC_UNIT_S = 1024 / RATE
MAX_MISSING_S = 3.0
"""Between start and stop of a recording its programme may lack this much: it begins with a
key frame and ends when the recorder hears of it.
"""
BEEP_REACH_S = 0.45


class Conference(msgspec.Struct, frozen=True, kw_only=True):
    """What was held, as the director knows it."""

    directory: Path
    """Of the recording."""
    captures: Path
    numbers: dict[str, int]
    """Each seat's number in its marks, in the event's order."""
    checks: tuple[Step, ...] = ()
    """The sound check before the recording."""
    steps: tuple[Step, ...]
    recorded_s: float
    origin_monotonic_s: float
    """CLOCK_MONOTONIC at session time 0."""
    taken_over: frozenset[str] = frozenset()
    late_share: float = 0.0
    """Of the programme's frames that were not composed in time."""


def judge_recording(conference: Conference) -> list[Row]:
    """All rows that come from the recording and the returns. Never raises for a bad one."""
    rows = [_verified(conference.directory)]
    try:
        manifest = read_manifest(conference.directory)
        programme = next(file for file in manifest.files if file.role == "programme")
        rows += _judge_programme(conference, manifest, programme)
    except ManifestError as error:
        return [*rows, _broken(f"{error.id}: {error}")]
    except StopIteration:
        return [*rows, _broken("the manifest names none")]
    except (av.FFmpegError, OSError, IndexError) as error:
        return [*rows, _broken(str(error))]
    steps = [*conference.checks, *conference.steps]
    return rows + judge_returns(
        steps, _returns(conference), conference.numbers, _ignored(conference)
    )


def _broken(text: str) -> Row:
    return Row(name="programme", value=f"cannot be read: {text}", limit="to be read", ok=False)


def _ignored(conference: Conference) -> frozenset[int]:
    return frozenset(conference.numbers[seat] for seat in conference.taken_over)


def _verified(directory: Path) -> Row:
    report = verify_session(directory)
    return Row(
        name="recording verified",
        value=report.summary,
        limit="files, lengths and hashes as in the manifest, all decoded",
        ok=report.ok,
        details={
            "directory": str(directory),
            "problems": [f"{one.id} {one.file}: {one.text}" for one in report.problems],
        },
    )


def _judge_programme(
    conference: Conference, manifest: Manifest, programme: ManifestFile
) -> list[Row]:
    path = conference.directory / programme.path
    start_s = manifest.started_ns / 1e9 + programme.start_ms / 1e3
    steps = conference.steps
    ignored = _ignored(conference)
    windows = windows_of(steps, conference.numbers)
    seen = read_pictures(path, start_s, windows, ignored)
    rows = [
        *_timing(seen, packet_times(path, "audio", start_s), conference.recorded_s),
        *judge_pictures(steps, seen.readings, conference.numbers),
    ]
    stretches = [Stretch(step.settled_s, step.over_s) for step in steps]
    sounds = read_sound(path, start_s, stretches)
    rows += [
        judge_step(step, sound.samples, RATE, conference.numbers, ignored)
        for step, sound in zip(steps, sounds, strict=False)
    ]
    if FLASH_NUMBER not in ignored:
        sounds = read_sound(path, start_s, sound_around(windows))
        rows += judge_lip_sync(windows, seen, sounds, conference.late_share)
    return rows


def _timing(seen: Seen, sound_times: Sequence[float], recorded_s: float) -> list[Row]:
    pictures = spacing(seen.frame_times, FRAME_S)
    units = spacing(sound_times, AAC_UNIT_S)
    lasts_s = pictures.units * FRAME_S
    return [
        Row(
            name="programme, pictures",
            value=f"{pictures.units}, {pictures.missing} missing, {pictures.uneven} off the grid",
            limit="one each 40 ms, no hole",
            ok=pictures.units > 0 and pictures.missing == 0 and pictures.uneven == 0,
        ),
        Row(
            name="programme, sound",
            value=f"{units.units} units, {units.missing} missing, {units.uneven} off the grid",
            limit="1024 samples each, no hole",
            ok=units.units > 0 and units.missing == 0 and units.uneven == 0,
        ),
        Row(
            name="programme, length",
            value=f"{lasts_s:.1f} s of {recorded_s:.1f} s recorded",
            limit=f"at most {MAX_MISSING_S:.0f} s less",
            ok=abs(recorded_s - lasts_s) <= MAX_MISSING_S,
        ),
    ]


def sound_around(windows: Sequence[Window]) -> list[Stretch]:
    """Where to listen for beeps: the windows that show the flashing hall, and a little more
    (less than lies between the windows of two steps).
    """
    return [
        Stretch(window.from_s - BEEP_REACH_S, window.until_s + BEEP_REACH_S)
        for window in windows
        if any(place.flash for place in window.places)
    ]


def judge_lip_sync(
    windows: Sequence[Window], seen: Seen, sounds: Iterable[Sound], late_share: float = 0.0
) -> list[Row]:
    """Flashes of all windows against the beeps around them."""
    beeps = [beep for sound in sounds for beep in beep_times(sound.samples, RATE, sound.start_s)]
    offsets: list[float] = []
    alone = 0
    for frames in seen.flashes:
        found = pair(flash_times(frames), beeps)
        offsets += found.offsets_ms
        alone += found.alone
    seen_s = sum(
        window.until_s - window.from_s
        for window in windows
        if any(place.flash for place in window.places)
    )
    return judge_sync(Sync(tuple(offsets), alone), seen_s, late_share)


def _returns(conference: Conference) -> dict[str, Return]:
    library = open_opus()
    returns = {}
    for seat in conference.numbers:
        path = conference.captures / f"{seat}.return"
        if path.exists():
            decoder = library.decoder()
            returns[seat] = decode_return(
                read_capture(path), decoder.decode, conference.origin_monotonic_s
            )
    return returns
