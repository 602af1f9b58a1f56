import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { MediaLink } from "../client/media_link.js";
import { Fault } from "../client/faults.js";
import type { Connection, SessionLike } from "../client/session.js";
import { Signal } from "../client/signal.js";
import { Store } from "../client/store.js";

/** As much of a peer connection as a link looks at. */
class FakePeer extends EventTarget {
  connectionState = "new";
  iceConnectionState = "new";
  signalingState = "stable";
  keys = "connected";

  close(): void {
    this.signalingState = "closed";
  }

  getSenders(): { transport: { state: string } }[] {
    return [{ transport: { state: this.keys } }];
  }

  getReceivers(): [] {
    return [];
  }

  become(connection: string, ice = connection): void {
    this.connectionState = connection;
    this.iceConnectionState = ice;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
}

const made: FakePeer[] = [];
const session = {
  store: new Store(),
  connection: "connected" as Connection,
  renegotiate: new Signal<string>(),
  connectionChanged: new Signal(),
};

class Link extends MediaLink {
  refused = false;

  protected override negotiate(): Promise<void> {
    return Promise.resolve();
  }

  protected override restart(): Promise<void> {
    return this.refused
      ? Promise.reject(new Fault("media.unavailable", "Media is away.", ""))
      : Promise.resolve();
  }
}

async function connected(): Promise<{ link: Link; peer: FakePeer }> {
  const link = new Link(session as unknown as SessionLike, "publish");
  link.start();
  await vi.advanceTimersByTimeAsync(10);
  const peer = newest();
  peer.become("connected");
  return { link, peer };
}

function newest(): FakePeer {
  const peer = made.at(-1);
  if (peer === undefined) {
    throw new Error("no connection was made");
  }
  return peer;
}

beforeEach(() => {
  vi.useFakeTimers();
  made.length = 0;
  session.connection = "connected";
  vi.stubGlobal(
    "RTCPeerConnection",
    class extends FakePeer {
      constructor() {
        super();
        made.push(this);
      }
    },
  );
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a connection that loses its path", () => {
  it.each(["failed", "disconnected"])("looks for another when %s, and stays", async (state) => {
    const { link, peer } = await connected();
    peer.become(state);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(link.restarts).toBe(1);
    peer.become("connected");
    expect(link).toMatchObject({ state: "connected", connections: 1 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(link.restarts).toBe(1);
    expect(made).toEqual([peer]);
    link.dispose();
  });

  it("asks again while there is none, and becomes another before the server forgets it", async () => {
    const { link, peer } = await connected();
    peer.become("failed");
    await vi.advanceTimersByTimeAsync(18_000);
    expect(link.restarts).toBe(4);
    expect(link.state).toBe("repairing");
    expect(made).toEqual([peer]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(made.length).toBe(2);
    expect(peer.signalingState).toBe("closed");
    link.dispose();
  });

  it("waits for the server when that is away too", async () => {
    const { link, peer } = await connected();
    session.connection = "reconnecting";
    peer.become("failed");
    await vi.advanceTimersByTimeAsync(8_000);
    expect(link.restarts).toBe(0);
    session.connection = "connected";
    session.connectionChanged.emit();
    await vi.advanceTimersByTimeAsync(10);
    expect(link.restarts).toBe(1);
    expect(made).toEqual([peer]);
    link.dispose();
  });

  it("becomes another at once where keys are gone or the server refuses", async () => {
    const { link, peer } = await connected();
    peer.keys = "failed";
    peer.become("failed", "connected");
    await vi.advanceTimersByTimeAsync(300);
    expect(link.restarts).toBe(0);
    expect(made.length).toBe(2);
    newest().become("connected");
    link.refused = true;
    newest().become("failed");
    await vi.advanceTimersByTimeAsync(1_500);
    expect(made.length).toBe(3);
    expect(link.fault?.id).toBe("media.unavailable");
    link.dispose();
  });

  it("that never was connected is made anew", async () => {
    const link = new Link(session as unknown as SessionLike, "subscribe");
    link.start();
    await vi.advanceTimersByTimeAsync(10);
    newest().become("failed");
    await vi.advanceTimersByTimeAsync(300);
    expect(link.restarts).toBe(0);
    expect(made.length).toBe(2);
    link.dispose();
  });
});
