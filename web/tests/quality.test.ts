import { describe, expect, it } from "vitest";

import { counters, quality, type Counters } from "../client/quality.js";

const BEGIN: Counters = {
  at_ms: 0,
  sent: 1000,
  sentLost: 10,
  received: 5000,
  receivedLost: 20,
  bytesSent: 0,
  bytesReceived: 0,
  framesDecoded: 100,
  framesSent: 100,
  rtt_ms: 20,
  limitedBy: "none",
  carries_kbps: 0,
};

function after(changed: Partial<Counters>): Counters {
  return {
    ...BEGIN,
    at_ms: 2000,
    sent: 1200,
    received: 5400,
    bytesSent: 250_000,
    framesDecoded: 150,
    framesSent: 130,
    ...changed,
  };
}

describe("the quality of one's own connection", () => {
  it("is good when nothing is wrong", () => {
    const measured = quality(BEGIN, after({}));
    expect(measured).toMatchObject({ grade: 5, cause: "good", decoded_fps: 25, sent_fps: 15 });
    expect(measured.sending_kbps).toBe(1000);
  });

  it.each([
    ["loss_sending", { sentLost: 30 }],
    ["loss_receiving", { receivedLost: 50 }],
    ["delay", { rtt_ms: 450 }],
    ["slow_computer", { limitedBy: "cpu" }],
    ["slow_line", { limitedBy: "bandwidth" }],
    ["no_picture", { framesDecoded: 100 }],
  ] as const)("names %s", (cause, changed) => {
    const measured = quality(BEGIN, after(changed));
    expect(measured.cause).toBe(cause);
    expect(measured.grade).toBeLessThan(4);
  });

  it("counts only what was lost since", () => {
    const measured = quality(BEGIN, after({ receivedLost: 20 }));
    expect(measured.lossReceiving_percent).toBe(0);
  });

  it("lets the worst decide", () => {
    expect(quality(BEGIN, after({ rtt_ms: 300, receivedLost: 120 })).cause).toBe("loss_receiving");
  });

  it("survives counters that begin anew with a new connection", () => {
    const measured = quality(BEGIN, after({ sent: 10, received: 10, receivedLost: 0 }));
    expect(measured.lossReceiving_percent).toBe(0);
    expect(measured.lossSending_percent).toBe(0);
  });
});

describe("counters", () => {
  it("sums both directions of a browser's report", () => {
    const found = counters(
      [
        { type: "outbound-rtp", kind: "video", packetsSent: 50, qualityLimitationReason: "cpu" },
        { type: "outbound-rtp", kind: "audio", packetsSent: 5 },
        { type: "remote-inbound-rtp", packetsLost: 2, roundTripTime: 0.05 },
        { type: "inbound-rtp", kind: "video", packetsReceived: 70, framesDecoded: 9 },
        { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.03 },
        { type: "codec" },
      ],
      5,
    );
    expect(found).toMatchObject({
      at_ms: 5,
      sent: 55,
      sentLost: 2,
      received: 70,
      framesDecoded: 9,
      rtt_ms: 50,
      limitedBy: "cpu",
    });
  });
});
