import { html, type TemplateResult } from "lit";

import { quality, type Counters } from "../../client/quality.js";
import { PretendedSession } from "../../dev/pretended_session.js";

import "./call_bar.js";
import "./programme.js";
import "./quality.js";
import "./site_list.js";

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
};

function measured(changed: Partial<Counters>): TemplateResult {
  const after = { ...BEGIN, at_ms: 1000, sent: 100, received: 100, framesDecoded: 25, ...changed };
  return html`<lx-quality style="margin: 6px" .quality=${quality(BEGIN, after)}></lx-quality>`;
}

const SESSION = new PretendedSession("beijing");

export const fixtures: Record<string, () => TemplateResult> = {
  quality: () =>
    html`${[
      {},
      { receivedLost: 3 },
      { sentLost: 9 },
      { rtt_ms: 500 },
      { limitedBy: "cpu" } as const,
      { limitedBy: "bandwidth" } as const,
      { framesDecoded: 0 },
    ].map(measured)}`,
  "programme, waiting": () =>
    html`<lx-programme style="width: 480px; aspect-ratio: 16/9"></lx-programme>`,
  "programme, sound held back": () =>
    html`<lx-programme style="width: 480px; aspect-ratio: 16/9" data-state="blocked"></lx-programme>`,
  "bar, open": () => html`<lx-call-bar></lx-call-bar>`,
  "bar, muted": () => html`<lx-call-bar .audioMuted=${true} .videoMuted=${true}></lx-call-bar>`,
  sites: () =>
    html`<lx-site-list class="panel" style="width: 300px" .session=${SESSION}></lx-site-list>`,
  "sites, detailed": () =>
    html`<lx-site-list detailed style="width: 300px" .session=${SESSION}></lx-site-list>`,
};
