/** How good one's own connection is, from the browser's statistics, and why. */

/** Counters of one moment; those of two moments make a measure. */
export interface Counters {
  readonly at_ms: number;
  readonly sent: number;
  readonly sentLost: number;
  readonly received: number;
  readonly receivedLost: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly framesDecoded: number;
  readonly framesSent: number;
  readonly rtt_ms: number;
  readonly limitedBy: "none" | "cpu" | "bandwidth" | "other";
  /** What the browser believes the way up to carry; 0 is not known. */
  readonly carries_kbps: number;
}

export type Cause =
  | "good"
  | "measuring"
  | "disconnected"
  | "no_picture"
  | "no_packets"
  | "loss_sending"
  | "loss_receiving"
  | "delay"
  | "slow_computer"
  | "slow_line"
  | "narrow_receiving"
  | "picture_paused";

export interface Quality {
  /** 0 unknown, 1 bad to 5 very good. */
  readonly grade: number;
  readonly cause: Cause;
  readonly rtt_ms: number;
  readonly lossSending_percent: number;
  readonly lossReceiving_percent: number;
  readonly sending_kbps: number;
  readonly receiving_kbps: number;
  readonly decoded_fps: number;
  readonly sent_fps: number;
  /** What the line is believed to carry, of a page up, of a site down; 0 is not known. */
  readonly carries_kbps: number;
}

interface Row {
  readonly type: string;
  readonly kind?: string;
  readonly [name: string]: unknown;
}

function num(row: Row, name: string): number {
  const value = row[name];
  return typeof value === "number" ? value : 0;
}

/** Sums the rows of the reports of both directions. */
export function counters(rows: Iterable<Row>, now_ms: number): Counters {
  const total = {
    sent: 0,
    sentLost: 0,
    received: 0,
    receivedLost: 0,
    bytesSent: 0,
    bytesReceived: 0,
    framesDecoded: 0,
    framesSent: 0,
    rtt_ms: 0,
    carries_kbps: 0,
  };
  let limitedBy: Counters["limitedBy"] = "none";
  for (const row of rows) {
    if (row.type === "outbound-rtp") {
      total.sent += num(row, "packetsSent");
      total.bytesSent += num(row, "bytesSent");
      // Layers of one picture are sent at once.
      total.framesSent = Math.max(total.framesSent, num(row, "framesSent"));
      if (row.kind === "video") {
        limitedBy = limitation(row.qualityLimitationReason);
      }
    } else if (row.type === "remote-inbound-rtp") {
      total.sentLost += num(row, "packetsLost");
      total.rtt_ms = Math.max(total.rtt_ms, num(row, "roundTripTime") * 1000);
    } else if (row.type === "inbound-rtp") {
      total.received += num(row, "packetsReceived");
      total.receivedLost += num(row, "packetsLost");
      total.bytesReceived += num(row, "bytesReceived");
      total.framesDecoded += num(row, "framesDecoded");
    } else if (row.type === "candidate-pair" && row.nominated === true) {
      total.rtt_ms = Math.max(total.rtt_ms, num(row, "currentRoundTripTime") * 1000);
      total.carries_kbps = Math.max(total.carries_kbps, num(row, "availableOutgoingBitrate") / 1000);
    }
  }
  return { at_ms: now_ms, ...total, limitedBy };
}

function limitation(reason: unknown): Counters["limitedBy"] {
  return reason === "cpu" || reason === "bandwidth" || reason === "other" ? reason : "none";
}

function share_percent(lost: number, through: number): number {
  const all = lost + through;
  return all <= 0 || lost <= 0 ? 0 : (100 * lost) / all;
}

/** What happened between two moments. `sends`: this page publishes a picture. */
export function quality(before: Counters, after: Counters): Quality {
  const seconds = Math.max(0.001, (after.at_ms - before.at_ms) / 1000);
  const rate = (name: "bytesSent" | "bytesReceived" | "framesDecoded" | "framesSent"): number =>
    Math.max(0, after[name] - before[name]) / seconds;
  const measured = {
    rtt_ms: after.rtt_ms,
    lossSending_percent: share_percent(
      after.sentLost - before.sentLost,
      after.sent - before.sent - (after.sentLost - before.sentLost),
    ),
    lossReceiving_percent: share_percent(
      after.receivedLost - before.receivedLost,
      after.received - before.received,
    ),
    sending_kbps: (rate("bytesSent") * 8) / 1000,
    receiving_kbps: (rate("bytesReceived") * 8) / 1000,
    decoded_fps: rate("framesDecoded"),
    sent_fps: rate("framesSent"),
    carries_kbps: after.carries_kbps,
  };
  return { ...measured, ...judged(measured, after.limitedBy) };
}

type Measured = Omit<Quality, "grade" | "cause">;

/** The worst of what is wrong decides; its name is what a person is told. */
function judged(measured: Measured, limitedBy: Counters["limitedBy"]): Pick<Quality, "grade" | "cause"> {
  if (measured.decoded_fps === 0) {
    return { grade: 1, cause: "no_picture" };
  }
  const rows: [number, Cause][] = [
    [grade(measured.lossSending_percent, [0.5, 2, 5, 10]), "loss_sending"],
    [grade(measured.lossReceiving_percent, [0.5, 2, 5, 10]), "loss_receiving"],
    [grade(measured.rtt_ms, [150, 250, 400, 700]), "delay"],
    [limitedBy === "cpu" ? 3 : 5, "slow_computer"],
    [limitedBy === "bandwidth" ? 3 : 5, "slow_line"],
  ];
  let worst: Pick<Quality, "grade" | "cause"> = { grade: 5, cause: "good" };
  for (const [found, cause] of rows) {
    if (found < worst.grade) {
      worst = { grade: found, cause };
    }
  }
  return worst.grade >= 4 ? { grade: worst.grade, cause: "good" } : worst;
}

/** 5 up to the first limit, then one less for each limit passed. */
function grade(value: number, limits: readonly number[]): number {
  return 5 - limits.filter((limit) => value > limit).length;
}
