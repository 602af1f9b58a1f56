"""Makes a conference of what the store holds; imports an event that is not there yet."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import structlog

from mixer.wire.ids import GroupId, PublicationId, WorkerKind
from mixer.wire.picture import Renditions
from server.clips import ClipShelf
from server.intent import ProgrammeForm, ProgrammeNumbers, SeatNumbers, Wiring
from server.layouts import LayoutTable
from server.links import Link, Links
from server.mint import Mint
from server.session_clock import ClockOrigin, SessionClock, boot_id, mapped
from server.store import events, links, people, programme, recordings, sound, workers
from signaling.event import Event
from signaling.links import LinkClaims
from signaling.phase import Phase
from signaling.programme.core import Programme
from signaling.programme.state import ProgrammeState
from signaling.recording import Mark, Recording, RecordingIntent, RecordingPhase
from signaling.rundown import Rundown
from signaling.seats import Device, Presence, Seats
from signaling.sound import SoundDesk, SoundSettings
from signaling.wire.roles import Role

from .conference import Conference, Cores, Numbers, Parts
from .keeping import Keeping, now_unix_ms, text_of

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from server.store.database import Database
    from server.store.journal import Journal
    from server.workers.interface import Workers

RENDITIONS = ("clean", "vp8", "master", "preview")
NAMED_NUMBERS = (*RENDITIONS, "multiview", "clip_sound", "clip_group")
"""What the programme has beside the three numbers of its first days."""

ADOPT_S = 30.0
"""What media holds and the store does not know (the last moments before a crash)."""

_log = structlog.get_logger(__name__)


async def import_event(database: Database, event: Event) -> bool:
    """Store an event if none of its name is there; False if one was. Never overwrites."""
    mint = Mint(database)
    await mint.refill()
    async with database.session() as session, session.begin():
        if await events.find_event(session, event.slug) is not None:
            return False
        row = events.EventRow(
            id=mint.new(),
            slug=event.slug,
            plan=text_of(event),
            phase=Phase.REHEARSAL,
            imported_ms=now_unix_ms(),
            picture_publication=mint.new(),
            opus_publication=mint.new(),
            aac_publication=mint.new(),
        )
        session.add(row)
        await session.flush()
        session.add_all(
            events.SeatRow(
                event_id=row.id,
                seat=seat.id,
                group_id=mint.new(),
                return_publication=mint.new(),
            )
            for seat in event.seats
        )
    return True


class _Stored(msgspec.Struct, kw_only=True):
    """Everything the store has of one event."""

    row: events.EventRow
    event: Event
    numbers: Numbers
    clock: ClockOrigin | None
    devices: list[tuple[Device, Wiring]]
    programme: ProgrammeState | None
    recording: Recording | None
    sound: SoundSettings | None
    links: list[Link]
    epochs: dict[str, int]


async def _programme_numbers(
    session: AsyncSession, row: events.EventRow, mint: Mint
) -> ProgrammeNumbers:
    """Those that are not there yet, of an older event or a newer rendition, are minted."""
    known = await programme.numbers(session, row.id)
    for name in NAMED_NUMBERS:
        if name not in known:
            known[name] = mint.new()
            number = programme.NumberRow(event_id=row.id, name=name, number=known[name])
            session.add(number)
    named = {name: PublicationId(known[name]) for name in NAMED_NUMBERS}
    return ProgrammeNumbers(
        picture=PublicationId(row.picture_publication),
        opus=PublicationId(row.opus_publication),
        aac=PublicationId(row.aac_publication),
        renditions=Renditions(**{name: named[name] for name in RENDITIONS}),
        multiview=named["multiview"],
        clip_sound=named["clip_sound"],
        clip_group=GroupId(known["clip_group"]),
    )


async def _numbers(session: AsyncSession, row: events.EventRow, mint: Mint) -> Numbers:
    return Numbers(
        event=row.id,
        programme=await _programme_numbers(session, row, mint),
        seats={
            seat.seat: SeatNumbers(
                group=GroupId(seat.group_id),
                return_publication=PublicationId(seat.return_publication),
            )
            for seat in await events.seat_rows(session, row.id)
        },
    )


async def _clock(session: AsyncSession, event_id: int) -> ClockOrigin | None:
    row = await session.get(events.ClockRow, event_id)
    if row is None:
        return None
    return ClockOrigin(
        boot_id=row.boot_id,
        origin_monotonic_ns=row.origin_monotonic_ns,
        origin_wall_ns=row.origin_wall_ns,
        last_ms=row.last_ms,
    )


async def _recording(session: AsyncSession, event_id: int) -> Recording | None:
    row = await recordings.unfinished(session, event_id)
    if row is None:
        return None
    marks = tuple(
        Mark(
            id=mark.id,
            kind=mark.kind,
            at_ms=mark.at_ms,
            title=mark.title,
            seats=tuple(json.loads(mark.seats)),
            layout=mark.layout,
        )
        for mark in await recordings.mark_rows(session, row.id)
    )
    return Recording(
        id=row.id,
        directory=row.directory,
        title=row.title,
        started_ms=row.started_ms,
        phase=RecordingPhase(row.phase),
        marks=marks,
    )


def _link(row: links.LinkRow, slug: str) -> Link:
    claims = LinkClaims(
        jti=row.jti,
        event=slug,
        seat=row.seat,
        kind=row.kind,
        role=Role(row.role),
        exp=row.expires_s,
    )
    return Link(claims=claims, revoked=row.revoked_ms > 0)


def link_reader(database: Database, conference: Conference) -> Callable[[], Awaitable[None]]:
    """Reads the links of the store again: others may hand out some while we run."""

    async def read() -> None:
        slug = conference.event.slug
        async with database.session() as session:
            for row in await links.link_rows(session, conference.numbers.event):
                conference.links.learn(_link(row, slug))

    return read


def _programme(row: programme.ProgrammeRow) -> ProgrammeState:
    """A state that was stored before it knew its step has that beside it."""
    state = msgspec.json.decode(row.state, type=ProgrammeState)
    return state if state.cue else msgspec.structs.replace(state, cue=row.cue)


async def _read(session: AsyncSession, slug: str, mint: Mint) -> _Stored:
    row = await events.find_event(session, slug)
    if row is None:
        raise LookupError(f"no event {slug} in the store")
    shown = await programme.find_programme(session, row.id)
    mixed = await sound.find_sound(session, row.id)
    return _Stored(
        row=row,
        event=msgspec.json.decode(row.plan, type=Event),
        numbers=await _numbers(session, row, mint),
        clock=await _clock(session, row.id),
        devices=[
            (
                msgspec.json.decode(one.device, type=Device),
                msgspec.json.decode(one.wiring, type=Wiring),
            )
            for one in await people.device_rows(session, row.id)
        ],
        programme=_programme(shown) if shown else None,
        recording=await _recording(session, row.id),
        sound=msgspec.json.decode(mixed.settings, type=SoundSettings) if mixed else None,
        links=[_link(one, slug) for one in await links.link_rows(session, row.id)],
        epochs=await workers.epochs(session),
    )


def _cores(stored: _Stored, now_ms: int, data_dir: Path) -> Cores:
    """After a restart nobody is connected: all devices are away from now on."""
    event = stored.event
    away = [
        msgspec.structs.replace(device, presence=Presence.AWAY, away_since_ms=now_ms)
        for device, _ in stored.devices
    ]
    state = stored.programme or Programme.beginning(event.first_scene())
    return Cores(
        seats=Seats(event, away),
        programme=Programme(event.cast, state, LayoutTable(data_dir), ClipShelf(data_dir)),
        rundown=Rundown(event.cues),
        recording=RecordingIntent(stored.recording),
        sound=SoundDesk(event, stored.sound),
        phase=Phase(stored.row.phase),
    )


def _form(form: ProgrammeForm, event: Event) -> ProgrammeForm:
    """What the event's file says goes before what settings say."""
    said = event.programme
    return msgspec.structs.replace(
        form,
        height=said.height or form.height,
        frame_rate=said.frame_rate or form.frame_rate,
    )


