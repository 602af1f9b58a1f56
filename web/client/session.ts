/**
 * The connection to the server: one Socket.IO connection, requests with answers, the state,
 * notices. It comes back by itself; who uses it only watches `connection`.
 */

import { io, type Socket } from "socket.io-client";

import { locale, say } from "../text/language.js";
import { faults } from "../text/faults.js";
import type {
  AnswerBody,
  AnswerEnvelope,
  ConnectAuth,
  ErrorEnvelope,
  Levels,
  NoticeEnvelope,
  PublishLayers,
  RequestBody,
  StateMessage,
} from "../wire.js";

import { Fault, faultFrom, isServerError } from "./faults.js";
import { Requests } from "./requests.js";
import { Signal } from "./signal.js";
import { Store } from "./store.js";

const REQUEST_TIMEOUT_MS = 10_000;
const TRY_AGAIN_MS = 1_000;
const GAP_ASK_AGAIN_MS = 2_000;

/**
 * `connecting` until the first snapshot; `reconnecting` while the page tries by itself;
 * `refused` and `gone` are final.
 */
export type Connection = "connecting" | "connected" | "reconnecting" | "refused" | "gone";

type Answer<Type extends AnswerBody["type"]> = Extract<AnswerBody, { type: Type }>;

/** What pages and elements use; fixtures put in a pretended one. */
export interface SessionLike {
  readonly store: Store;
  readonly connection: Connection;
  readonly fault: Fault | undefined;
  readonly connectionChanged: Signal;
  readonly renegotiate: Signal<string>;
  readonly complaint: Signal<Fault>;
  /** Levels of all sites, while they are watched (`watch_levels`). */
  readonly levels: Signal<Levels>;
  /** Layers of own publications that somebody takes; one that is not in it sends everything. */
  readonly layersTaken: ReadonlyMap<number, readonly number[]>;
  readonly layersChanged: Signal<PublishLayers>;
  /** Sends a request and waits for an answer of the named type; rejects with a `Fault`. */
  ask<Type extends AnswerBody["type"]>(body: RequestBody, expects: Type): Promise<Answer<Type>>;
  /** Sends a request that answers `done`; a failure becomes a `complaint`. */
  tell(body: RequestBody, expects?: AnswerBody["type"]): void;
  close(): void;
}

export interface SessionOptions {
  readonly token: string;
  readonly device: string;
  /** Where the secret for coming back is kept over a reload. */
  readonly resume: { get(): string; set(secret: string): void };
}

export class Session implements SessionLike {
  readonly store = new Store();
  readonly connectionChanged = new Signal();
  /** `publish` or `subscribe`: this direction must be negotiated anew. */
  readonly renegotiate = new Signal<string>();
  /** Errors that no waiting code handles: to be shown. */
  readonly complaint = new Signal<Fault>();
  readonly levels = new Signal<Levels>();
  readonly layersTaken = new Map<number, readonly number[]>();
  readonly layersChanged = new Signal<PublishLayers>();
  connection: Connection = "connecting";
  /** Why the connection is refused, gone or not there. */
  fault: Fault | undefined;

  private readonly socket: Socket;
  private readonly requests: Requests;
  private gapAsked_ms = -Infinity;

  constructor(private readonly options: SessionOptions) {
    this.socket = io({
      transports: ["websocket"],
      auth: (give) => {
        give(this.auth());
      },
      reconnectionDelay: 300,
      reconnectionDelayMax: 4000,
      timeout: 8000,
    });
    this.requests = new Requests((envelope) => {
      this.socket.emit("request", envelope);
    }, REQUEST_TIMEOUT_MS);
    this.listen();
  }

  async ask<Type extends AnswerBody["type"]>(
    body: RequestBody,
    expects: Type,
  ): Promise<Answer<Type>> {
    if (!this.socket.connected) {
      // Socket.IO would keep it and send it later, when it is no longer meant.
      throw new Fault("client.disconnected", say(faults.disconnected), say(faults.disconnectedCure));
    }
    const answer = await this.requests.ask(body);
    if (answer.type !== expects) {
      throw new Fault("client.answer", say(faults.unexpected), say(faults.unexpectedCure));
    }
    return answer as Answer<Type>;
  }

  tell(body: RequestBody, expects: AnswerBody["type"] = "done"): void {
    this.ask(body, expects).catch((reason: unknown) => {
      this.complaint.emit(asFault(reason));
    });
  }

