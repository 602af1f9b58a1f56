/** Receives the programme and one's own return: the server offers, this page answers. */

import { MediaLink } from "./media_link.js";
import type { SessionLike } from "./session.js";

export interface ReceivePlan {
  /** `return`: the programme minus this seat; `programme`; `monitor`: the programme, and the
   * desk's return beside it; `none`. */
  readonly sound: "return" | "programme" | "monitor" | "none";
}

export class Receiver extends MediaLink {
  /** What to show. A new connection puts its tracks into a new stream; until they arrive the
   * old one stays, so that the last picture does. */
  stream: MediaStream | undefined;
  /** `monitor` only: this desk's own return, which carries the site that is listened to. */
  listening: MediaStream | undefined;

  constructor(
    session: SessionLike,
    private readonly plan: ReceivePlan,
  ) {
    super(session, "subscribe");
  }

  protected override async negotiate(peer: RTCPeerConnection): Promise<void> {
    const stream = new MediaStream();
    peer.addEventListener("track", (event) => {
      if (event.track.kind === "audio" && stream.getAudioTracks().length > 0) {
        this.listening = new MediaStream([event.track]);
      } else {
        stream.addTrack(event.track);
        this.stream = stream;
      }
      this.changed.emit();
    });
    const offered = await this.session.ask(
      { type: "subscribe", picture: true, sound: this.plan.sound, layer: "auto" },
      "offered",
    );
    if (peer.signalingState === "closed") {
      return;
    }
    await peer.setRemoteDescription({ type: "offer", sdp: offered.sdp });
    await peer.setLocalDescription();
    await this.session.ask(
      { type: "subscribe_answer", peer: offered.peer, sdp: peer.localDescription?.sdp ?? "" },
      "done",
    );
  }
}
