/**
 * Sitting down and staying there: joins, takes over when told to, joins again when the server
 * no longer knows this device, and starts media whenever it is seated.
 */

import type { Fault } from "./faults.js";
import type { MediaLink } from "./media_link.js";
import type { Publisher } from "./publisher.js";
import { asFault, type SessionLike } from "./session.js";
import { Signal } from "./signal.js";

/** `taken`: another device sits here; the person decides. `failed`: see `fault`. */
export type SeatingPhase = "waiting" | "joining" | "seated" | "taken" | "failed";

export interface SeatingOptions {
  readonly session: SessionLike;
  readonly publisher?: Publisher;
  readonly receiver?: MediaLink;
  readonly keepResume: (secret: string) => void;
}

export class Seating {
  readonly changed = new Signal();
  phase: SeatingPhase = "waiting";
  fault: Fault | undefined;
  private device = 0;
  private readonly muted = { audio: false, video: false };
  private readonly unsubscribe: () => void;

  constructor(private readonly options: SeatingOptions) {
    this.unsubscribe = options.session.connectionChanged.on(() => {
      this.follow();
    });
  }

  begin(): void {
    this.follow();
  }

  /** Whether the person has to say how it goes on. */
  get undecided(): boolean {
    return this.phase === "taken" || this.phase === "failed";
  }

  /** Tells the server, now and after each rejoining. */
  setMuted(kind: "audio" | "video", muted: boolean): void {
    this.muted[kind] = muted;
    if (this.phase === "seated") {
      this.options.session.tell({ type: "mute", kind, muted });
    }
  }

  async join(takeOver: boolean): Promise<void> {
    const { session, publisher } = this.options;
    this.move("joining");
    try {
      const joined = await session.ask(
        {
          type: "join",
          has_audio: publisher?.plan.audio !== undefined,
          has_video: publisher?.plan.video !== undefined,
          take_over: takeOver,
        },
        "joined",
      );
      this.device = joined.device;
      this.options.keepResume(joined.resume);
      this.seated();
    } catch (reason: unknown) {
      this.fault = asFault(reason);
      if (this.fault.id === "client.disconnected") {
        this.move("waiting");
      } else {
        this.move(this.fault.id === "seat.taken" ? "taken" : "failed");
      }
    }
  }

  async leave(): Promise<void> {
    this.stopMedia();
    this.options.keepResume("");
    try {
      await this.options.session.ask({ type: "leave" }, "done");
    } catch (reason: unknown) {
      // The person leaves in any case; the server notices the closed connection.
      console.warn("leave was not answered", asFault(reason).id);
    }
    this.dispose();
    this.options.session.close();
  }

  dispose(): void {
    this.unsubscribe();
    this.options.publisher?.dispose();
    this.options.receiver?.dispose();
  }

  private follow(): void {
    const { session } = this.options;
    if (session.connection === "gone" || session.connection === "refused") {
      this.stopMedia();
      this.move("waiting");
    } else if (session.connection === "connected" && this.phase !== "joining") {
      const device = session.store.you?.device ?? 0;
      if (device === 0) {
        void this.join(false);
      } else if (device !== this.device || this.phase !== "seated") {
        // This page was loaded again: the server knows the device, its media must be made.
        this.device = device;
        this.seated();
      }
    }
  }

  private seated(): void {
    this.fault = undefined;
    this.move("seated");
    const { session, publisher, receiver } = this.options;
    for (const kind of ["audio", "video"] as const) {
      if (publisher?.plan[kind] !== undefined) {
        session.tell({ type: "mute", kind, muted: this.muted[kind] });
      }
    }
    if (publisher !== undefined && (publisher.plan.audio !== undefined || publisher.plan.video !== undefined)) {
      publisher.start();
    }
    receiver?.start();
  }

  private stopMedia(): void {
    this.options.publisher?.stop();
    this.options.receiver?.stop();
  }

  private move(phase: SeatingPhase): void {
    this.phase = phase;
    this.changed.emit();
  }
}
