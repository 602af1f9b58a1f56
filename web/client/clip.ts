/** Where a clip stands, between what the server tells once a second. */

import type { ClipView } from "../wire.js";

type Playing = Pick<
  ClipView,
  "state" | "playing_since_ms" | "duration_ms" | "loop" | "position_ms" | "text"
>;

/** Whether it ended before its end, by a fault that is told. */
export function isBrokenOff(clip: Pick<ClipView, "state" | "text">): boolean {
  return clip.state === "ended" && clip.text !== "";
}

/** Milliseconds from the clip's start at session time `now_ms`. */
export function position(clip: Playing, now_ms: number): number {
  if (isBrokenOff(clip)) {
    return Math.min(clip.position_ms, clip.duration_ms);
  }
  if (clip.state !== "playing" || clip.playing_since_ms < 0) {
    return clip.state === "ended" ? clip.duration_ms : 0;
  }
  const since = Math.max(0, now_ms - clip.playing_since_ms);
  if (clip.duration_ms <= 0) {
    return since;
  }
  return clip.loop ? since % clip.duration_ms : Math.min(since, clip.duration_ms);
}

/** Milliseconds until its end; undefined for a still, or while its length is not known. */
export function remaining(clip: Playing, now_ms: number): number | undefined {
  return clip.duration_ms > 0 ? clip.duration_ms - position(clip, now_ms) : undefined;
}

/** The last ten seconds are shown in another way, as directors count them down. */
export function isEnding(clip: Playing, now_ms: number): boolean {
  const left_ms = remaining(clip, now_ms);
  return clip.state === "playing" && !clip.loop && left_ms !== undefined && left_ms <= 10_000;
}
