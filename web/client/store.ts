/** The state that the server shows to this device: a flat map with a revision. */

import type {
  ClipView,
  ConditionView,
  EventView,
  ProgrammeView,
  RecordingView,
  RundownView,
  SeatSoundView,
  SeatView,
  SoundView,
  StateMessage,
  StateValue,
  You,
} from "../wire.js";

import { Signal } from "./signal.js";

type Outcome = "applied" | "old" | "gap";

export class Store {
  readonly changed = new Signal<ReadonlySet<string>>();
  private values = new Map<string, StateValue>();
  private revision = -1;
  private clockOffset_ms = 0;

  constructor(private readonly now_ms: () => number = () => performance.now()) {}

  /** Takes in a message. `gap`: revisions are missing, ask for a snapshot. */
  apply(message: StateMessage): Outcome {
    const changed = new Set<string>();
    if (message.type === "snapshot") {
      for (const key of [...this.values.keys(), ...Object.keys(message.state)]) {
        changed.add(key);
      }
      this.values = new Map(Object.entries(message.state));
    } else {
      // What only concerns this page (`you`) changes without a revision of its own.
      if (message.previous !== this.revision) {
        return this.revision >= 0 && message.revision <= this.revision ? "old" : "gap";
      }
      for (const [key, value] of Object.entries(message.put)) {
        this.values.set(key, value);
        changed.add(key);
      }
      for (const key of message.remove) {
        this.values.delete(key);
        changed.add(key);
      }
    }
    this.revision = message.revision;
    if (changed.has("event") && this.event !== undefined) {
      this.clockOffset_ms = this.event.session_time_ms - this.now_ms();
    }
    this.changed.emit(changed);
    return "applied";
  }

  /** Session time now, in milliseconds, as far as the last message tells. */
  get sessionTime_ms(): number {
    return this.now_ms() + this.clockOffset_ms;
  }

  get you(): You | undefined {
    return this.values.get("you") as You | undefined;
  }

  get event(): EventView | undefined {
    return this.values.get("event") as EventView | undefined;
  }

  get programme(): ProgrammeView | undefined {
    return this.values.get("programme") as ProgrammeView | undefined;
  }

  get rundown(): RundownView | undefined {
    return this.values.get("rundown") as RundownView | undefined;
  }

  get clip(): ClipView | undefined {
    return this.values.get("clip") as ClipView | undefined;
  }

  get recording(): RecordingView | undefined {
    return this.values.get("recording") as RecordingView | undefined;
  }

  get sound(): SoundView | undefined {
    return this.values.get("sound") as SoundView | undefined;
  }

  seatSound(id: string): SeatSoundView | undefined {
    return this.values.get(`sound/${id}`) as SeatSoundView | undefined;
  }

  seat(id: string): SeatView | undefined {
    return this.values.get(`seat/${id}`) as SeatView | undefined;
  }

  /** Seats with a picture or a sound of their own: halls first, then sites, by order. */
  get sites(): SeatView[] {
    return this.byPrefix<SeatView>("seat/")
      .filter((seat) => seat.kind !== "desk")
      .sort((a, b) => rank(a) - rank(b) || a.order - b.order);
  }

  get conditions(): ConditionView[] {
    return this.byPrefix<ConditionView>("condition/");
  }

  /** A copy of everything, for tests and reports. */
  everything(): { revision: number; state: Record<string, StateValue> } {
    return structuredClone({
      revision: this.revision,
      state: Object.fromEntries(this.values),
    });
  }

  private byPrefix<Value extends StateValue>(prefix: string): Value[] {
    const found: Value[] = [];
    for (const [key, value] of this.values) {
      if (key.startsWith(prefix)) {
        found.push(value as Value);
      }
    }
    return found;
  }
}

function rank(seat: SeatView): number {
  return seat.kind === "hall" ? 0 : 1;
}
