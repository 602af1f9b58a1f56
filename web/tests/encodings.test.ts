import { describe, expect, it } from "vitest";

import { activate, pictureBitrate_bps, pictureEncodings } from "../client/encodings.js";
import { hearingStereo } from "../client/opus_sdp.js";
import { decodes } from "../client/receiver.js";

const HALL = { width: 1280, height: 720, fps: 25 };
const SITE = { width: 640, height: 360, fps: 15 };

describe("a camera's layers", () => {
  it("are three of a large picture, the smallest first", () => {
    const layers = pictureEncodings(HALL, "camera");
    expect(layers.map((one) => [one.rid, one.scaleResolutionDownBy])).toEqual([
      ["l", 4],
      ["m", 2],
      ["h", 1],
    ]);
    expect(layers.map((one) => one.maxBitrate)).toEqual([158_400, 633_600, 2_534_400]);
  });

  it("are two of a member's", () => {
    expect(pictureEncodings(SITE, "camera").map((one) => one.rid)).toEqual(["l", "h"]);
    expect(pictureEncodings(SITE, "camera")[1]?.maxBitrate).toBe(380_160);
  });

  it("are one of a small picture, and of slides, which must stay readable", () => {
    const [only, ...none] = pictureEncodings({ width: 320, height: 180, fps: 15 }, "camera");
    expect(none).toEqual([]);
    expect(only?.rid).toBeUndefined();
    expect(only?.maxBitrate).toBe(pictureBitrate_bps({ width: 320, height: 180, fps: 15 }));
    expect(pictureEncodings(HALL, "slides")).toHaveLength(1);
  });

  it("pause when nobody takes them and go on when somebody does", () => {
    const layers: RTCRtpEncodingParameters[] = [{ rid: "l" }, { rid: "m", active: true }, { rid: "h" }];
    expect(activate(layers, undefined)).toBe(false);
    expect(activate(layers, [0])).toBe(true);
    expect(layers.map((one) => one.active)).toEqual([true, false, false]);
    expect(activate(layers, [0])).toBe(false);
    expect(activate(layers, [0, 2])).toBe(true);
    expect(layers.map((one) => one.active)).toEqual([true, false, true]);
    expect(activate(layers, [])).toBe(true);
    expect(layers.some((one) => one.active)).toBe(false);
  });
});

describe("a receiver", () => {
  it("names the codecs it shows, as the server calls them", () => {
    const codec = (mimeType: string): RTCRtpCodec => ({ mimeType, clockRate: 90_000 });
    expect(decodes([codec("video/VP8"), codec("video/H264"), codec("video/rtx"), codec("video/VP8")])).toEqual([
      "h264",
      "vp8",
    ]);
    expect(decodes([codec("video/AV1"), codec("video/VP8")])).toEqual(["vp8"]);
  });

  it("hears stereo on every line of Opus, unless it is said already", () => {
    const answer = [
      "m=audio 9 UDP/TLS/RTP/SAVPF 111",
      "a=rtpmap:111 opus/48000/2",
      "a=fmtp:111 minptime=10;useinbandfec=1",
      "m=audio 9 UDP/TLS/RTP/SAVPF 111",
      "a=rtpmap:111 opus/48000/2",
      "a=fmtp:111 minptime=10;stereo=0",
      "m=video 9 UDP/TLS/RTP/SAVPF 102",
      "a=fmtp:102 packetization-mode=1",
      "",
    ].join("\r\n");
    expect(hearingStereo(answer)).toBe(
      answer.replace("useinbandfec=1", "useinbandfec=1;stereo=1"),
    );
    expect(hearingStereo("v=0\r\n")).toBe("v=0\r\n");
  });
});
