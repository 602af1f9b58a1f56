/** Receives the programme and one's own return: the server offers, this page answers. */

import type { Subscribe } from "../wire.js";

import { MediaLink } from "./media_link.js";
import { hearingStereo } from "./opus_sdp.js";
import { asFault, type SessionLike } from "./session.js";
import type { Layer } from "./shown_size.js";

export interface ReceivePlan {
  /** `return`: the programme minus this seat; `programme`; `monitor`: the programme, and the
   * desk's return beside it; `none`. */
  readonly sound: "return" | "programme" | "monitor" | "none";
}

/** A picture of a site beside the programme. `from` changes when another device sends it. */
export interface WatchedPicture {
  readonly picture: string;
  readonly from: number;
}

/** What the elements with the sites' pictures need of a receiver. */
export interface PictureSource {
  readonly changed: { on(listener: () => void): () => void };
  /** By the picture's name; those that are asked for and sent now. */
  readonly pictures: ReadonlyMap<string, MediaStream>;
  /** `watcher`: each has its own list. */
  watchPictures(pictures: readonly WatchedPicture[], watcher?: string): void;
}

const TRY_AGAIN_MS = 2_000;

export class Receiver extends MediaLink implements PictureSource {
  /** What to show. A new connection puts its tracks into a new stream; until they arrive the
   * old one stays, so that the last picture does. */
  stream: MediaStream | undefined;
  /** `monitor` only: this desk's own return, which carries the site that is listened to. */
  listening: MediaStream | undefined;
  pictures: ReadonlyMap<string, MediaStream> = new Map();

  private readonly watchers = new Map<string, readonly WatchedPicture[]>();
  /** What the connection was last asked for, as a text to compare. */
  private asked = "";
  private asking = false;
  private pictureTimer: ReturnType<typeof setTimeout> | undefined;
  private layer: Layer = "main";
  /** What the connection was last asked for. */
  private askedLayer: Layer | undefined;

  constructor(
    session: SessionLike,
    private readonly plan: ReceivePlan,
  ) {
    super(session, "subscribe");
    this.changed.on(() => {
      void this.askForPictures();
      void this.askForLayer();
    });
  }

  /** The most of the programme's picture that is of use. The line decides how much comes. */
  prefer(layer: Layer): void {
    this.layer = layer;
    void this.askForLayer();
  }

  /** Asks for these pictures beside the programme, and those of other watchers. The connection
   * stays. */
  watchPictures(pictures: readonly WatchedPicture[], watcher = "sites"): void {
    this.watchers.set(watcher, pictures);
    void this.askForPictures();
  }

  private get wantedPictures(): readonly WatchedPicture[] {
    return [...this.watchers.values()].flat();
  }

  override dispose(): void {
    this.watchers.clear();
    clearTimeout(this.pictureTimer);
    super.dispose();
  }

  protected override async negotiate(peer: RTCPeerConnection): Promise<void> {
    const stream = new MediaStream();
    const programme = new Set<string>();
    this.asked = "";
    peer.addEventListener("track", (event) => {
      if (!programme.has(event.transceiver.mid ?? "")) {
        return;
      }
      if (event.track.kind === "audio" && stream.getAudioTracks().length > 0) {
        this.listening = new MediaStream([event.track]);
      } else {
        stream.addTrack(event.track);
        this.stream = stream;
      }
      this.changed.emit();
    });
    const offered = await this.session.ask(
      this.wish(false),
      "offered",
    );
    if (peer.signalingState === "closed") {
      return;
    }
    for (const mid of offered.sdp.matchAll(/^a=mid:(\S+)/gm)) {
      programme.add(mid[1] ?? "");
    }
    await this.answer(peer, offered);
  }

  protected override async restart(peer: RTCPeerConnection): Promise<void> {
    const offered = await this.session.ask(this.wish(true), "offered");
    if (peer.signalingState !== "closed") {
      await this.answer(peer, offered);
    }
  }

  private wish(restart: boolean): Subscribe {
    if (!restart) {
      this.askedLayer = this.layer;
    }
    return {
      type: "subscribe",
      picture: true,
      sound: this.plan.sound,
      layer: this.layer,
      decodes: decodes(RTCRtpReceiver.getCapabilities("video")?.codecs ?? []),
      restart,
    };
  }

  private async answer(
    peer: RTCPeerConnection,
    offered: { readonly peer: number; readonly sdp: string },
  ): Promise<void> {
    await peer.setRemoteDescription({ type: "offer", sdp: offered.sdp });
    const answer = await peer.createAnswer();
    await peer.setLocalDescription({ type: "answer", sdp: hearingStereo(answer.sdp ?? "") });
    await this.session.ask(
      { type: "subscribe_answer", peer: offered.peer, sdp: peer.localDescription?.sdp ?? "" },
      "done",
    );
  }

  private async askForLayer(): Promise<void> {
    const { layer } = this;
    if (this.state !== "connected" || layer === this.askedLayer) {
      return;
    }
    this.askedLayer = layer;
    try {
      await this.session.ask({ type: "prefer_layer", layer }, "done");
    } catch (reason: unknown) {
      // A picture larger or smaller than needed goes on; it is asked for again.
      console.warn("layer was not preferred", asFault(reason).id);
      setTimeout(() => {
        this.askedLayer = undefined;
        void this.askForLayer();
      }, TRY_AGAIN_MS);
    }
  }

  /** One question at a time; what was wanted meanwhile is asked for next. */
  private async askForPictures(): Promise<void> {
    if (this.asking) {
      return;
    }
    this.asking = true;
    try {
      let { peer } = this;
      while (peer !== undefined && this.state === "connected" && this.asked !== key(this.wantedPictures)) {
        await this.take(peer, this.wantedPictures);
        ({ peer } = this);
      }
    } catch (reason: unknown) {
      // The programme goes on without tiles; they are asked for again.
      console.warn("tiles were not offered", asFault(reason).id);
      clearTimeout(this.pictureTimer);
      this.pictureTimer = setTimeout(() => void this.askForPictures(), TRY_AGAIN_MS);
    } finally {
      this.asking = false;
    }
  }

  private async take(peer: RTCPeerConnection, wanted: readonly WatchedPicture[]): Promise<void> {
    const offered = await this.session.ask(
      { type: "watch_sites", pictures: wanted.map((one) => one.picture) },
      "tiles_offered",
    );
    if (peer !== this.peer || peer.signalingState === "closed") {
      return;
    }
    await this.answer(peer, offered);
    this.asked = key(wanted);
    const tracks = new Map(
      peer.getTransceivers().map((one) => [one.mid ?? "", one.receiver.track] as const),
    );
    const before = this.pictures;
    const pictures = new Map<string, MediaStream>();
    for (const { mid, picture } of offered.tiles) {
      const track = tracks.get(mid);
      if (track !== undefined) {
        const old = before.get(picture);
        pictures.set(picture, old?.getTracks()[0] === track ? old : new MediaStream([track]));
      }
    }
    this.pictures = pictures;
    this.changed.emit();
  }
}

function key(pictures: readonly WatchedPicture[]): string {
  return pictures.map((one) => `${one.picture}#${one.from}`).join(" ");
}

/** What this browser shows, as the server names codecs. */
export function decodes(codecs: readonly RTCRtpCodec[]): string[] {
  const names = codecs.map((codec) => codec.mimeType.toLowerCase().replace("video/", ""));
  return [...new Set(names)].filter((name) => name === "h264" || name === "vp8").sort();
}
