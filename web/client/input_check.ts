/** Says what is wrong with an input, from what was measured of it during a few seconds. */

export type Verdict = "silent" | "low" | "good" | "clipping";

const KEPT = 60;
const SILENT_DB = -65;
const LOW_DB = -42;
const CLIPPING_DB = -0.5;

export class InputCheck {
  private readonly levels_db: number[] = [];
  private clipped_ago = Infinity;

  /** One measure: RMS of the last moments, and its highest sample, both in dBFS. */
  add(rms_db: number, peak_db: number): void {
    this.levels_db.push(rms_db);
    if (this.levels_db.length > KEPT) {
      this.levels_db.shift();
    }
    this.clipped_ago = peak_db >= CLIPPING_DB ? 0 : this.clipped_ago + 1;
  }

  /** By the loudest of what is remembered: speech has pauses. */
  get verdict(): Verdict {
    if (this.clipped_ago < KEPT) {
      return "clipping";
    }
    const loudest_db = Math.max(-Infinity, ...this.levels_db);
    return loudest_db < SILENT_DB ? "silent" : loudest_db < LOW_DB ? "low" : "good";
  }
}
