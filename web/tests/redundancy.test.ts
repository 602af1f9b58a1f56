import { describe, expect, it } from "vitest";

import { LossWatch, soundCodecs, withRedundancy } from "../client/redundancy.js";

const ANSWER = [
  "v=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
  "a=rtpmap:111 opus/48000/2",
  "a=rtpmap:63 red/48000/2",
  "a=fmtp:63 111/111",
  "m=video 9 UDP/TLS/RTP/SAVPF 96",
  "",
].join("\r\n");

describe("sound that is sent twice", () => {
  it("begins with the loss and ends 20 s after it", () => {
    const watch = new LossWatch();
    expect(watch.step(0, 0)).toBe(false);
    expect(watch.step(1.5, 2_000)).toBe(false);
    expect(watch.step(2, 4_000)).toBe(true);
    expect(watch.step(0.6, 6_000)).toBe(true);
    expect(watch.step(0, 24_000)).toBe(true);
    expect(watch.step(0, 26_000)).toBe(false);
    expect(watch.step(1.9, 28_000)).toBe(false);
  });

  it("is what the browser finds first", () => {
    const first = withRedundancy(ANSWER, true);
    expect(first).toContain("m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n");
    expect(first).toContain("m=video 9 UDP/TLS/RTP/SAVPF 96\r\n");
    expect(withRedundancy(first, false)).toBe(ANSWER);
  });

  it("is not asked of a server that does not take it", () => {
    const plain = ANSWER.replace("a=rtpmap:63 red/48000/2\r\n", "");
    expect(withRedundancy(plain, true)).toBe(plain);
  });

  it("needs both codecs in the offer, and no others", () => {
    const codecs = ["audio/opus", "audio/red", "audio/PCMU"].map((mimeType) => ({ mimeType }));
    const names = (redundant: boolean): string[] =>
      soundCodecs(codecs, redundant).map((one) => one.mimeType);
    expect(names(false)).toEqual(["audio/opus", "audio/red"]);
    expect(names(true)).toEqual(["audio/red", "audio/opus"]);
  });
});
