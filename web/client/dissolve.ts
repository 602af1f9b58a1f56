/** Lengths of dissolves, and how far one has come. */

import type { ProgrammeView } from "../wire.js";

export const DISSOLVES_MS: readonly number[] = [200, 400, 600, 1000, 2000, 3000];

/** The length one step longer (1) or shorter (-1), also from one that is none of the steps. */
export function stepped(duration_ms: number, steps: 1 | -1): number {
  const further =
    steps > 0
      ? DISSOLVES_MS.find((value) => value > duration_ms)
      : DISSOLVES_MS.findLast((value) => value < duration_ms);
  return further ?? duration_ms;
}

/** How far a dissolve has come, 0 to 1; undefined when none runs. `now_ms` is session time. */
export function dissolved(
  programme: Pick<ProgrammeView, "transition" | "at_ms" | "duration_ms">,
  now_ms: number,
): number | undefined {
  const { transition, at_ms, duration_ms } = programme;
  if (transition !== "dissolve" || duration_ms <= 0 || now_ms >= at_ms + duration_ms) {
    return undefined;
  }
  return Math.max(0, (now_ms - at_ms) / duration_ms);
}
