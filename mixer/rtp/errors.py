"""The one error that this package raises for bytes it cannot accept."""

from __future__ import annotations


class RtpError(Exception):
    """A peer sent something malformed.

    `id` is stable and made for logs and metrics ("rtp.short"); `text` is one
    sentence for people.
    """

    def __init__(self, error_id: str, text: str) -> None:
        """Keep the stable id and the sentence."""
        super().__init__(f"{error_id}: {text}")
        self.id = error_id
        self.text = text
