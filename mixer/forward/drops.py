"""Named reasons for every packet the fan-out throws away, and their counts."""

from __future__ import annotations

from enum import StrEnum


class Drop(StrEnum):
    """Why a datagram, a packet or a request was discarded."""

    UNKNOWN_KIND = "unknown_kind"
    """The first byte belongs to none of STUN, DTLS, RTP (RFC 7983)."""
    UNKNOWN_ADDRESS = "unknown_address"
    """Media from an address that no authenticated check came from."""
    NO_KEYS = "no_keys"
    """Media before the DTLS handshake was over."""
    TOO_LONG = "too_long"
    SSRC_SURPLUS = "ssrc_surplus"
    """From one more sender than a peer may name while its keys last."""
    SRTP_REFUSED = "srtp_refused"
    """Forged, damaged or repeated."""
    SRTCP_REFUSED = "srtcp_refused"
    MALFORMED_RTP = "malformed_rtp"
    MALFORMED_RTCP = "malformed_rtcp"
    UNBOUND_SSRC = "unbound_ssrc"
    """Belongs to no m-line, or to one that nobody wants published."""
    UNKNOWN_PAYLOAD_TYPE = "unknown_payload_type"
    UNKNOWN_STREAM = "unknown_stream"
    """A worker sent for a publication it had not announced."""
    PADDING_ONLY = "padding_only"
    DUPLICATE = "duplicate"
    TOO_OLD = "too_old"
    AWAITING_KEYFRAME = "awaiting_keyframe"
    BEFORE_SWITCH = "before_switch"
    """Older than the packet with which a receiver's stream began or was switched."""
    CODEC_NOT_ACCEPTED = "codec_not_accepted"
    SEND_BUFFER_FULL = "send_buffer_full"
    SEND_FAILED = "send_failed"
    PROTECT_FAILED = "protect_failed"
    INTERNAL_ERROR = "internal_error"
    """A bug of ours; the log has the first ten."""
    NACK_UNKNOWN_SSRC = "nack_unknown_ssrc"
    NACK_THROTTLED = "nack_throttled"
    """A receiver asks for more than a lossy line explains."""
    PAUSED = "paused"
    """Of an out-stream that was paused."""
    PACER_FULL = "pacer_full"
    """More waits for a receiver than its line takes; video goes on with the next key frame."""
    KEYS_REPLACED = "keys_replaced"
    """Waited to be sent when the peer's keys or the stream ended."""
    STREAM_OUTBOX_FULL = "stream_outbox_full"
    """Nobody fetched what is to be sent over TCP."""
    RTCP_FLOOD = "rtcp_flood"
    """More control packets than any peer needs."""
    FEEDBACK_UNKNOWN = "feedback_unknown"
    """A transport-wide report on packets that were not sent, or long ago."""
    PROBE_FORGONE = "probe_forgone"
    """Padding for which no place was found in time."""


class DropCounters:
    """How often each reason occurred."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: dict[Drop, int] = dict.fromkeys(Drop, 0)

    def add(self, reason: Drop, count: int = 1) -> None:
        """Count `count` discards."""
        self.counts[reason] += count

    def tally(self) -> DropTally:
        """Return a tally of a part of it."""
        return DropTally(self)


class DropTally:
    """The discards of one stream or peer, also counted in the whole."""

    __slots__ = ("_whole", "counts")

    def __init__(self, whole: DropCounters) -> None:
        self._whole = whole
        self.counts: dict[Drop, int] = {}
        """Only reasons that occurred."""

    def add(self, reason: Drop, count: int = 1) -> None:
        """Count `count` discards."""
        self._whole.counts[reason] += count
        self.counts[reason] = self.counts.get(reason, 0) + count
