"""What a recorder finds on disk when it starts: sessions to go on with, sessions to finish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from .recover import rebuild_state
from .session import LiveSession
from .state import MANIFEST_FILE, Phase, StoredSession, read_state, session_directories

if TYPE_CHECKING:
    from pathlib import Path

    from .writer import Writer

_log = structlog.get_logger(__name__)


def take_up(data_dir: Path, writer: Writer) -> dict[int, LiveSession]:
    """Every session that is not done with, by id. Cuts files: nothing else may write them.

    Running ones have their open tracks continued; those that were being finalised, or of
    which only files are left, are in phase finalising.
    """
    found: dict[int, LiveSession] = {}
    for directory in session_directories(data_dir):
        state = _state(directory)
        if state is None or state.session.id in found:
            continue
        session = LiveSession(directory, state, writer)
        if session.recording:
            try:
                session.resume()
            except OSError as error:
                _log.error("recorder.resume_failed", session=session.id, error=str(error))
                continue
        found[session.id] = session
        _log.info(
            "recorder.resumed",
            session=session.id,
            phase=state.phase.value,
            tracks=len(session.tracks),
        )
    return found


def _state(directory: Path) -> StoredSession | None:
    """The state of a session that still needs us, else None."""
    state = read_state(directory)
    if state is not None:
        done = state.released and state.phase is not Phase.FINALISING
        return None if done else state
    if (directory / MANIFEST_FILE).exists():
        return None
    state = rebuild_state(directory)
    if state is not None:
        _log.warning("recorder.state_lost", directory=directory.name)
        state.phase = Phase.FINALISING
    return state
