"""What workers reported, as long as it is true."""

from __future__ import annotations

from mixer.wire.control import ClipState, Condition, LoudnessReport, PeerQuality, RecordingState

SILENCE_DB = -100.0
METER_SILENCE_DB = -120.0


class Observed:
    """Dies with the server; workers tell it again."""

    def __init__(self) -> None:
        self.peers: dict[int, str] = {}
        """Peer to state: new, connecting, connected, disconnected, closed."""
        self.stale_peers: dict[int, str] = {}
        """Peers whose connection is gone for good, with the reason. Their pages are asked to
        make it anew, those that are away when they come back."""
        self.quality: dict[int, PeerQuality] = {}
        self.levels_db: dict[int, float] = {}
        """Peak by publication."""
        self.rms_db: dict[int, float] = {}
        self.clipped: frozenset[int] = frozenset()
        self.loudness: LoudnessReport | None = None
        self.delays_ns: dict[int, int] = {}
        self.layers_taken: dict[int, tuple[int, ...]] = {}
        """Layers of a browser's publication that somebody takes."""
        self.recording: RecordingState | None = None
        self.scene_revision = 0
        self.scene_frame = -1
        self.ready_preview = 0
        """Revision of the preview whose sources have pictures; 0: none."""
        self.clip: ClipState | None = None
        self.conditions: dict[tuple[str, str], Condition] = {}

    def forget_peer(self, peer: int) -> None:
        """It is no longer wanted."""
        self.peers.pop(peer, None)
        self.stale_peers.pop(peer, None)
        self.quality.pop(peer, None)

    def forget_publication(self, publication: int) -> None:
        """It is no longer wanted."""
        self.levels_db.pop(publication, None)
        self.rms_db.pop(publication, None)
        self.delays_ns.pop(publication, None)
        self.layers_taken.pop(publication, None)

    def forget_picture(self) -> None:
        """Another life of it has shown nothing yet."""
        self.scene_revision, self.scene_frame = 0, -1
        self.ready_preview = 0
        self.clip = None

    def forget_media(self) -> None:
        """Media died, and every connection with it."""
        self.peers.clear()
        self.quality.clear()
        self.layers_taken.clear()
