import { describe, expect, it } from "vitest";

import { Store } from "../client/store.js";
import { pretendedState } from "../dev/pretended_event.js";

function filled(now_ms = 0): Store {
  const store = new Store(() => now_ms);
  store.apply({ type: "snapshot", revision: 7, state: pretendedState("beijing") });
  return store;
}

describe("the state of a page", () => {
  it("takes a delta that follows", () => {
    const store = filled();
    const changed: string[] = [];
    store.changed.on((keys) => changed.push(...keys));
    const seat = store.seat("site1");
    expect(seat).toBeDefined();
    const outcome = store.apply({
      type: "delta",
      previous: 7,
      revision: 8,
      put: seat === undefined ? {} : { "seat/site1": { ...seat, on_air: true } },
      remove: ["condition/disk.low/data"],
    });
    expect(outcome).toBe("applied");
    expect(store.seat("site1")?.on_air).toBe(true);
    expect(store.conditions.map((one) => one.id)).toEqual(["sound.echo"]);
    expect(changed.sort()).toEqual(["condition/disk.low/data", "seat/site1"]);
  });

  it("sees a gap and changes nothing", () => {
    const store = filled();
    const outcome = store.apply({
      type: "delta",
      previous: 8,
      revision: 9,
      put: {},
      remove: ["seat/site1"],
    });
    expect(outcome).toBe("gap");
    expect(store.seat("site1")).toBeDefined();
  });

  it("leaves out a delta that it already has", () => {
    const store = filled();
    expect(
      store.apply({ type: "delta", previous: 6, revision: 7, put: {}, remove: ["event"] }),
    ).toBe("old");
    expect(store.event).toBeDefined();
  });

  it("takes what concerns this page alone, which has no revision of its own", () => {
    const store = filled();
    const { you } = store;
    if (you === undefined) {
      throw new Error("the page is told who it is");
    }
    const fresh = [{ urls: ["turn:turn.example.org"], username: "2:beijing", credential: "x" }];
    const put = { you: { ...you, ice_servers: fresh } };
    expect(store.apply({ type: "delta", previous: 7, revision: 7, put, remove: [] })).toBe("applied");
    expect(store.you?.ice_servers).toEqual(fresh);
  });

  it("takes a delta before the first snapshot for a gap", () => {
    const store = new Store(() => 0);
    expect(store.apply({ type: "delta", previous: 3, revision: 4, put: {}, remove: [] })).toBe(
      "gap",
    );
  });

  it("forgets with a snapshot what the snapshot does not carry", () => {
    const store = filled();
    store.apply({ type: "snapshot", revision: 2, state: {} });
    expect(store.sites).toEqual([]);
    expect(store.you).toBeUndefined();
  });

  it("lists halls first, then sites by order, no desks", () => {
    const names = filled().sites.map((seat) => seat.seat);
    expect(names.slice(0, 3)).toEqual(["beijing", "hunan", "site1"]);
    expect(names).toHaveLength(19);
  });

  it("counts session time on from the last message", () => {
    let now_ms = 1000;
    const store = new Store(() => now_ms);
    store.apply({ type: "snapshot", revision: 1, state: pretendedState("beijing") });
    now_ms = 3500;
    expect(store.sessionTime_ms).toBe(754_000 + 2500);
  });
});
