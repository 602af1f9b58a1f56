/** Sends camera and microphone: this page offers, the server answers. */

import type { PublishTrack } from "../wire.js";

import type { PictureSize } from "./capture.js";
import { activate, pictureEncodings, type PictureSource } from "./encodings.js";
import { MediaLink } from "./media_link.js";
import { withStereo } from "./opus_sdp.js";
import { soundCodecs, withRedundancy } from "./redundancy.js";
import type { SoundPreset } from "./remembered.js";
import type { SessionLike } from "./session.js";

export interface PublishPlan {
  /** Undefined: this device has none. Null: it has one that is switched off now. */
  audio: MediaStreamTrack | null | undefined;
  video: MediaStreamTrack | null | undefined;
  readonly size: PictureSize;
  readonly source: PictureSource;
  preset: SoundPreset;
}

export class Publisher extends MediaLink {
  private readonly transceivers = new Map<"audio" | "video", RTCRtpTransceiver>();
  private answered = "";
  private redundant = false;
  private publication = 0;
  /** `setParameters` takes what `getParameters` gave last, so changes wait for each other. */
  private changing: Promise<void> = Promise.resolve();
  private readonly forgetLayers: () => void;

  constructor(
    session: SessionLike,
    readonly plan: PublishPlan,
  ) {
    super(session, "publish");
    this.forgetLayers = session.layersChanged.on((told) => {
      // It may come before the answer that names the publication.
      if (told.publication === this.publication || told.mid === this.transceivers.get("video")?.mid) {
        this.publication = told.publication;
        this.sendLayers();
      }
    });
  }

  override dispose(): void {
    this.forgetLayers();
    super.dispose();
  }

  /** Puts another track in place of the one being sent, or none. The connection stays; it is
   * made anew only when this kind was not part of it. */
  async replace(kind: "audio" | "video", track: MediaStreamTrack | null): Promise<void> {
    const absent = this.plan[kind] === undefined;
    this.plan[kind] = track;
    const transceiver = this.transceivers.get(kind);
    if (absent) {
      this.start();
    } else {
      await transceiver?.sender.replaceTrack(track);
    }
  }

  /** Another source of sound has another bit rate, and stereo or not; the connection stays. */
  async usePreset(preset: SoundPreset): Promise<void> {
    this.plan.preset = preset;
    await this.describeAgain();
    await this.change("audio", (encodings) => {
      const [encoding] = encodings;
      if (encoding !== undefined) {
        encoding.maxBitrate = this.soundBitrate_bps();
      }
      return true;
    });
  }

  /** Pauses the layers that nobody takes; what is taken again goes on at once. */
  private sendLayers(): void {
    const taken = this.session.layersTaken.get(this.publication);
    void this.change("video", (encodings) => activate(encodings, taken)).catch((reason: unknown) => {
      // Everything is sent then, which costs the line and nothing else.
      console.warn("layers were not changed", reason);
    });
  }

  private change(
    kind: "audio" | "video",
    edit: (encodings: RTCRtpEncodingParameters[]) => boolean,
  ): Promise<void> {
    const changed = this.changing.then(async () => {
      const sender = this.transceivers.get(kind)?.sender;
      const parameters = sender?.getParameters();
      if (sender !== undefined && parameters !== undefined && edit(parameters.encodings)) {
        await sender.setParameters(parameters);
      }
    });
    this.changing = changed.catch(() => undefined);
    return changed;
  }

  /** Whether each packet of sound shall carry the frame before once more. */
  async protect(redundant: boolean): Promise<void> {
    if (redundant !== this.redundant) {
      this.redundant = redundant;
      await this.describeAgain();
    }
  }

  /** Lets the browser read the server's answer again as this page now wants it understood. */
  private async describeAgain(): Promise<void> {
    const { peer } = this;
    if (peer?.signalingState === "stable" && this.answered !== "") {
      preferSound(this.transceivers.get("audio"), this.redundant);
      await peer.setLocalDescription();
      await peer.setRemoteDescription({ type: "answer", sdp: this.understood() });
    }
  }

