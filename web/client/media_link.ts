/**
 * One direction of media: a peer connection that is made, watched and made anew whenever it
 * breaks. Publisher and Receiver say how theirs is negotiated.
 */

import type { IceServerView } from "../wire.js";

import { Backoff } from "./backoff.js";
import type { Fault } from "./faults.js";
import { asFault, type SessionLike } from "./session.js";
import { Signal } from "./signal.js";

/** `waiting`: not asked for yet, or the server is away. */
export type LinkState = "waiting" | "connecting" | "connected" | "repairing";

/** A path that is gone for this long is looked for anew, on the same connection. */
const DISCONNECTED_FOR_MS = 1_500;
const RESTART_WITHIN_MS = 5_000;
/** Then it becomes another connection. The server keeps a silent one for 30 s. */
const RESTARTS_FOR_MS = 20_000;
const CONNECT_WITHIN_MS = 10_000;
const STEADY_AFTER_MS = 10_000;
/** Pages that are told to come back at once spread over this time. */
const SPREAD_MS = 200;

export abstract class MediaLink {
  readonly changed = new Signal();
  state: LinkState = "waiting";
  /** Why the last attempt failed; cleared by the next success. */
  fault: Fault | undefined;
  /** How often the connection was made, for tests and reports. */
  connections = 0;
  /** How often another path was looked for on the same connection. */
  restarts = 0;

  protected peer: RTCPeerConnection | undefined;
  private readonly backoff = new Backoff();
  private wanted = false;
  private attempt = 0;
  /** The attempt that was connected last; what it loses is a path and not the connection. */
  private connected = 0;
  private restarting = false;
  /** When the path went, on the page's clock. */
  private lost_ms: number | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly unsubscribe: (() => void)[];

  constructor(
    protected readonly session: SessionLike,
    direction: "publish" | "subscribe",
  ) {
    this.unsubscribe = [
      session.store.changed.on((keys) => {
        if (keys.has("you")) {
          this.renewServers();
        }
      }),
      session.renegotiate.on((named) => {
        if (named === direction && this.wanted) {
          this.backoff.reset();
          this.again(Math.random() * SPREAD_MS);
        }
      }),
      session.connectionChanged.on(() => {
        const isAway = this.state !== "connected" || this.lost_ms !== undefined;
        if (session.connection === "connected" && this.wanted && isAway) {
          this.backoff.reset();
          this.repair();
        }
      }),
    ];
  }

  /** Exchanges offer and answer with the server on a fresh peer connection. */
  protected abstract negotiate(peer: RTCPeerConnection): Promise<void>;

  /** Looks for another path on the same connection (ICE restart). */
  protected abstract restart(peer: RTCPeerConnection): Promise<void>;

  /** Makes the connection, or makes it anew. */
  start(): void {
    this.wanted = true;
    this.again(0);
  }

  stop(): void {
    this.wanted = false;
    this.attempt += 1;
    clearTimeout(this.timer);
    this.drop();
    this.move("waiting");
  }

  dispose(): void {
    this.stop();
    for (const stop of this.unsubscribe) {
      stop();
    }
  }

  async stats(): Promise<RTCStatsReport | undefined> {
    return this.peer?.getStats();
  }

  private again(after_ms: number): void {
    this.attempt += 1;
    clearTimeout(this.timer);
    this.lost_ms = undefined;
    this.restarting = false;
    const attempt = this.attempt;
    this.move(this.connections === 0 ? "connecting" : "repairing");
    this.timer = setTimeout(() => {
      void this.connect(attempt);
    }, after_ms);
  }

  private async connect(attempt: number): Promise<void> {
    if (this.session.connection !== "connected") {
      // `connectionChanged` starts the next attempt.
      return;
    }
    this.drop();
    const peer = new RTCPeerConnection({
      bundlePolicy: "max-bundle",
      rtcpMuxPolicy: "require",
      iceServers: this.iceServers,
    });
    this.peer = peer;
    this.watch(peer, attempt);
    try {
      await this.negotiate(peer);
      this.after(CONNECT_WITHIN_MS, attempt, () => {
        if (this.connected !== attempt) {
          this.again(this.backoff.next());
        }
      });
    } catch (reason: unknown) {
      if (attempt === this.attempt) {
        this.fault = asFault(reason);
        this.again(this.backoff.next());
      }
    }
  }

