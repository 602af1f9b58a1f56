/** A server in the page: answers requests and sends a moving picture over a real peer
 * connection, so that pages and media code can be looked at without one. */

import type { Fault } from "../client/faults.js";
import type { Connection, SessionLike } from "../client/session.js";
import { Signal } from "../client/signal.js";
import { Store } from "../client/store.js";
import type { AnswerBody, Levels, PublishLayers, RequestBody, StateValue } from "../wire.js";

import { clipped, directed } from "./pretended_director.js";
import { pretendedState } from "./pretended_event.js";

type Answer<Type extends AnswerBody["type"]> = Extract<AnswerBody, { type: Type }>;

export class PretendedSession implements SessionLike {
  readonly store = new Store();
  readonly connectionChanged = new Signal();
  readonly renegotiate = new Signal<string>();
  readonly complaint = new Signal<Fault>();
  readonly levels = new Signal<Levels>();
  readonly layersTaken = new Map<number, readonly number[]>();
  readonly layersChanged = new Signal<PublishLayers>();
  connection: Connection = "connecting";
  fault: Fault | undefined;
  private revision = 1;
  private readonly sending = new Map<number, RTCPeerConnection>();
  private lastPeer = 0;

  constructor(seat: string) {
    setTimeout(() => {
      this.store.apply({ type: "snapshot", revision: 1, state: pretendedState(seat) });
      this.connection = "connected";
      this.connectionChanged.emit();
    }, 100);
    setInterval(() => {
      this.moveLevels();
    }, 200);
    setInterval(() => {
      this.tellLevels();
    }, 40);
  }

  async ask<Type extends AnswerBody["type"]>(
    body: RequestBody,
    expects: Type,
  ): Promise<Answer<Type>> {
    const answer = await this.answer(body);
    if (answer.type !== expects) {
      throw new Error(`${body.type} is answered by ${answer.type}, not ${expects}`);
    }
    return answer as Answer<Type>;
  }

  tell(body: RequestBody): void {
    void this.answer(body);
  }

  close(): void {
    this.connection = "gone";
  }

  private async answer(body: RequestBody): Promise<AnswerBody> {
    switch (body.type) {
      case "join":
        return { type: "joined", device: 1, resume: "" };
      case "publish":
        return this.receive(body.sdp);
      case "subscribe":
        return this.offer();
      case "subscribe_answer":
        await this.sending.get(body.peer)?.setRemoteDescription({ type: "answer", sdp: body.sdp });
        return { type: "done" };
      case "list_links":
        return { type: "links", links: [] };
      default:
        return this.directOrMix(body);
    }
  }

  private directOrMix(body: RequestBody): AnswerBody {
    const { programme, clip, sessionTime_ms: now_ms } = this.store;
    const after = programme === undefined ? undefined : directed(programme, body, now_ms);
    const played = clip === undefined ? undefined : clipped(clip, body, now_ms);
    if (after !== undefined) {
      this.put({ programme: after });
    } else if (played !== undefined) {
      this.put({ clip: played });
    } else {
      this.mix(body);
    }
    const isDone = after === undefined || body.type === "set_preview" || body.type === "set_transition";
    return isDone
      ? { type: "done" }
      : { type: "taken", revision: after.revision, at_ms: after.at_ms, frame: after.frame };
  }

  private mix(body: RequestBody): void {
    const { sound } = this.store;
    if (body.type === "set_seat_sound") {
      const before = this.store.seatSound(body.seat);
      const named = Object.entries(body).filter(([name]) => name !== "type");
      if (before !== undefined) {
        this.put({ [`sound/${body.seat}`]: { ...before, ...Object.fromEntries(named) } });
      }
    } else if (body.type === "cut_sound" && sound !== undefined) {
      this.put({ sound: { ...sound, cut: body.cut } });
    }
  }

  private async receive(sdp: string): Promise<AnswerBody> {
    const peer = new RTCPeerConnection();
    await peer.setRemoteDescription({ type: "offer", sdp });
    await peer.setLocalDescription();
    await gathered(peer);
    return { type: "published", peer: 1, sdp: peer.localDescription?.sdp ?? "", publications: [] };
  }

  private async offer(): Promise<AnswerBody> {
    const peer = new RTCPeerConnection();
    movingPicture()
      .getTracks()
      .forEach((track) => peer.addTrack(track));
    await peer.setLocalDescription();
    await gathered(peer);
    this.lastPeer += 1;
    this.sending.set(this.lastPeer, peer);
    return { type: "offered", peer: this.lastPeer, sdp: peer.localDescription?.sdp ?? "" };
  }

  private tellLevels(): void {
    const seats = Object.fromEntries(
      this.store.sites
        .filter((seat) => seat.devices.length > 0)
        .map((seat, index) => {
          const rms_db = -20 - index * 2 - Math.random() * 8;
          return [seat.seat, { peak_db: rms_db + 10, rms_db, clipped: index === 1 }];
        }),
    );
    const loudness = {
      momentary_lufs: -22.4,
      short_lufs: -23.1,
      integrated_lufs: -23.3,
      true_peak_db: -4.2,
      gain_db: 1.5,
      reduction_db: 0,
    };
    this.levels.emit({ v: 1, seats, loudness });
  }

  private moveLevels(): void {
    const put: Record<string, StateValue> = {};
    for (const seat of this.store.sites.slice(0, 3)) {
      put[`seat/${seat.seat}`] = { ...seat, level_db: -30 + Math.random() * 22 };
    }
    this.put(put);
  }

  private put(put: Record<string, StateValue>): void {
    if (this.connection === "connected") {
      this.revision += 1;
      this.store.apply({
        type: "delta",
        previous: this.revision - 1,
        revision: this.revision,
        put,
        remove: [],
      });
    }
  }
}

async function gathered(peer: RTCPeerConnection): Promise<void> {
  while (peer.iceGatheringState !== "complete") {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function movingPicture(): MediaStream {
  const canvas = document.createElement("canvas");
  canvas.width = 1280;
  canvas.height = 720;
  const pen = canvas.getContext("2d");
  let step = 0;
  setInterval(() => {
    step += 1;
    if (pen !== null) {
      pen.fillStyle = "#10202e";
      pen.fillRect(0, 0, 1280, 720);
      pen.fillStyle = "#35618a";
      pen.fillRect(24, 134, 608, 342);
      pen.fillStyle = "#8a3f4a";
      pen.fillRect(648, 134, 608, 342);
      pen.fillStyle = "white";
      pen.fillRect(40 + ((step * 6) % 560), 300, 30, 30);
      pen.fillRect(670 + ((step * 4) % 560), 300, 30, 30);
    }
  }, 80);
  return canvas.captureStream(12);
}