  close(): void {
    this.socket.disconnect();
    this.requests.abandonAll();
  }

  private auth(): ConnectAuth {
    return {
      token: this.options.token,
      device: this.options.device,
      resume: this.options.resume.get(),
      locale: locale(),
    };
  }

  private listen(): void {
    this.socket.on("state", (message: StateMessage) => {
      this.takeState(message);
    });
    this.socket.on("answer", (envelope: AnswerEnvelope) => {
      this.requests.answered(envelope);
    });
    this.socket.on("error", (envelope: ErrorEnvelope) => {
      if (!this.requests.refused(envelope)) {
        this.complaint.emit(faultFrom(envelope));
      }
    });
    this.socket.on("levels", (message: Levels) => {
      this.levels.emit(message);
    });
    this.socket.on("notice", (envelope: NoticeEnvelope) => {
      this.takeNotice(envelope);
    });
    this.socket.on("connect_error", (error: Error & { data?: unknown }) => {
      this.takeConnectError(error);
    });
    this.socket.on("disconnect", (reason) => {
      this.takeDisconnect(reason);
    });
  }

  private takeState(message: StateMessage): void {
    if (this.store.apply(message) === "gap") {
      this.askForSnapshot();
    } else if (message.type === "snapshot" && this.connection !== "connected") {
      this.move("connected");
    }
  }

  private askForSnapshot(): void {
    const now_ms = performance.now();
    if (now_ms - this.gapAsked_ms > GAP_ASK_AGAIN_MS) {
      this.gapAsked_ms = now_ms;
      this.tell({ type: "get_state" });
    }
  }

  private takeNotice(envelope: NoticeEnvelope): void {
    const body = envelope.body;
    switch (body.type) {
      case "reconnect":
        this.renegotiate.emit(body.direction);
        break;
      case "publish_layers":
        this.layersTaken.set(body.publication, body.layers);
        this.layersChanged.emit(body);
        break;
      case "gone":
        this.options.resume.set("");
        this.end("gone", goneFault(body.reason));
        break;
    }
  }

  private takeConnectError(error: Error & { data?: unknown }): void {
    if (isServerError(error.data)) {
      this.end("refused", faultFrom(error.data));
      return;
    }
    this.fault = new Fault("client.unreachable", say(faults.unreachable), say(faults.unreachableCure));
    this.move(this.connection === "connecting" ? "connecting" : "reconnecting");
    if (!this.socket.active) {
      this.connectLater();
    }
  }

  private takeDisconnect(reason: string): void {
    this.requests.abandonAll();
    if (this.connection === "gone" || this.connection === "refused") {
      return;
    }
    this.fault = new Fault(
      "client.disconnected",
      say(faults.disconnected),
      say(faults.disconnectedCure),
    );
    this.move("reconnecting");
    if (reason === "io server disconnect") {
      // Without a notice this is a server that stops: it will be back.
      this.connectLater();
    }
  }

  /** Socket.IO itself tries again only when the network failed, not when the server ended it. */
  private connectLater(): void {
    setTimeout(() => {
      if (this.connection === "reconnecting" || this.connection === "connecting") {
        this.socket.connect();
      }
    }, TRY_AGAIN_MS);
  }

  private end(connection: "refused" | "gone", fault: Fault): void {
    this.fault = fault;
    // First, so that the disconnect below is not taken for a lost connection.
    this.connection = connection;
    this.socket.disconnect();
    this.requests.abandonAll();
    this.move(connection);
  }

  private move(connection: Connection): void {
    this.connection = connection;
    if (connection === "connected") {
      this.fault = undefined;
    }
    this.connectionChanged.emit();
  }
}

export function asFault(reason: unknown): Fault {
  if (reason instanceof Fault) {
    return reason;
  }
  console.error(reason);
  return new Fault("client.unexpected", say(faults.unexpected), say(faults.unexpectedCure));
}

function goneFault(reason: string): Fault {
  switch (reason) {
    case "taken_over":
      return new Fault("gone.taken_over", say(faults.takenOver), say(faults.takenOverCure));
    case "revoked":
      return new Fault("gone.revoked", say(faults.revoked), say(faults.revokedCure));
    case "ended":
      return new Fault("gone.ended", say(faults.ended), say(faults.endedCure));
    default:
      return new Fault(`gone.${reason}`, say(faults.gone), say(faults.goneCure));
  }
}
