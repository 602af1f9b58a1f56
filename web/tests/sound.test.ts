import { describe, expect, it } from "vitest";

import { InputCheck } from "../client/input_check.js";
import { withStereo } from "../client/opus_sdp.js";

const ANSWER = [
  "v=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 minptime=10;useinbandfec=1;stereo=0",
  "a=rtpmap:63 red/48000/2",
  "",
].join("\r\n");

describe("a mixing desk's sound", () => {
  it("is asked for in stereo at its bit rate, and keeps the rest", () => {
    expect(withStereo(ANSWER, 128_000)).toBe(
      ANSWER.replace(
        "minptime=10;useinbandfec=1;stereo=0",
        "minptime=10;useinbandfec=1;stereo=1;maxaveragebitrate=128000",
      ),
    );
  });

  it("is asked for where the answer says nothing of Opus", () => {
    const plain = ANSWER.replace(/a=fmtp.*\r\n/, "");
    expect(withStereo(plain, 96_000)).toContain(
      "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 stereo=1;maxaveragebitrate=96000\r\n",
    );
    expect(withStereo("v=0\r\n", 96_000)).toBe("v=0\r\n");
  });
});

describe("the check of an input", () => {
  function after(...measures: [number, number][]): string {
    const check = new InputCheck();
    measures.forEach(([rms_db, peak_db]) => {
      check.add(rms_db, peak_db);
    });
    return check.verdict;
  }

  it("goes by the loudest moment, since speech has pauses", () => {
    expect(after([-90, -80])).toBe("silent");
    expect(after([-90, -80], [-50, -35])).toBe("low");
    expect(after([-90, -80], [-25, -10], [-90, -80])).toBe("good");
  });

  it("remembers clipping for a while", () => {
    expect(after([-10, 0], [-25, -10])).toBe("clipping");
    const calm = Array.from({ length: 60 }, (): [number, number] => [-25, -10]);
    expect(after([-10, 0], ...calm)).toBe("good");
  });
});
