/** The last minute of a connection's figures, for a small picture of them. */

export interface Sample {
  readonly at_ms: number;
  readonly loss_percent: number;
  readonly rtt_ms: number;
  readonly estimate_kbps: number;
}

export const MINUTE_MS = 60_000;
/** Figures come once a second, or when they change; further ones within a second are left out. */
const APART_MS = 900;

/** At most a minute and 67 samples; the oldest leave first. */
export class LineHistory {
  private kept: Sample[] = [];

  get samples(): readonly Sample[] {
    return this.kept;
  }

  add(sample: Sample): void {
    const last = this.kept.at(-1);
    if (last !== undefined && sample.at_ms - last.at_ms < APART_MS) {
      return;
    }
    this.kept = [...this.kept.filter((one) => sample.at_ms - one.at_ms <= MINUTE_MS), sample];
  }
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Samples as points of a picture, now at its right edge; `y` grows downwards. */
export function curve(
  samples: readonly Sample[],
  value: (sample: Sample) => number,
  atLeast: number,
  size: { readonly width: number; readonly height: number },
  now_ms: number,
): Point[] {
  const top = Math.max(atLeast, ...samples.map(value));
  return samples.map((sample) => ({
    x: round(size.width * (1 - (now_ms - sample.at_ms) / MINUTE_MS)),
    y: round(size.height * (1 - value(sample) / top)),
  }));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export function worst(samples: readonly Sample[]): { loss_percent: number; rtt_ms: number } {
  return {
    loss_percent: Math.max(0, ...samples.map((sample) => sample.loss_percent)),
    rtt_ms: Math.max(0, ...samples.map((sample) => sample.rtt_ms)),
  };
}
