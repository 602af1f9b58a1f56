import { describe, expect, it } from "vitest";

import { assign, gridPlaces, layoutName, NO_LOOKS, places, refill } from "../client/layouts.js";

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

  const three = {
    name: "three",
    title: "三人",
    title_en: "Three",
    caption: "box",
    fewest: 2,
    most: 3,
    places: [
      [[0, 0, 640, 360], [640, 0, 640, 360]],
      [[0, 0, 640, 360], [640, 0, 640, 360], [320, 360, 640, 360]],
    ],
  };
  const looks = { layouts: [three], themes: [], logos: [], captions: {} };

  it("draws a layout as it was described for this number of slots", () => {
    expect(places(looks, "three", 3)[2]).toEqual({ x: 0.25, y: 0.5, width: 0.5, height: 0.5 });
    expect(places(looks, "three", 2)).toHaveLength(2);
    expect(layoutName(looks, "three").title).toBe("三人");
  });

  it("draws what is not described yet as a grid", () => {
    expect(places(NO_LOOKS, "three", 3)).toEqual(gridPlaces(3));
    expect(layoutName(NO_LOOKS, "three").title).toBe("three");
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
