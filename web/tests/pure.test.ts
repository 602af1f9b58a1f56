import { describe, expect, it } from "vitest";

import { Backoff } from "../client/backoff.js";
import { pictureConstraints, pictureSize, soundConstraints } from "../client/capture.js";
import { level_db, meterPosition, SILENCE_DB } from "../client/level.js";
import { preferredVideo } from "../client/publisher.js";
import { choicesFrom } from "../client/remembered.js";
import { duration, fileSize } from "../parts/base/figures.js";
import { linkGroup } from "../client/link_group.js";
import { preferredLocale } from "../text/language.js";

describe("waiting between attempts", () => {
  it("doubles up to the longest and keeps half of it random", () => {
    const most = new Backoff({ first_ms: 100, longest_ms: 1000 }, () => 1);
    expect([1, 2, 3, 4, 5, 6].map(() => most.next())).toEqual([100, 200, 400, 800, 1000, 1000]);
    most.reset();
    expect(most.next()).toBe(100);
    expect(new Backoff({ first_ms: 100, longest_ms: 1000 }, () => 0).next()).toBe(50);
  });
});

describe("what is captured", () => {
  it("is 720p25 in a hall and 360p15 elsewhere", () => {
    const none = new URLSearchParams();
    expect(pictureSize("hall", none)).toEqual({ width: 1280, height: 720, fps: 25 });
    expect(pictureSize("remote", none)).toEqual({ width: 640, height: 360, fps: 15 });
  });

  it("follows the address, but not nonsense in it", () => {
    const query = new URLSearchParams("width=320&height=-1&fps=x");
    expect(pictureSize("hall", query)).toEqual({ width: 320, height: 720, fps: 25 });
  });

  it("is left as it is from a mixing desk", () => {
    expect(soundConstraints("desk", "")).toMatchObject({
      echoCancellation: false,
      noiseSuppression: false,
      autoGainControl: false,
    });
    expect(soundConstraints("laptop", "m")).toMatchObject({
      echoCancellation: true,
      deviceId: { ideal: "m" },
    });
  });

  it("asks for no particular camera unless one was chosen", () => {
    const size = { width: 640, height: 360, fps: 15 };
    expect(pictureConstraints(size, "")).not.toHaveProperty("deviceId");
  });
});

describe("codecs", () => {
  const codec = (mimeType: string, sdpFmtpLine?: string): RTCRtpCodec => ({
    mimeType,
    clockRate: 90_000,
    ...(sdpFmtpLine === undefined ? {} : { sdpFmtpLine }),
  });

  it("offers VP8 before H.264 and nothing that the server cannot take", () => {
    const all = [codec("video/AV1"), codec("video/H264", "a"), codec("video/rtx"), codec("video/VP8")];
    expect(preferredVideo(all, all).map((one) => one.mimeType)).toEqual([
      "video/VP8",
      "video/H264",
      "video/rtx",
    ]);
  });

  it("leaves out what the browser can only send", () => {
    const send = [codec("video/VP8"), codec("video/H264", "odd")];
    expect(preferredVideo(send, [codec("video/VP8")])).toHaveLength(1);
  });
});

describe("levels", () => {
  it("are decibels below full scale", () => {
    expect(level_db(new Float32Array(10))).toBe(SILENCE_DB);
    expect(level_db(new Float32Array([1, -1]))).toBeCloseTo(0);
    expect(level_db(new Float32Array([0.1, -0.1]))).toBeCloseTo(-20);
    expect([-70, -60, -30, 0, 3].map(meterPosition)).toEqual([0, 0, 0.5, 1, 1]);
  });
});

describe("what a browser remembers", () => {
  it("falls back to defaults where the stored text makes no sense", () => {
    expect(choicesFrom("{").preset).toBe("laptop");
    expect(choicesFrom('{"volume":"loud","camera":"c"}')).toMatchObject({ volume: 1, camera: "c" });
  });
});

describe("figures", () => {
  it("are written as people read them", () => {
    expect(duration(3_723_400)).toBe("1:02:03");
    expect(duration(59_999)).toBe("0:59");
    expect(fileSize(999)).toBe("999 B");
    expect(fileSize(1_934_000_000)).toBe("1.9 GB");
  });
});

describe("language", () => {
  it("is English only for people who prefer it", () => {
    expect(preferredLocale(null, ["en-GB", "zh-CN"])).toBe("en");
    expect(preferredLocale(null, ["fr", "zh-TW"])).toBe("zh-CN");
    expect(preferredLocale(null, ["de"])).toBe("zh-CN");
    expect(preferredLocale("en", ["zh-CN"])).toBe("en");
    expect(preferredLocale("xx", ["en-US"])).toBe("en");
  });
});

describe("links", () => {
  it("are grouped by where people sit", () => {
    expect(["operator", "member", "director", "archivist"].map(linkGroup)).toEqual([
      "halls",
      "remotes",
      "desks",
      "desks",
    ]);
  });
});
