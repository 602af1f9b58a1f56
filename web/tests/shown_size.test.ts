import { describe, expect, it } from "vitest";

import { layerFor } from "../client/shown_size.js";

describe("the layer that a picture's size has use for", () => {
  it("is low on a phone that is held upright, however fine its screen", () => {
    expect(layerFor(390, 219, 3, "main")).toBe("low");
    expect(layerFor(374, 210, 2, "main")).toBe("low");
  });

  it("is main on a computer's screen, and on a phone that is turned", () => {
    expect(layerFor(1026, 610, 1, "low")).toBe("main");
    expect(layerFor(844, 390, 3, "low")).toBe("main");
    expect(layerFor(1920, 1080, 1, "low")).toBe("main");
  });

  it("goes by the picture inside, not by the black beside it", () => {
    expect(layerFor(1200, 300, 1, "main")).toBe("low");
    expect(layerFor(600, 900, 1, "main")).toBe("low");
  });

  it("does not change between the two limits, or while nothing is shown", () => {
    expect(layerFor(760, 600, 1, "main")).toBe("main");
    expect(layerFor(760, 600, 1, "low")).toBe("low");
    expect(layerFor(0, 0, 1, "main")).toBe("main");
    expect(layerFor(0, 0, 1, "low")).toBe("low");
  });
});
