import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Desk } from "../client/desk.js";
import { NO_LOOKS } from "../client/layouts.js";
import { followLooks } from "../client/looks.js";
import type { SessionLike } from "../client/session.js";
import { Store } from "../client/store.js";
import type { Looks, StateValue } from "../wire.js";

const LOOKS: Looks = { ...NO_LOOKS, themes: ["autumn"] };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function follow(answers: (() => Promise<Looks>)[]): { store: Store; desk: Desk; asked: () => number } {
  const store = new Store();
  const session = { store } as unknown as SessionLike;
  const desk = new Desk(session);
  let asked = 0;
  const looks = (): Promise<Looks> => {
    asked += 1;
    return (answers[asked - 1] ?? (() => Promise.resolve(LOOKS)))();
  };
  followLooks(session, { looks }, desk);
  return { store, desk, asked: () => asked };
}

let theme = "default";

function tell(store: Store, revision: number, ...layouts: string[]): void {
  const graphics = { theme };
  const programme = { graphics, layouts: Object.fromEntries(layouts.map((name) => [name, [1, 1]])) };
  const state = { programme: programme as unknown as StateValue };
  store.apply({ type: "snapshot", revision, state });
}

it("asks once for the layouts that there are, and again for others", async () => {
  const { store, desk, asked } = follow([]);
  expect(asked()).toBe(0);
  tell(store, 1, "full");
  tell(store, 2, "full");
  await vi.advanceTimersByTimeAsync(0);
  expect(asked()).toBe(1);
  expect(desk.looks).toBe(LOOKS);
  tell(store, 3, "full", "own");
  expect(asked()).toBe(2);
  theme = "autumn";
  tell(store, 4, "full", "own");
  expect(asked()).toBe(3);
  theme = "default";
});

it("asks again later when it was not answered", async () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { store, desk, asked } = follow([() => Promise.reject(new Error("away"))]);
  tell(store, 1, "full");
  await vi.advanceTimersByTimeAsync(4000);
  expect(asked()).toBe(1);
  expect(warned).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked()).toBe(2);
  expect(desk.looks).toBe(LOOKS);
});
