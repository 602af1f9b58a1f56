import { html, type TemplateResult } from "lit";

import type { Sample } from "../../client/line_history.js";
import { quality, type Counters } from "../../client/quality.js";
import { siteQuality, withLine } from "../../client/site_quality.js";
import { pretendedState } from "../../dev/pretended_event.js";
import type { LineView, SeatView } from "../../wire.js";

import "./bars.js";
import "./quality.js";
import "./sparkline.js";

const BEGIN: Counters = {
  at_ms: 0,
  sent: 0,
  sentLost: 0,
  received: 0,
  receivedLost: 0,
  bytesSent: 0,
  bytesReceived: 0,
  framesDecoded: 0,
  framesSent: 0,
  rtt_ms: 0,
  limitedBy: "none",
  carries_kbps: 0,
};

/** As the server tells a page of its own line. */
function narrowed(picture: "low" | "paused"): TemplateResult {
  const after = { ...BEGIN, at_ms: 1000, sent: 100, received: 100, framesDecoded: 25 };
  const down: LineView = {
    cause: picture === "low" ? "narrow" : "paused",
    grade: 3,
    rtt_ms: 40,
    loss_percent: 0,
    jitter_ms: 2,
    bitrate_kbps: 90,
    estimate_kbps: 120,
    picture,
    paused_tiles: [],
  };
  return html`<lx-quality style="margin: 6px" .quality=${withLine(quality(BEGIN, after), down)}></lx-quality>`;
}

function measured(changed: Partial<Counters>): TemplateResult {
  const after = { ...BEGIN, at_ms: 1000, sent: 100, received: 100, framesDecoded: 25, ...changed };
  return html`<lx-quality style="margin: 6px" .quality=${quality(BEGIN, after)}></lx-quality>`;
}

/** The sites of the pretended event that have something to tell. */
function sites(): TemplateResult[] {
  const seats = Object.values(pretendedState("director")).filter(
    (value): value is SeatView => value.type === "seat" && value.devices.length > 0,
  );
  return seats.slice(0, 9).flatMap((seat) =>
    seat.devices.map(
      (device) => html`
        <lx-quality site=${seat.name_en} .quality=${siteQuality(device)}></lx-quality>
      `,
    ),
  );
}

function minute(bad: boolean): Sample[] {
  return Array.from({ length: 60 }, (_, second) => ({
    at_ms: second * 1000,
    loss_percent: bad && second > 20 && second < 40 ? (second * 7) % 11 : 0,
    rtt_ms: 40 + (bad && second > 25 ? second * 3 : second % 5),
    estimate_kbps: bad && second > 20 ? 500 + second * 20 : 3800,
  }));
}

export const fixtures: Record<string, () => TemplateResult> = {
  "one's own": () =>
    html`${[
      {},
      { receivedLost: 3 },
      { sentLost: 9 },
      { rtt_ms: 500 },
      { limitedBy: "cpu" } as const,
      { limitedBy: "bandwidth" } as const,
      { framesDecoded: 0 },
    ].map(measured)}`,
  "one's own, narrow": () => html`${narrowed("low")}${narrowed("paused")}`,
  sites: () => html`<div style="width: 260px">${sites()}</div>`,
  "the last minute": () =>
    html`${[false, true].map(
      (bad) => html`<lx-sparkline style="width: 240px" .samples=${minute(bad)}></lx-sparkline>`,
    )}`,
};
