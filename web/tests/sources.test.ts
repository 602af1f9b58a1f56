import { describe, expect, it } from "vitest";

import { meant, sourcesOf, type SourceState } from "../client/sources.js";
import { sourceName } from "../text/sources.js";
import type { DeviceView, SeatView } from "../wire.js";

const camera = { kind: "main", has_video: true } as DeviceView;
const slides = { kind: "slides", has_video: true } as DeviceView;

function seat(name: string, kind: string, ...devices: DeviceView[]): SeatView {
  return { seat: name, name, name_en: "", kind, devices } as unknown as SeatView;
}

const STATE: SourceState = {
  sites: [
    seat("beijing", "hall", camera, slides),
    seat("hunan", "hall", camera),
    seat("studio", "remote", camera),
    seat("school", "remote"),
  ],
  programme: { speaker: "hunan", call_in: "" },
  clip: { state: "cued", file: "opening.mp4" },
};

describe("sources of slots", () => {
  it("are what follows the event, every seat, and further devices", () => {
    expect(sourcesOf(STATE).map((one) => one.source)).toEqual([
      "hall:a",
      "hall:b",
      "speaker",
      "call_in",
      "clip",
      "beijing",
      "hunan",
      "studio",
      "school",
      "beijing/slides/slides",
    ]);
  });

  it("tell whether a picture can be expected", () => {
    const away = sourcesOf(STATE).filter((one) => !one.here);
    expect(away.map((one) => one.source)).toEqual(["call_in", "school"]);
  });

  it("have no clip before one is cued, and no second hall where there is one", () => {
    const found = sourcesOf({ ...STATE, sites: STATE.sites.slice(2), clip: { state: "empty", file: "" } });
    expect(found.map((one) => one.source)).toEqual(["speaker", "call_in", "studio", "school"]);
  });

  it("mean a seat's picture now", () => {
    const sources = sourcesOf(STATE);
    expect(meant("hall:b", sources)).toBe("hunan");
    expect(meant("speaker", sources)).toBe("hunan");
    expect(meant("call_in", sources)).toBe("");
    expect(meant("beijing/slides/slides", sources)).toBe("beijing/slides/slides");
  });

  it("are named with whom they mean", () => {
    const sources = sourcesOf(STATE);
    const names = ["hall:a", "clip", "beijing/slides/slides", "call_in", "gone"].map((source) =>
      sourceName(source, sources),
    );
    expect(names).toEqual(["会场 A · beijing", "短片 · opening.mp4", "beijing · 课件", "当前连线", "gone"]);
  });
});
