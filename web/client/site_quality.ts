/** How good a site's connection is, from what the server tells of its two directions. */

import type { DeviceView, LineView } from "../wire.js";
import type { Store } from "./store.js";

import type { Cause, Quality } from "./quality.js";

const UP: Readonly<Record<string, Cause>> = {
  good: "good",
  no_packets: "no_packets",
  loss: "loss_sending",
  delay: "delay",
  narrow: "slow_line",
  reconnecting: "disconnected",
};
const DOWN: Readonly<Record<string, Cause>> = {
  ...UP,
  no_packets: "no_picture",
  loss: "loss_receiving",
  narrow: "narrow_receiving",
  paused: "picture_paused",
};

/** The way down to this very page, as the server sees it. */
export function ownDown(store: Pick<Store, "you" | "seat">): LineView | null {
  const { you } = store;
  const devices = you === undefined ? [] : (store.seat(you.seat)?.devices ?? []);
  return devices.find((one) => one.id === you?.device)?.down ?? null;
}

const NARROW_GRADE = 3;
const PAUSED_GRADE = 2;

/** What the page measured, with what only the server knows: that a picture comes smaller or not
 * at all because the line carries no more. */
export function withLine(measured: Quality, down: LineView | null): Quality {
  if (down?.picture === "paused") {
    return { ...measured, grade: PAUSED_GRADE, cause: "picture_paused" };
  }
  return down?.picture === "low" && measured.grade >= NARROW_GRADE
    ? { ...measured, grade: NARROW_GRADE, cause: "narrow_receiving" }
    : measured;
}

/** The worse direction names the cause; undefined while nothing is known, or not for us to see. */
export function siteQuality(device: DeviceView): Quality | undefined {
  const { up, down } = device;
  const known = [
    ...(up === null ? [] : [{ line: up, causes: UP }]),
    ...(down === null ? [] : [{ line: down, causes: DOWN }]),
  ].filter(({ line }) => line.grade > 0);
  const worse = known.sort((a, b) => a.line.grade - b.line.grade)[0];
  if (worse === undefined) {
    return undefined;
  }
  const of = (line: LineView | null, name: "loss_percent" | "bitrate_kbps" | "rtt_ms" | "estimate_kbps"): number =>
    line === null ? 0 : line[name];
  return {
    grade: worse.line.grade,
    cause: worse.causes[worse.line.cause] ?? "measuring",
    rtt_ms: Math.max(of(up, "rtt_ms"), of(down, "rtt_ms")),
    lossSending_percent: of(up, "loss_percent"),
    lossReceiving_percent: of(down, "loss_percent"),
    sending_kbps: of(up, "bitrate_kbps"),
    receiving_kbps: of(down, "bitrate_kbps"),
    decoded_fps: 0,
    sent_fps: 0,
    carries_kbps: of(down, "estimate_kbps"),
  };
}
