"""JSON for Socket.IO by msgspec, so that messages are written without a copy as dicts."""

from __future__ import annotations

from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


class WireJson:
    """What python-socketio expects of a json module."""

    @staticmethod
    def dumps(value: object, **_options: Any) -> str:  # noqa: ANN401  the library's own
        """One message as text."""
        return _encoder.encode(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_options: Any) -> Any:  # noqa: ANN401  any JSON value
        """Raises ValueError for what is no JSON."""
        try:
            return _decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ValueError(str(error)) from error
