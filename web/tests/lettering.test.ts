import { describe, expect, it } from "vitest";

import { setLines, type Measure } from "../client/lettering.js";

/** Every character is as wide as it is high. */
const square: Measure = (text, size) => Array.from(text).length * size;

describe("long captions", () => {
  const sizes = { size: 36, smallest: 26 };

  it("stay in their size while they fit", () => {
    expect(setLines("顾长青", sizes, 400, 2, square)).toEqual({ lines: ["顾长青"], size: 36 });
  });

  it("become smaller before they are wrapped", () => {
    expect(setLines("一二三四五六七八九十一二", sizes, 400, 2, square)).toEqual({
      lines: ["一二三四五六七八九十一二"],
      size: 33,
    });
  });

  it("wrap at the smallest size", () => {
    const { lines, size } = setLines("字".repeat(20), sizes, 400, 2, square);
    expect(size).toBe(26);
    expect(lines.map((line) => line.length)).toEqual([15, 5]);
  });

  it("end with an ellipsis when no line is left, and never overflow", () => {
    const { lines } = setLines("字".repeat(80), sizes, 400, 2, square);
    expect(lines).toHaveLength(2);
    expect(lines[1]?.endsWith("…")).toBe(true);
    for (const line of lines) {
      expect(square(line, 26)).toBeLessThanOrEqual(400);
    }
  });

  it("keep Latin words whole", () => {
    const { lines } = setLines("Deputy director generally", { size: 26, smallest: 26 }, 410, 2, square);
    expect(lines).toEqual(["Deputy director", "generally"]);
  });

  it("are nothing without text", () => {
    expect(setLines("  ", sizes, 400, 2, square).lines).toEqual([]);
  });
});
