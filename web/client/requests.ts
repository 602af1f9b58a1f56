/** Requests that wait for their answer: ids, timeouts, and what a lost connection means. */

import { WIRE_VERSION } from "../wire.js";
import type {
  AnswerBody,
  AnswerEnvelope,
  ErrorEnvelope,
  RequestBody,
  RequestEnvelope,
} from "../wire.js";
import { say } from "../text/language.js";
import { faults } from "../text/faults.js";

import { Fault, faultFrom } from "./faults.js";

interface Waiting {
  resolve(body: AnswerBody): void;
  reject(fault: Fault): void;
  timer: ReturnType<typeof setTimeout>;
}

export class Requests {
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  constructor(
    private readonly send: (envelope: RequestEnvelope) => void,
    private readonly timeout_ms: number,
  ) {}

  /** Sends and waits. Rejects with a `Fault`: the server's, `client.timeout` or
   * `client.disconnected`. */
  async ask(body: RequestBody): Promise<AnswerBody> {
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Fault("client.timeout", say(faults.timeout), say(faults.timeoutCure)));
      }, this.timeout_ms);
      this.waiting.set(id, { resolve, reject, timer });
      this.send({ v: WIRE_VERSION, id, body });
    });
  }

  answered(envelope: AnswerEnvelope): void {
    this.settle(envelope.id)?.resolve(envelope.body);
  }

  /** Returns false when no request of ours caused the error. */
  refused(envelope: ErrorEnvelope): boolean {
    const waiting = this.settle(envelope.id);
    waiting?.reject(faultFrom(envelope));
    return waiting !== undefined;
  }

  /** The connection is gone: no answer will come. */
  abandonAll(): void {
    for (const id of [...this.waiting.keys()]) {
      this.settle(id)?.reject(
        new Fault("client.disconnected", say(faults.disconnected), say(faults.disconnectedCure)),
      );
    }
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    if (waiting !== undefined) {
      clearTimeout(waiting.timer);
      this.waiting.delete(id);
    }
    return waiting;
  }
}
