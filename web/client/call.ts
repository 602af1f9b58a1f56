/** A person's part in an event: devices, both directions of media, mutes, measures. */

import { openDevices, openTrack, type PictureSize } from "./capture.js";
import type { PictureSource } from "./encodings.js";
import type { Fault } from "./faults.js";
import { LevelProbe } from "./level.js";
import { Publisher } from "./publisher.js";
import { counters, quality, type Counters, type Quality } from "./quality.js";
import { Receiver } from "./receiver.js";
import { LossWatch } from "./redundancy.js";
import { loadChoices } from "./remembered.js";
import { Seating } from "./seating.js";
import { asFault, type SessionLike } from "./session.js";
import { Signal } from "./signal.js";

type Kind = "audio" | "video";

const MEASURE_EVERY_MS = 2_000;
const LISTEN_EVERY_MS = 150;
const SILENT_DB = -75;
const SILENT_FOR_MS = 15_000;

export interface CallOptions {
  readonly session: SessionLike;
  readonly size: PictureSize;
  readonly source: PictureSource;
  /** Whether this role sends anything. */
  readonly publishes: boolean;
  readonly keepResume: (secret: string) => void;
}

export class Call {
  readonly changed = new Signal();
  readonly seating: Seating;
  readonly publisher: Publisher;
  readonly receiver: Receiver;
  readonly muted: Record<Kind, boolean> = { audio: false, video: false };
  quality: Quality | undefined;
  /** The microphone is open and yet nothing has been heard for a while. */
  silentMicrophone = false;

  private readonly probe = new LevelProbe();
  private readonly timers: ReturnType<typeof setInterval>[];
  private readonly lossWatch = new LossWatch();
  private before: Counters | undefined;
  private heard_ms = performance.now();
  private switching = false;

  private constructor(
    readonly session: SessionLike,
    private readonly size: PictureSize,
    private readonly source: PictureSource,
    tracks: Record<Kind, MediaStreamTrack | null | undefined>,
    keepResume: (secret: string) => void,
  ) {
    this.publisher = new Publisher(session, {
      ...tracks,
      size,
      source,
      preset: loadChoices().preset,
    });
    this.receiver = new Receiver(session, { sound: "return" });
    this.seating = new Seating({
      session,
      publisher: this.publisher,
      receiver: this.receiver,
      keepResume,
    });
    for (const source of [this.seating, this.publisher, this.receiver]) {
      source.changed.on(() => {
        this.changed.emit();
      });
    }
    this.timers = [
      setInterval(() => {
        void this.measure();
      }, MEASURE_EVERY_MS),
      setInterval(() => {
        this.listenToMicrophone();
      }, LISTEN_EVERY_MS),
    ];
  }

  /** Opens what was chosen on the join page and sits down. What could not be opened becomes
   * a complaint; the call goes on without it. */
  static async begin(options: CallOptions): Promise<Call> {
    const { session, size, source, publishes } = options;
    const choices = loadChoices();
    const wanted = { audio: choices.wantsAudio, video: choices.wantsVideo };
    const captured = publishes
      ? await openDevices(choices, size, source)
      : { audio: undefined, video: undefined, faults: [] };
    const tracks = {
      audio: publishes && !wanted.audio ? null : captured.audio,
      video: publishes && !wanted.video ? null : captured.video,
    };
    const call = new Call(session, size, source, tracks, options.keepResume);
    for (const kind of ["audio", "video"] as const) {
      call.muted[kind] = publishes && !wanted[kind];
      call.watchTrack(kind);
      if (call.muted[kind]) {
        call.seating.setMuted(kind, true);
      }
    }
    captured.faults.forEach((fault) => {
      session.complaint.emit(fault);
    });
    call.seating.begin();
    return call;
  }

  track(kind: Kind): MediaStreamTrack | null | undefined {
    return this.publisher.plan[kind];
  }

  /** Mutes or opens. A muted camera is closed, so that its light goes out; a muted
   * microphone stays open, so that opening it cuts no word. */
  async toggle(kind: Kind): Promise<void> {
    if (this.switching) {
      return;
    }
    this.switching = true;
    try {
      const muted = !this.muted[kind];
      if (!muted && !this.track(kind)) {
        await this.openAgain(kind);
      } else if (muted && kind === "video") {
        this.track(kind)?.stop();
        await this.publisher.replace(kind, null);
      }
      this.muted[kind] = muted;
      const track = this.track(kind);
      if (track) {
        track.enabled = !muted;
      }
      this.seating.setMuted(kind, muted);
    } catch (reason: unknown) {
      this.session.complaint.emit(asFault(reason));
    } finally {
      this.switching = false;
      this.changed.emit();
    }
  }

  /** Devices or the sound's preset were chosen anew. */
  async useChoices(): Promise<void> {
    await this.publisher.usePreset(loadChoices().preset).catch((reason: unknown) => {
      this.session.complaint.emit(asFault(reason));
    });
    for (const kind of ["audio", "video"] as const) {
      if (!this.muted[kind]) {
        await this.openAgain(kind).catch((reason: unknown) => {
          this.session.complaint.emit(asFault(reason));
        });
      }
    }
    this.changed.emit();
  }

  async leave(): Promise<void> {
    this.release();
    await this.seating.leave();
  }

  dispose(): void {
    this.release();
    this.seating.dispose();
  }

  private release(): void {
    this.timers.forEach(clearInterval);
    this.probe.close();
    this.track("audio")?.stop();
    this.track("video")?.stop();
  }

  private async openAgain(kind: Kind): Promise<void> {
    this.track(kind)?.stop();
    const track = await openTrack(kind, loadChoices(), this.size, this.source);
    await this.publisher.replace(kind, track);
    this.watchTrack(kind);
  }

  private watchTrack(kind: Kind): void {
    const track = this.track(kind);
    if (kind === "audio") {
      this.probe.listen(track ?? undefined);
    }
    track?.addEventListener("ended", () => {
      if (this.track(kind) === track && !this.muted[kind]) {
        void this.replaceUnplugged(kind);
      }
    });
  }

  private async replaceUnplugged(kind: Kind): Promise<void> {
    try {
      await this.openAgain(kind);
    } catch (reason: unknown) {
      const fault: Fault = asFault(reason);
      await this.publisher.replace(kind, null);
      this.muted[kind] = true;
      this.seating.setMuted(kind, true);
      this.session.complaint.emit(fault);
    }
    this.changed.emit();
  }

  private async measure(): Promise<void> {
    const reports = await Promise.all([this.publisher.stats(), this.receiver.stats()]);
    const rows = reports.flatMap((report) =>
      report === undefined ? [] : [...(report as unknown as Map<string, { type: string }>).values()],
    );
    const now = counters(rows, performance.now());
    if (this.receiver.state !== "connected") {
      this.quality = undefined;
      this.before = undefined;
    } else {
      if (this.before !== undefined) {
        this.quality = quality(this.before, now);
        await this.publisher.protect(this.lossWatch.step(this.quality.lossSending_percent, now.at_ms));
      }
      this.before = now;
    }
    this.changed.emit();
  }

  private listenToMicrophone(): void {
    const now_ms = performance.now();
    const db = this.muted.audio ? undefined : this.probe.read_db();
    if (db === undefined || db > SILENT_DB) {
      this.heard_ms = now_ms;
    }
    this.silentMicrophone = now_ms - this.heard_ms > SILENT_FOR_MS;
  }
}
