import type { Source } from "../client/sources.js";

import { both, named, say, type Text } from "./language.js";

const DEVICES: Readonly<Record<string, Text>> = {
  camera2: both("二号机位", "camera 2"),
  camera3: both("三号机位", "camera 3"),
  slides: both("课件", "slides"),
  screen: both("屏幕", "screen"),
  encoder: both("编码器", "encoder"),
};

const FOLLOWING: Readonly<Record<string, Text>> = {
  "hall:a": both("会场 A", "Hall A"),
  "hall:b": both("会场 B", "Hall B"),
  speaker: both("发言人", "Speaker"),
  call_in: both("当前连线", "Call-in"),
  clip: both("短片", "Clip"),
};

export const sourceGroups = {
  follow: both("自动跟随", "Follows the event"),
  seat: both("会场与连线点", "Halls and sites"),
  device: both("其他设备", "Further devices"),
};

/** What a slot's source is called; its own id when nobody knows it. */
export function sourceName(source: string, sources: readonly Source[]): string {
  const found = sources.find((one) => one.source === source);
  if (found === undefined) {
    return source;
  }
  const seat = found.seat === undefined ? "" : named(found.seat);
  const text = FOLLOWING[source];
  if (text !== undefined) {
    return [say(text), seat === "" ? found.detail : seat].filter((part) => part !== "").join(" · ");
  }
  if (found.detail === "") {
    return seat;
  }
  const device = DEVICES[found.detail];
  return `${seat} · ${device === undefined ? found.detail : say(device)}`;
}
