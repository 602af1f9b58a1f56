import { describe, expect, it } from "vitest";

import { isBrokenOff, isEnding, position, remaining } from "../client/clip.js";

const playing = {
  state: "playing",
  playing_since_ms: 5000,
  duration_ms: 20_000,
  loop: false,
  position_ms: 0,
  text: "",
};

describe("a clip", () => {
  it("counts from when it began, and stops at its end", () => {
    expect(position(playing, 4000)).toBe(0);
    expect(position(playing, 12_000)).toBe(7000);
    expect(remaining(playing, 12_000)).toBe(13_000);
    expect(remaining(playing, 99_000)).toBe(0);
  });

  it("begins again in a loop", () => {
    expect(position({ ...playing, loop: true }, 30_000)).toBe(5000);
  });

  it("stands at its start while cued and at its end when it ended", () => {
    expect(position({ ...playing, state: "cued", playing_since_ms: -1 }, 9000)).toBe(0);
    expect(remaining({ ...playing, state: "ended" }, 9000)).toBe(0);
  });

  it("stands where it was when a fault ended it", () => {
    const broken = { ...playing, state: "ended", position_ms: 7000, text: "picture.clip_hung" };
    expect(isBrokenOff(broken)).toBe(true);
    expect(isBrokenOff({ ...broken, text: "" })).toBe(false);
    expect(position(broken, 99_000)).toBe(7000);
    expect(remaining(broken, 99_000)).toBe(13_000);
  });

  it("has no end when its length is not known", () => {
    expect(remaining({ ...playing, duration_ms: 0 }, 9000)).toBeUndefined();
  });

  it("is ending in its last ten seconds, unless it begins again", () => {
    expect(isEnding(playing, 14_000)).toBe(false);
    expect(isEnding(playing, 15_500)).toBe(true);
    expect(isEnding({ ...playing, loop: true }, 15_500)).toBe(false);
  });
});
