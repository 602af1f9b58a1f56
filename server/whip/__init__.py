"""Encoders and players that come over HTTP (RFC 9725 and its sibling for playing)."""
