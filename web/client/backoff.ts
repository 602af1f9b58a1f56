/** Waiting times between attempts: doubling, with jitter so that a hall full of pages
 * does not come back in the same instant. */

export interface BackoffLimits {
  readonly first_ms: number;
  readonly longest_ms: number;
}

export const MEDIA_BACKOFF: BackoffLimits = { first_ms: 250, longest_ms: 8000 };

export class Backoff {
  private attempts = 0;

  constructor(
    private readonly limits: BackoffLimits = MEDIA_BACKOFF,
    private readonly random: () => number = Math.random,
  ) {}

  /** Milliseconds to wait before the next attempt: between half and all of the step. */
  next(): number {
    const step = Math.min(this.limits.first_ms * 2 ** this.attempts, this.limits.longest_ms);
    this.attempts += 1;
    return step * (0.5 + this.random() / 2);
  }

  reset(): void {
    this.attempts = 0;
  }
}
