import { describe, expect, it } from "vitest";

import { KEYS, ruleOf, sourceIndex, sourceKey, type KeyPress } from "../client/desk_keys.js";
import { programme } from "../text/programme.js";

const press = (key: string, changed: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: "",
  shiftKey: false,
  ...changed,
});

describe("keys of the desk", () => {
  it.each([
    [press(" "), "cut"],
    [press("Enter"), "auto"],
    [press("N"), "next"],
    [press("n"), "next"],
    [press("Escape", { shiftKey: true }), "panic"],
    [press("Escape"), "noSlot"],
    [press("Backspace"), "back"],
    [press("?", { shiftKey: true }), "help"],
    [press("=", {}), "slower"],
    [press("-"), "faster"],
    [press("ArrowLeft"), "previousSlot"],
    [press("5", { code: "Digit5" }), "source"],
    [press("!", { code: "Digit1", shiftKey: true }), "source"],
  ])("%o is %s", (pressed, action) => {
    expect(ruleOf(pressed)?.action).toBe(action);
  });

  it.each([
    press(" ", { shiftKey: true }),
    press("Enter", { shiftKey: true }),
    press("N", { shiftKey: true }),
    press("q"),
  ])("%o does nothing", (pressed) => {
    expect(ruleOf(pressed)).toBeUndefined();
  });

  it("have one rule each, and a text in both languages", () => {
    const actions = KEYS.map((rule) => rule.action);
    expect(new Set(actions).size).toBe(actions.length);
    expect(Object.keys(programme.keys).sort()).toEqual([...actions].sort());
  });

  it("reach all nineteen seats with digits", () => {
    const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0].map((digit) =>
      press(`${digit}`, { code: `Digit${digit}` }),
    );
    const shifted = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) =>
      press("", { code: `Digit${digit}`, shiftKey: true }),
    );
    const reached = [...digits, ...shifted].map((one) => sourceIndex(one));
    expect(reached).toEqual(Array.from({ length: 19 }, (_, index) => index));
    expect(reached.map((index) => sourceKey(index ?? -1)).slice(8, 12)).toEqual(["9", "0", "⇧1", "⇧2"]);
    expect(sourceKey(19)).toBe("");
  });

  it("take no navigation key of the number pad for a digit", () => {
    expect(sourceIndex(press("4", { code: "Numpad4" }))).toBe(3);
    expect(sourceIndex(press("ArrowLeft", { code: "Numpad4" }))).toBeUndefined();
  });
});