  private understood(): string {
    const stereo = this.plan.preset === "desk";
    const sdp = stereo ? withStereo(this.answered, this.soundBitrate_bps()) : this.answered;
    return withRedundancy(sdp, this.redundant);
  }

  protected override async negotiate(peer: RTCPeerConnection): Promise<void> {
    this.transceivers.clear();
    this.answered = "";
    // One stream for both, so that the browser gives them one CNAME and keeps them in step.
    const stream = new MediaStream();
    for (const kind of ["audio", "video"] as const) {
      const track = this.plan[kind];
      if (track !== undefined) {
        this.transceivers.set(
          kind,
          peer.addTransceiver(track ?? kind, {
            direction: "sendonly",
            streams: [stream],
            sendEncodings:
              kind === "audio"
                ? [{ maxBitrate: this.soundBitrate_bps() }]
                : pictureEncodings(this.plan.size, this.plan.source),
          }),
        );
      }
    }
    preferVp8(this.transceivers.get("video"));
    preferSound(this.transceivers.get("audio"), this.redundant);
    await this.exchange(peer);
  }

  /** The same tracks on another path: publications, and what is recorded of them, go on. */
  protected override async restart(peer: RTCPeerConnection): Promise<void> {
    peer.restartIce();
    await this.exchange(peer);
  }

  private async exchange(peer: RTCPeerConnection): Promise<void> {
    await peer.setLocalDescription();
    const sdp = peer.localDescription?.sdp ?? "";
    const answer = await this.session.ask(
      { type: "publish", sdp, tracks: this.described(sdp) },
      "published",
    );
    const mid = this.transceivers.get("video")?.mid;
    this.publication = answer.publications.find((one) => one.mid === mid)?.publication ?? 0;
    if (peer.signalingState !== "closed") {
      this.answered = answer.sdp;
      await peer.setRemoteDescription({ type: "answer", sdp: this.understood() });
      this.sendLayers();
    }
  }

  private described(sdp: string): PublishTrack[] {
    return [...this.transceivers].map(([kind, transceiver]) => ({
      mid: transceiver.mid ?? "",
      kind,
      source: kind === "audio" ? "microphone" : this.plan.source,
      rids: kind === "video" && /^a=simulcast:send/m.test(sdp) ? this.rids() : [],
    }));
  }

  private rids(): string[] {
    return pictureEncodings(this.plan.size, this.plan.source).flatMap(({ rid }) => rid ?? []);
  }

  private soundBitrate_bps(): number {
    return this.plan.preset === "desk" ? 128_000 : 48_000;
  }
}

/** The codecs that the server takes, VP8 first; redundancy formats it does not take go. */
export function preferredVideo(
  send: readonly RTCRtpCodec[],
  receive: readonly RTCRtpCodec[],
): RTCRtpCodec[] {
  const order = ["video/vp8", "video/h264", "video/rtx"];
  const known = new Set(receive.map(codecName));
  return send
    .filter((codec) => order.includes(codec.mimeType.toLowerCase()) && known.has(codecName(codec)))
    .sort((a, b) => order.indexOf(a.mimeType.toLowerCase()) - order.indexOf(b.mimeType.toLowerCase()));
}

function codecName(codec: RTCRtpCodec): string {
  return `${codec.mimeType.toLowerCase()} ${codec.sdpFmtpLine ?? ""}`;
}

function preferVp8(transceiver: RTCRtpTransceiver | undefined): void {
  const send = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  const receive = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
  const codecs = preferredVideo(send, receive);
  if (transceiver !== undefined && codecs.length > 0) {
    transceiver.setCodecPreferences(codecs);
  }
}

function preferSound(transceiver: RTCRtpTransceiver | undefined, redundant: boolean): void {
  const codecs = soundCodecs(RTCRtpSender.getCapabilities("audio")?.codecs ?? [], redundant);
  if (transceiver !== undefined && codecs.length > 0) {
    transceiver.setCodecPreferences(codecs);
  }
}
