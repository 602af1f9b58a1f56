import { describe, expect, it } from "vitest";

import { dropped, hasBegun } from "../client/drag.js";

describe("dragging", () => {
  it("begins when the pointer has moved some pixels", () => {
    expect(hasBegun({ x: 10, y: 10 }, { x: 13, y: 13 })).toBe(false);
    expect(hasBegun({ x: 10, y: 10 }, { x: 17, y: 10 })).toBe(true);
  });

  it("puts a source into the slot below it, and nowhere else", () => {
    expect(dropped({ source: "hunan" }, 1, true)).toEqual({ kind: "assign", slot: 1, source: "hunan" });
    expect(dropped({ source: "hunan" }, undefined, true)).toEqual({ kind: "nothing" });
  });

  it("exchanges slots, and takes one out that is dragged out of the picture", () => {
    expect(dropped({ slot: 0 }, 1, true)).toEqual({ kind: "exchange", slot: 0, other: 1 });
    expect(dropped({ slot: 0 }, 0, true)).toEqual({ kind: "nothing" });
    expect(dropped({ slot: 0 }, undefined, true)).toEqual({ kind: "nothing" });
    expect(dropped({ slot: 0 }, undefined, false)).toEqual({ kind: "remove", slot: 0 });
  });
});
