import { describe, expect, it } from "vitest";

import { dissolved, stepped } from "../client/dissolve.js";

describe("a dissolve", () => {
  const running = { transition: "dissolve", at_ms: 1000, duration_ms: 600 };

  it.each([
    [900, 0],
    [1000, 0],
    [1300, 0.5],
    [1600, undefined],
  ])("at %i ms has come to %s", (now, share) => {
    expect(dissolved(running, now)).toBe(share);
  });

  it("is none when it was a cut", () => {
    expect(dissolved({ ...running, transition: "cut" }, 1100)).toBeUndefined();
  });

  it.each([
    [600, 1, 1000],
    [600, -1, 400],
    [700, 1, 1000],
    [700, -1, 600],
    [200, -1, 200],
    [3000, 1, 3000],
    [5000, 1, 5000],
  ] as const)("lasts %i ms, and %i step further %i", (before, steps, after) => {
    expect(stepped(before, steps)).toBe(after);
  });
});
