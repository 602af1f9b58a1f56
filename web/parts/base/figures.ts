/** Numbers as people read them. */

import { locale } from "../../text/language.js";

/** `1:02:03`, or `2:03` below an hour. */
export function duration(value_ms: number): string {
  const seconds = Math.max(0, Math.floor(value_ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown
    .map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0")))
    .join(":");
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function fileSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? "B"}`;
}

/** Local date and time of an RFC 3339 text. */
export function dateTime(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime())
    ? text
    : date.toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" });
}

export function timeOfDay(date: Date): string {
  return date.toLocaleTimeString(locale(), {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hour12: false,
  });
}
