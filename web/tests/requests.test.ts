import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Requests } from "../client/requests.js";
import type { RequestEnvelope } from "../wire.js";

describe("requests", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function made(): { requests: Requests; sent: RequestEnvelope[] } {
    const sent: RequestEnvelope[] = [];
    return { requests: new Requests((envelope) => sent.push(envelope), 1000), sent };
  }

  it("finds the request of an answer by its id, in any order", async () => {
    const { requests, sent } = made();
    const first = requests.ask({ type: "get_state" });
    const second = requests.ask({ type: "leave" });
    expect(sent.map((envelope) => envelope.id)).toEqual([1, 2]);
    requests.answered({ v: 1, id: 2, body: { type: "done" } });
    requests.answered({ v: 1, id: 1, body: { type: "taken", revision: 1, at_ms: 2, frame: 3 } });
    expect((await first).type).toBe("taken");
    expect((await second).type).toBe("done");
  });

  it("rejects with the server's text and cure", async () => {
    const { requests } = made();
    const asked = requests.ask({ type: "leave" });
    const known = requests.refused({
      v: 1,
      id: 1,
      error: "seat.taken",
      kind: "user",
      text: "taken",
      cure: "take over",
      values: { seat: "x" },
    });
    expect(known).toBe(true);
    await expect(asked).rejects.toMatchObject({ id: "seat.taken", cure: "take over" });
  });

  it("says when no request caused an error", () => {
    const { requests } = made();
    const error = { error: "internal", kind: "user", text: "", cure: "", values: {} };
    expect(requests.refused({ v: 1, id: -1, ...error })).toBe(false);
  });

  it("gives up after a while", async () => {
    const { requests } = made();
    const asked = requests.ask({ type: "leave" });
    const refused = expect(asked).rejects.toMatchObject({ id: "client.timeout" });
    await vi.advanceTimersByTimeAsync(1001);
    await refused;
  });

  it("ends everything that waits when the connection is lost", async () => {
    const { requests } = made();
    const asked = requests.ask({ type: "leave" });
    requests.abandonAll();
    await expect(asked).rejects.toMatchObject({ id: "client.disconnected" });
  });
});