def _hand_out(conference: Conference, hours: float) -> None:
    """Every seat has a link; those that expired are replaced."""
    for seat in conference.links.missing(time.time()):
        conference.keep.link(conference.links.mint(seat, hours))


class Surroundings(NamedTuple):
    """What settings say about every event."""

    key: bytes
    """Signs links."""
    base_url: str
    link_hours: float
    sessions_dir: Path
    form: ProgrammeForm = ProgrammeForm()


async def open_conference(
    slug: str,
    database: Database,
    journal: Journal,
    fleet: Workers,
    around: Surroundings,
) -> Conference:
    """The conference of a stored event, with everything it had before.

    Raises LookupError when there is no such event.
    """
    mint = Mint(database)
    await mint.refill()
    async with database.session() as session, session.begin():
        stored = await _read(session, slug, mint)
    origin = mapped(stored.clock, boot_id(), time.monotonic_ns(), time.time_ns())
    clock = SessionClock(origin)
    conference = Conference(
        Parts(
            event=stored.event,
            numbers=stored.numbers,
            cores=_cores(stored, clock.now_ms(), around.sessions_dir.parent),
            clock=clock,
            links=Links(around.key, stored.event, around.base_url, stored.links),
            mint=mint,
            keep=Keeping(journal, stored.row.id),
            workers=fleet,
            sessions_dir=around.sessions_dir,
            form=_form(around.form, stored.event),
        )
    )
    conference.read_links = link_reader(database, conference)
    conference.wirings = {device.id: wiring for device, wiring in stored.devices}
    conference.keep.clock(origin)
    _hand_out(conference, around.link_hours)
    for kind in WorkerKind:
        if kind in stored.epochs:
            fleet.remember(kind, stored.epochs[kind])
    fleet.adopt(WorkerKind.MEDIA, ADOPT_S, lambda key: key != "clock")
    conference.apply()
    conference.show_all()
    _log.info("event.opened", slug=slug, devices=len(stored.devices))
    return conference
