"""How a scene may come on air."""

from __future__ import annotations

from signaling.wire.errors import SignalingError

TRANSITIONS = ("cut", "dissolve")
DISSOLVE_MS = 600
MIN_DISSOLVE_MS, MAX_DISSOLVE_MS = 40, 5000


def checked(transition: str, duration_ms: int) -> int:
    """How long it lasts: 0 for a cut, of a dissolve ``duration_ms`` or, for 0, `DISSOLVE_MS`.

    Raises `SignalingError` ``programme.unknown_transition`` or ``.wrong_duration``.
    """
    if transition not in TRANSITIONS:
        raise SignalingError(
            "programme.unknown_transition",
            transition=transition[:80],
            allowed=", ".join(TRANSITIONS),
        )
    if transition == "cut":
        return 0
    duration_ms = duration_ms or DISSOLVE_MS
    if not MIN_DISSOLVE_MS <= duration_ms <= MAX_DISSOLVE_MS:
        raise SignalingError(
            "programme.wrong_duration",
            duration_ms=str(duration_ms),
            fewest=str(MIN_DISSOLVE_MS),
            most=str(MAX_DISSOLVE_MS),
        )
    return duration_ms
