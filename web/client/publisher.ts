/** Sends camera and microphone: this page offers, the server answers. */

import type { PublishTrack } from "../wire.js";

import type { PictureSize } from "./capture.js";
import { MediaLink } from "./media_link.js";
import { withStereo } from "./opus_sdp.js";
import type { SoundPreset } from "./remembered.js";
import type { SessionLike } from "./session.js";

export interface PublishPlan {
  /** Undefined: this device has none. Null: it has one that is switched off now. */
  audio: MediaStreamTrack | null | undefined;
  video: MediaStreamTrack | null | undefined;
  readonly size: PictureSize;
  preset: SoundPreset;
}

export class Publisher extends MediaLink {
  private readonly transceivers = new Map<"audio" | "video", RTCRtpTransceiver>();

  constructor(
    session: SessionLike,
    readonly plan: PublishPlan,
  ) {
    super(session, "publish");
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

  /** Another source of sound has another bit rate; the connection stays. */
  async usePreset(preset: SoundPreset): Promise<void> {
    this.plan.preset = preset;
    const sender = this.transceivers.get("audio")?.sender;
    const parameters = sender?.getParameters();
    const encoding = parameters?.encodings[0];
    if (sender !== undefined && parameters !== undefined && encoding !== undefined) {
      encoding.maxBitrate = this.bitrate_bps("audio");
      await sender.setParameters(parameters);
    }
  }

  protected override async negotiate(peer: RTCPeerConnection): Promise<void> {
    this.transceivers.clear();
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
            sendEncodings: [{ maxBitrate: this.bitrate_bps(kind) }],
          }),
        );
      }
    }
    preferVp8(this.transceivers.get("video"));
    await peer.setLocalDescription();
    const answer = await this.session.ask(
      { type: "publish", sdp: peer.localDescription?.sdp ?? "", tracks: this.described() },
      "published",
    );
    if (peer.signalingState !== "closed") {
      const sdp =
        this.plan.preset === "desk" ? withStereo(answer.sdp, this.bitrate_bps("audio")) : answer.sdp;
      await peer.setRemoteDescription({ type: "answer", sdp });
    }
  }

  private described(): PublishTrack[] {
    return [...this.transceivers].map(([kind, transceiver]) => ({
      mid: transceiver.mid ?? "",
      kind,
      source: kind === "audio" ? "microphone" : "camera",
    }));
  }

  private bitrate_bps(kind: "audio" | "video"): number {
    if (kind === "audio") {
      return this.plan.preset === "desk" ? 128_000 : 48_000;
    }
    const pixelsPerSecond = this.plan.size.width * this.plan.size.height * this.plan.size.fps;
    // 0.11 bit a pixel: 2.5 Mbit/s for 720p25, 380 kbit/s for 360p15.
    return Math.max(150_000, Math.round(pixelsPerSecond * 0.11));
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
