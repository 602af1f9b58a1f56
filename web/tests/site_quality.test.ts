import { describe, expect, it } from "vitest";

import { curve, LineHistory, worst, type Sample } from "../client/line_history.js";
import { ownDown, siteQuality, withLine } from "../client/site_quality.js";
import type { Quality } from "../client/quality.js";
import type { DeviceView, LineView, SeatView, You } from "../wire.js";

function line(changed: Partial<LineView> = {}): LineView {
  return {
    cause: "good",
    grade: 5,
    rtt_ms: 20,
    loss_percent: 0,
    jitter_ms: 1,
    bitrate_kbps: 600,
    estimate_kbps: 0,
    picture: "",
    paused_tiles: [],
    ...changed,
  };
}

function device(up: LineView | null, down: LineView | null): DeviceView {
  return {
    id: 1,
    kind: "main",
    connection: "connected",
    has_audio: true,
    has_video: true,
    audio_muted: false,
    video_muted: false,
    quality: 5,
    rtt_ms: 0,
    loss_percent: 0,
    bitrate_kbps: 0,
    up,
    down,
  };
}

describe("the quality of a site", () => {
  it("is good while both directions are", () => {
    const seen = siteQuality(device(line(), line({ estimate_kbps: 3000 })));
    expect(seen).toMatchObject({ grade: 5, cause: "good", rtt_ms: 20, carries_kbps: 3000 });
  });

  it.each([
    ["loss_sending", line({ cause: "loss", grade: 2, loss_percent: 7 }), line()],
    ["loss_receiving", line(), line({ cause: "loss", grade: 3, loss_percent: 4 })],
    ["no_packets", line({ cause: "no_packets", grade: 1 }), line({ cause: "loss", grade: 2 })],
    ["narrow_receiving", line(), line({ cause: "narrow", grade: 3 })],
    ["picture_paused", line(), line({ cause: "paused", grade: 2, picture: "paused" })],
    ["disconnected", line({ cause: "reconnecting", grade: 1 }), null],
  ] as const)("names %s", (cause, up, down) => {
    expect(siteQuality(device(up, down))?.cause).toBe(cause);
  });

  it("is not known before anything is measured, nor to those who may not see it", () => {
    expect(siteQuality(device(line({ cause: "measuring", grade: 0 }), null))).toBeUndefined();
    expect(siteQuality(device(null, null))).toBeUndefined();
  });
});

describe("one's own quality", () => {
  const measured = siteQuality(device(line(), line()));
  const own = { ...device(null, line({ picture: "low" })), id: 7 };
  const store = {
    you: { seat: "bj-tax", device: 7 } as You,
    seat: () => ({ devices: [device(null, null), own] }) as unknown as SeatView,
  };

  it("is told with the picture that the line has no room for", () => {
    if (measured === undefined) {
      throw new Error("nothing was measured");
    }
    expect(withLine(measured, null)).toBe(measured);
    expect(withLine(measured, line())).toBe(measured);
    expect(withLine(measured, line({ picture: "low" }))).toMatchObject({
      grade: 3,
      cause: "narrow_receiving",
      rtt_ms: measured.rtt_ms,
    });
    expect(withLine(measured, line({ picture: "paused" }))).toMatchObject({
      grade: 2,
      cause: "picture_paused",
    });
  });

  it("leaves what is worse than a small picture its name", () => {
    if (measured === undefined) {
      throw new Error("nothing was measured");
    }
    const losing: Quality = { ...measured, grade: 1, cause: "loss_receiving" };
    expect(withLine(losing, line({ picture: "low" }))).toBe(losing);
    expect(withLine(losing, line({ picture: "paused" })).cause).toBe("picture_paused");
  });

  it("is that of the device of this page", () => {
    expect(ownDown(store)?.picture).toBe("low");
    expect(ownDown({ ...store, you: { seat: "bj-tax", device: 1 } as You })).toBeNull();
    expect(ownDown({ ...store, you: undefined })).toBeNull();
    expect(ownDown({ ...store, seat: () => undefined })).toBeNull();
  });
});

describe("the last minute", () => {
  const sample = (at_ms: number, rtt_ms = 10): Sample => ({
    at_ms,
    rtt_ms,
    loss_percent: 1,
    estimate_kbps: 0,
  });

  it("forgets what is older, and takes one sample a second", () => {
    const history = new LineHistory();
    for (let at_ms = 0; at_ms <= 200_000; at_ms += 250) {
      history.add(sample(at_ms));
    }
    const kept = history.samples;
    expect(kept.length).toBeLessThanOrEqual(67);
    expect((kept.at(-1)?.at_ms ?? 0) - (kept[0]?.at_ms ?? 0)).toBeLessThanOrEqual(60_000);
  });

  it("is drawn with now at the right and the most at the top", () => {
    const samples = [sample(0, 100), sample(30_000, 400), sample(60_000, 0)];
    const points = curve(samples, (one) => one.rtt_ms, 200, { width: 120, height: 20 }, 60_000);
    expect(points).toEqual([
      { x: 0, y: 15 },
      { x: 60, y: 0 },
      { x: 120, y: 20 },
    ]);
    expect(worst(samples)).toEqual({ loss_percent: 1, rtt_ms: 400 });
  });
});
