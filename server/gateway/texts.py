"""Errors in the language of the one who gets them."""

from __future__ import annotations

from signaling.wire.errors import ERRORS, SignalingError
from signaling.wire.messages import WIRE_VERSION, ErrorEnvelope
from signaling.wire.rest import RestError

CHINESE = "zh-CN"
ENGLISH = "en"


def chosen_locale(asked: str) -> str:
    """English for whoever asks for it, else Chinese."""
    return ENGLISH if asked.lower().startswith("en") else CHINESE


def text_and_cure(error: SignalingError, locale: str) -> tuple[str, str]:
    """The catalogue's texts, filled."""
    row = ERRORS[error.error]
    chinese = locale == CHINESE
    text = row.text_zh if chinese else row.text
    cure = row.cure_zh if chinese else row.cure
    return text.format(**error.values), cure.format(**error.values)


def error_envelope(error: SignalingError, locale: str, request: int = -1) -> ErrorEnvelope:
    """The answer to a request that failed, or -1 when none caused it."""
    text, cure = text_and_cure(error, locale)
    return ErrorEnvelope(
        v=WIRE_VERSION,
        id=request,
        error=error.error,
        kind=error.kind,
        text=text,
        cure=cure,
        values=error.values,
    )


def rest_error(error: SignalingError, locale: str) -> RestError:
    """The same as a body of the HTTP interface."""
    text, cure = text_and_cure(error, locale)
    return RestError(error=error.error, kind=error.kind, text=text, cure=cure, values=error.values)
