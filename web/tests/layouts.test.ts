import { describe, expect, it } from "vitest";

import { assign, gridPlaces, places, refill } from "../client/layouts.js";

describe("layouts on the desk", () => {
  it.each([1, 2, 3, 5, 9, 16, 19, 20])("keeps a grid of %i inside and apart", (count) => {
    const tiles = gridPlaces(count);
    expect(tiles).toHaveLength(count);
    for (const [index, tile] of tiles.entries()) {
      expect(tile.x).toBeGreaterThanOrEqual(0);
      expect(tile.y).toBeGreaterThanOrEqual(0);
      expect(tile.x + tile.width).toBeLessThanOrEqual(1);
      expect(tile.y + tile.height).toBeLessThanOrEqual(1);
      for (const other of tiles.slice(index + 1)) {
        const apart =
          tile.x + tile.width <= other.x ||
          other.x + other.width <= tile.x ||
          tile.y + tile.height <= other.y;
        expect(apart).toBe(true);
      }
    }
  });

  it("draws a layout that it does not know as a grid", () => {
    expect(places("something_new", 3)).toEqual(gridPlaces(3));
  });

  it("keeps chosen sites when the layout changes and fills up with others", () => {
    expect(refill(["b"], [2, 2], ["a", "b", "c"])).toEqual(["b", "a"]);
    expect(refill(["a", "b", "c"], [1, 1], ["a"])).toEqual(["a"]);
    expect(refill(["c"], [1, 19], ["a", "b", "c"])).toEqual(["c", "a", "b"]);
  });

  it("never puts a site into two slots: the two change places", () => {
    expect(assign(["a", "b"], 0, "b")).toEqual(["b", "a"]);
    expect(assign(["a", "b"], 1, "c")).toEqual(["a", "c"]);
    expect(assign(["a", "b"], 0, "a")).toEqual(["a", "b"]);
  });
});
