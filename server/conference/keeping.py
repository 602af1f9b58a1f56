"""What the conference writes to the store, by key."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING

import msgspec

from server.store import (
    audit,
    conditions,
    events,
    links,
    people,
    programme,
    recordings,
    sound,
    workers,
)
from server.store.audit import AuditRow

if TYPE_CHECKING:
    from mixer.wire.control import Condition
    from server.intent import Sitting
    from server.links import Link
    from server.session_clock import ClockOrigin
    from server.store.journal import Journal
    from signaling.phase import Phase
    from signaling.programme.state import ProgrammeState
    from signaling.recording import Mark, Recording
    from signaling.sound import SoundSettings

    from .caller import Caller

MAX_DETAIL = 2000


def text_of(value: object) -> str:
    """JSON as stored."""
    return msgspec.json.encode(value).decode()


def now_unix_ms() -> int:
    """Wall clock."""
    return time.time_ns() // 1_000_000


class Keeping:
    """Turns changes into rows for the journal."""

    def __init__(self, journal: Journal, event_id: int) -> None:
        self._journal = journal
        self._event = event_id
        self._soon: dict[str, AuditRow] = {}

    def device(self, sitting: Sitting) -> None:
        """A device sits, moved or was wired anew."""
        row = people.DeviceRow(
            id=sitting.device.id,
            event_id=self._event,
            seat=sitting.device.seat,
            device=text_of(sitting.device),
            wiring=text_of(sitting.wiring),
        )
        self._journal.write(f"device/{row.id}", lambda s: people.keep_device(s, row))

    def device_gone(self, device: int) -> None:
        """It stood up."""
        self._journal.write(f"device/{device}", lambda s: people.drop_device(s, device))

    async def stored(self, timeout_s: float) -> bool:
        """Wait until everything written so far is durable; False after ``timeout_s``."""
        return await self._journal.flush(timeout_s)

    def programme(self, state: ProgrammeState) -> None:
        """Preview or what is on air changed."""
        row = programme.ProgrammeRow(event_id=self._event, state=text_of(state), cue=state.cue)
        self._journal.write("programme", lambda s: programme.keep_programme(s, row))

    def sound(self, settings: SoundSettings) -> None:
        """The director changed how something sounds."""
        row = sound.SoundRow(event_id=self._event, settings=text_of(settings))
        self._journal.write("sound", lambda s: sound.keep_sound(s, row))

    def phase(self, phase: Phase) -> None:
        """The event moved on."""
        self._journal.write("phase", lambda s: events.set_phase(s, self._event, phase))

    def clock(self, origin: ClockOrigin) -> None:
        """The clock's mapping, or how far it came."""
        row = events.ClockRow(
            event_id=self._event,
            boot_id=origin.boot_id,
            origin_monotonic_ns=origin.origin_monotonic_ns,
            origin_wall_ns=origin.origin_wall_ns,
            last_ms=origin.last_ms,
        )
        self._journal.write("clock", lambda s: events.set_clock(s, row))

    def recording(self, recording: Recording) -> None:
        """A recording was started or stopped, or is done."""
        row = recordings.RecordingRow(
            id=recording.id,
            event_id=self._event,
            directory=recording.directory,
            title=recording.title,
            started_ms=recording.started_ms,
            phase=recording.phase,
        )
        key = f"recording/{row.id}"
        self._journal.write(key, lambda s: recordings.keep_recording(s, row))

    def mark(self, recording: int, mark: Mark) -> None:
        """A point of the running recording."""
        row = recordings.MarkRow(
            id=mark.id,
            recording_id=recording,
            kind=mark.kind,
            at_ms=mark.at_ms,
            title=mark.title,
            seats=text_of(mark.seats),
            layout=mark.layout,
        )
        self._journal.write(f"mark/{row.id}", lambda s: recordings.keep_mark(s, row))

    def forget_mark(self, mark: int) -> None:
        """What it marked was never seen."""
        self._journal.write(f"mark/{mark}", lambda s: recordings.drop_mark(s, mark))

    def link(self, link: Link) -> None:
        """A link was handed out or withdrawn."""
        row = links.LinkRow(
            jti=link.claims.jti,
            event_id=self._event,
            seat=link.claims.seat,
            kind=link.claims.kind,
            role=link.claims.role,
            expires_s=link.claims.exp,
            revoked_ms=now_unix_ms() if link.revoked else 0,
        )
        self._journal.write(f"link/{row.jti}", lambda s: links.keep_link(s, row))

    def epoch(self, kind: str, epoch: int) -> None:
        """A worker's life."""
        row = workers.WorkerRow(kind=kind, epoch=epoch)
        self._journal.write(f"worker/{kind}", lambda s: workers.keep_epoch(s, row))

    def condition(self, condition: Condition) -> None:
        """Something became true or untrue."""
        row = conditions.ConditionRow(
            id=condition.id[:60],
            subject=condition.subject[:120],
            active=condition.active,
            changed_ms=now_unix_ms(),
            details=text_of(condition.values),
        )
        key = f"condition/{row.id}/{row.subject}"
        self._journal.write(key, lambda s: conditions.keep_condition(s, row))

    def audit(self, caller: Caller, session_ms: int, action: str, detail: object = None) -> None:
        """Somebody directed, recorded, withdrew."""
        row = self._audit_row(caller, session_ms, action, detail)
        self._journal.append(lambda s: audit.add(s, row))

    def audit_soon(
        self, key: str, caller: Caller, session_ms: int, action: str, detail: object
    ) -> None:
        """The same for what is moved many times a second: of one ``key`` only the last before
        `write_audits` is written.
        """
        self._soon[key] = self._audit_row(caller, session_ms, action, detail)

    def write_audits(self) -> None:
        """Called once a second and at the end."""
        rows, self._soon = list(self._soon.values()), {}
        for row in rows:
            self._journal.append(functools.partial(audit.add, row=row))

    def _audit_row(self, caller: Caller, session_ms: int, action: str, detail: object) -> AuditRow:
        return AuditRow(
            at_ms=now_unix_ms(),
            session_ms=session_ms,
            event_id=self._event,
            seat=caller.seat.id,
            role=caller.role,
            link=caller.link,
            action=action,
            detail="" if detail is None else text_of(detail)[:MAX_DETAIL],
        )
