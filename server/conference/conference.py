"""The conference: everything a running event holds, and how a change spreads.

A change goes: core (checks it), `keep` (store), `apply` (workers), `show_...` (pages).
All of it happens at once on the server's loop; only workers' answers are awaited.
"""

from __future__ import annotations

import collections
import time
from typing import TYPE_CHECKING

import msgspec
import structlog

from mixer.wire.ids import WorkerKind
from mixer.wire.resources import Clock
from server.ice_servers import IceServers
from server.intent import USUAL_METERS_PER_S, Intent, Sitting, Wiring
from server.translate import wanted
from signaling.programme.state import seats_in_preview, seats_on_air
from signaling.state import StateMap
from signaling.wire.errors import SignalingError
from signaling.wire.state import EventView

from .acknowledging import Acknowledging
from .caller import Nobody, Outward
from .marking import Marking
from .observed import Observed
from .returns import ReturnLines
from .views import (
    Tally,
    clip_view,
    programme_view,
    recording_view,
    rundown_view,
    seat_sound_view,
    seat_view,
    sound_view,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from pathlib import Path

    from server.intent import ProgrammeForm, ProgrammeNumbers, SeatNumbers
    from server.links import Links
    from server.mint import Mint
    from server.session_clock import SessionClock
    from server.workers.interface import Workers
    from signaling.event import Event
    from signaling.links import LinkClaims
    from signaling.phase import Phase
    from signaling.programme.core import Programme
    from signaling.recording import RecordingIntent
    from signaling.rundown import Rundown
    from signaling.seats import Device, Seats
    from signaling.sound import SoundDesk

    from .caller import Caller
    from .keeping import Keeping

_log = structlog.get_logger(__name__)


async def _no_more_links() -> None:
    """All links are known."""


class Cores(msgspec.Struct, kw_only=True):
    """The cores of one event, each with what the store remembered."""

    seats: Seats
    programme: Programme
    rundown: Rundown
    recording: RecordingIntent
    sound: SoundDesk
    phase: Phase


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """Ids that were minted once for the event."""

    event: int
    programme: ProgrammeNumbers
    seats: dict[str, SeatNumbers]


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What a conference is made of; `server.conference.opening` puts it together."""

    event: Event
    numbers: Numbers
    cores: Cores
    clock: SessionClock
    links: Links
    mint: Mint
    keep: Keeping
    workers: Workers
    sessions_dir: Path
    form: ProgrammeForm


class Conference:
    """One running event."""

    def __init__(self, parts: Parts) -> None:
        self.event = parts.event
        self.numbers = parts.numbers
        self.cores = parts.cores
        self.clock = parts.clock
        self.links = parts.links
        self.mint = parts.mint
        self.keep = parts.keep
        self.workers = parts.workers
        self.sessions_dir = parts.sessions_dir
        self.form = parts.form
        self.outward: Outward = Nobody()
        self.read_links: Callable[[], Awaitable[None]] = _no_more_links
        self.state = StateMap()
        self.observed = Observed()
        self.returns = ReturnLines()
        self.ice = IceServers()
        self.acknowledging = Acknowledging()
        self.marking = Marking()
        self.wirings: dict[int, Wiring] = {}
        self.counters: collections.Counter[tuple[str, str]] = collections.Counter()
        """(what, which) to how often, for the metrics."""
        self.watching: set[Caller] = set()
        """Who asked for levels."""
        self.finish_asked = False
        """Whether this life of the recorder knows that it shall finish."""

    # --- intent -> workers -----------------------------------------------------

    def intent(self) -> Intent:
        """What shall be, now."""
        origin = self.clock.origin
        return Intent(
            clock=Clock(
                event=self.numbers.event,
                origin_monotonic_ns=origin.origin_monotonic_ns,
                origin_wall_ns=origin.origin_wall_ns,
            ),
            event=self.event,
            numbers=self.numbers.seats,
            programme=self.numbers.programme,
            state=self.cores.programme.state,
            sitting=tuple(self.sitting()),
            recording=self.cores.recording.current,
            phase=self.cores.phase,
            delays_ns=self.observed.delays_ns,
            sound=self.cores.sound.settings,
            talking=dict(self.cores.sound.talking),
            listening=dict(self.cores.sound.listening),
            meters_per_s=self.meters_per_s,
            form=self.form,
            returns=self.returns.codings,
        )

    @property
    def meters_per_s(self) -> int:
        """How often sound shall report levels."""
        return max([USUAL_METERS_PER_S, *(caller.levels_per_s for caller in self.watching)])

    def apply(self, kinds: Iterable[WorkerKind] = WorkerKind) -> None:
        """Tell workers what they shall hold."""
        intent = self.intent()
        for kind in kinds:
            self.workers.want(kind, wanted(kind, intent))

    # --- people ------------------------------------------------------------------

    async def claims_of(self, token: str) -> LinkClaims:
        """What a link says. One that is well signed but not known may have been handed out
        since by `lianxian token`, so the store is asked again.

        Raises `SignalingError` ``link.altered``, ``.expired``, ``.revoked``, ``.unknown``.
        """
        claims = self.links.read(token, time.time())
        if claims.jti not in self.links.links:
            await self.read_links()
        self.links.still_good(claims.jti)
        return claims

    def sitting(self, seat: str | None = None) -> list[Sitting]:
        """Devices that sit here, or at one seat, with their media."""
        devices = sorted(self.cores.seats.devices.values(), key=lambda device: device.id)
        return [
            Sitting(device=device, wiring=self.wirings.get(device.id, Wiring()))
            for device in devices
            if seat is None or device.seat == seat
        ]

    def device_of(self, caller: Caller) -> Device:
        """Raises `SignalingError` ``join.needed``."""
        device = self.cores.seats.devices.get(caller.device)
        if device is None:
            raise SignalingError("join.needed")
        return device

    def rewire(self, device: int, wiring: Wiring) -> None:
        """Give a device other media; what it no longer has is forgotten."""
        before = self.wirings.get(device, Wiring())
        self.wirings[device] = wiring
        kept = {track.publication for track in wiring.tracks}
        for track in before.tracks:
            if track.publication not in kept:
                self.observed.forget_publication(track.publication)
        for peer in {before.receive_peer, before.send_peer}:
            if peer not in {wiring.receive_peer, wiring.send_peer}:
                self.observed.forget_peer(peer)
        self.keep_device(device)
        self.apply()

    def forget(self, device: Device) -> None:
        """It stood up: its media goes with it."""
        self.cores.sound.let_go(device.id)
        self.rewire(device.id, Wiring())
        del self.wirings[device.id]
        self.keep.device_gone(device.id)
        self.show_seat(device.seat)
        self.show_sound()

    def keep_programme(self) -> None:
        """Store what is on air and in preview."""
        self.keep.programme(self.cores.programme.state)

    def keep_device(self, device: int) -> None:
        """Store a device that sits here."""
        sits = self.cores.seats.devices.get(device)
        if sits is not None:
            wiring = self.wirings.get(device, Wiring())
            self.keep.device(Sitting(device=sits, wiring=wiring))

    # --- state -> pages ------------------------------------------------------------

    def show_all(self) -> None:
        """Every key, at the start."""
        self.show_event()
        self.show_programme()
        self.show_recording()
        self.show_sound()
        for seat in self.event.seats:
            self.show_seat(seat.id)

    def show_event(self) -> None:
        """Title and phase."""
        view = EventView(
            slug=self.event.slug,
            title=self.event.title,
            title_en=self.event.title_en,
            phase=self.cores.phase,
            session_time_ms=0,
        )
        self._show("event", self.state.put("event", view), urgent=True)

    def show_programme(self) -> None:
        """What is on air, in preview and in the rundown, and the tally of every seat."""
        core = self.cores.programme
        changed = self.state.put("programme", programme_view(core, self.observed))
        steps = rundown_view(self.cores.rundown, core.state)
        changed = self.state.put("rundown", steps) or changed
        self._show("programme", changed, urgent=True)
        self.show_clip()
        for seat in self.event.stage:
            self.show_seat(seat.id)

    def show_clip(self) -> None:
        """The clip, and what there is to choose from."""
        core = self.cores.programme
        view = clip_view(core.state.clip, self.observed.clip, core.films)
        self._show("clip", self.state.put("clip", view), urgent=True)

    def show_sound(self) -> None:
        """Settings of sound, and who talks or listens."""
        desk = self.cores.sound
        seats = {device.id: device.seat for device in self.cores.seats.devices.values()}
        changed = self.state.put("sound", sound_view(desk, seats))
        for seat in self.event.stage:
            view = seat_sound_view(seat.id, desk.settings.of(seat.id))
            changed = self.state.put(f"sound/{seat.id}", view) or changed
        self._show("sound", changed, urgent=True)

    def show_recording(self) -> None:
        """The running recording or the last one."""
        view = recording_view(self.cores.recording.current, self.observed)
        before = self.state.values.get("recording")
        urgent = getattr(before, "state", "") != view.state
        self._show("recording", self.state.put("recording", view), urgent=urgent)

    def show_seat(self, seat_id: str, *, urgent: bool = True) -> None:
        """A seat with its devices."""
        seat = self.event.seat(seat_id)
        if seat is None:
            return
        state, cast = self.cores.programme.state, self.event.cast
        tally = Tally(
            on_air=seat_id in seats_on_air(state, cast),
            in_preview=seat_id in seats_in_preview(state, cast),
        )
        view = seat_view(seat, self.sitting(seat_id), self.observed, tally)
        self._show("seat", self.state.put(f"seat/{seat_id}", view), urgent=urgent)

    def _show(self, what: str, changed: bool, *, urgent: bool) -> None:  # noqa: FBT001
        if changed:
            self.counters["state", what] += 1
            self.outward.state_changed(urgent=urgent)

    # --- time ------------------------------------------------------------------------

    def now_ms(self) -> int:
        """Session time."""
        return self.clock.now_ms()
