/** Hold to talk: a microphone of the desk's own, sent all the time but silent until held. */

import { captureFault, openTrack, type PictureSize } from "./capture.js";
import { MediaLink } from "./media_link.js";
import { loadChoices } from "./remembered.js";
import { asFault, type SessionLike } from "./session.js";

const NO_PICTURE: PictureSize = { width: 0, height: 0, fps: 0 };

export class Talkback extends MediaLink {
  /** Seats that hear this desk now. */
  seats: readonly string[] = [];
  private track: MediaStreamTrack | undefined;
  private published: (() => void) | undefined;

  constructor(session: SessionLike) {
    super(session, "publish");
  }

  /** The key is down. The first time the browser asks for the microphone. */
  async press(seats: readonly string[]): Promise<void> {
    this.seats = seats;
    try {
      if (this.track === undefined) {
        this.track = await openTrack("audio", { ...loadChoices(), preset: "laptop" }, NO_PICTURE);
        this.track.enabled = false;
        const ready = new Promise<void>((resolve) => {
          this.published = resolve;
        });
        this.start();
        await ready;
      }
      if (this.seats.length > 0) {
        this.track.enabled = true;
        await this.session.ask({ type: "talk", seats: [...this.seats] }, "done");
      }
    } catch (reason: unknown) {
      this.seats = [];
      this.session.complaint.emit(
        reason instanceof DOMException ? captureFault("audio", reason) : asFault(reason),
      );
    }
    this.changed.emit();
  }

  /** The key is up. */
  release(): void {
    if (this.seats.length > 0) {
      this.seats = [];
      this.session.tell({ type: "talk", seats: [] });
      this.changed.emit();
    }
    if (this.track !== undefined) {
      this.track.enabled = false;
    }
  }

  override dispose(): void {
    this.release();
    this.track?.stop();
    super.dispose();
  }

  protected override async negotiate(peer: RTCPeerConnection): Promise<void> {
    if (this.track === undefined) {
      return;
    }
    peer.addTransceiver(this.track, { direction: "sendonly" });
    await this.exchange(peer);
    this.published?.();
  }

  protected override async restart(peer: RTCPeerConnection): Promise<void> {
    peer.restartIce();
    await this.exchange(peer);
  }

  private async exchange(peer: RTCPeerConnection): Promise<void> {
    await peer.setLocalDescription();
    const mid = peer.getTransceivers()[0]?.mid ?? "";
    const answer = await this.session.ask(
      {
        type: "publish",
        sdp: peer.localDescription?.sdp ?? "",
        tracks: [{ mid, kind: "audio", source: "talkback", rids: [] }],
      },
      "published",
    );
    if (peer.signalingState !== "closed") {
      await peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    }
  }
}