  private get iceServers(): IceServerView[] {
    return this.session.store.you?.ice_servers ?? [];
  }

  /** Credentials of a relay expire and come anew; the next look for a path uses them. */
  private renewServers(): void {
    const { peer, iceServers } = this;
    if (peer !== undefined && peer.signalingState !== "closed") {
      peer.setConfiguration({ ...peer.getConfiguration(), iceServers });
    }
  }

  private watch(peer: RTCPeerConnection, attempt: number): void {
    peer.addEventListener("connectionstatechange", () => {
      if (attempt === this.attempt) {
        this.judge(peer, attempt);
      }
    });
    peer.addEventListener("iceconnectionstatechange", () => {
      if (attempt === this.attempt) {
        this.judge(peer, attempt);
      }
    });
  }

  private judge(peer: RTCPeerConnection, attempt: number): void {
    if (peer.connectionState === "failed" || peer.iceConnectionState === "failed") {
      if (this.connected !== attempt || isOver(peer)) {
        this.again(this.backoff.next());
      } else {
        this.move("repairing");
        this.lose(peer, attempt, this.backoff.next());
      }
    } else if (peer.iceConnectionState === "disconnected") {
      this.after(DISCONNECTED_FOR_MS, attempt, () => {
        if (peer.iceConnectionState === "disconnected") {
          this.lose(peer, attempt, 0);
        }
      });
    } else if (hasPath(peer)) {
      this.arrive(attempt);
    }
  }

  private arrive(attempt: number): void {
    this.lost_ms = undefined;
    if (this.connected !== attempt) {
      this.connected = attempt;
      this.connections += 1;
      this.after(STEADY_AFTER_MS, attempt, () => {
        this.backoff.reset();
      });
    }
    this.fault = undefined;
    this.move("connected");
  }

  /** The path is gone: another one, first of all on the same connection. */
  private lose(peer: RTCPeerConnection, attempt: number, after_ms: number): void {
    if (this.lost_ms === undefined) {
      this.lost_ms = performance.now();
      this.after(after_ms, attempt, () => {
        void this.lookAnew(peer, attempt);
      });
    }
  }

  /** The server is there again. */
  private repair(): void {
    if (this.peer !== undefined && this.lost_ms !== undefined) {
      void this.lookAnew(this.peer, this.attempt);
    } else {
      this.again(0);
    }
  }

  /** Another path if there is one, asked for until it is long gone; then another connection. */
  private async lookAnew(peer: RTCPeerConnection, attempt: number): Promise<void> {
    if (this.restarting || this.lost_ms === undefined) {
      return;
    }
    if (hasPath(peer)) {
      this.arrive(attempt);
      return;
    }
    if (performance.now() - this.lost_ms > RESTARTS_FOR_MS || isOver(peer)) {
      this.again(this.backoff.next());
      return;
    }
    if (this.session.connection !== "connected") {
      // `connectionChanged` goes on.
      return;
    }
    this.restarting = true;
    try {
      await this.restart(peer);
      this.restarts += 1;
      this.after(RESTART_WITHIN_MS, attempt, () => {
        this.restarting = false;
        void this.lookAnew(peer, attempt);
      });
    } catch (reason: unknown) {
      if (attempt === this.attempt) {
        this.fault = asFault(reason);
        this.again(this.backoff.next());
      }
    }
  }

  /** Runs `step` later unless another attempt has begun by then. */
  private after(delay_ms: number, attempt: number, step: () => void): void {
    setTimeout(() => {
      if (attempt === this.attempt) {
        step();
      }
    }, delay_ms);
  }

  private drop(): void {
    this.peer?.close();
    this.peer = undefined;
  }

  private move(state: LinkState): void {
    if (state !== this.state) {
      this.state = state;
      this.changed.emit();
    }
  }
}

function hasPath({ connectionState, iceConnectionState }: RTCPeerConnection): boolean {
  return connectionState === "connected" && ["connected", "completed"].includes(iceConnectionState);
}

/** Whether its keys are gone: another path would carry nothing. */
function isOver(peer: RTCPeerConnection): boolean {
  const ends = [...peer.getSenders(), ...peer.getReceivers()];
  return ends.some(({ transport }) => transport?.state === "failed" || transport?.state === "closed");
}
