import { html, type TemplateResult } from "lit";

import { PretendedSession } from "../../dev/pretended_session.js";

import "./call_bar.js";
import "./own_tally.js";
import "./programme.js";
import "./site_list.js";

const SESSION = new PretendedSession("beijing");

export const fixtures: Record<string, () => TemplateResult> = {
  "programme, waiting": () =>
    html`<lx-programme style="width: 480px; aspect-ratio: 16/9"></lx-programme>`,
  "programme, sound held back": () =>
    html`<lx-programme style="width: 480px; aspect-ratio: 16/9" data-state="blocked"></lx-programme>`,
  tally: () =>
    html`${(["air", "next", "none"] as const).map(
      (tally) => html`<lx-own-tally style="display: inline-block; margin: 6px" data-tally=${tally}></lx-own-tally>`,
    )}`,
  "bar, open": () => html`<lx-call-bar></lx-call-bar>`,
  "bar, muted": () => html`<lx-call-bar .audioMuted=${true} .videoMuted=${true}></lx-call-bar>`,
  sites: () =>
    html`<lx-site-list class="panel" style="width: 300px" .session=${SESSION}></lx-site-list>`,
  "sites, detailed": () =>
    html`<lx-site-list detailed style="width: 300px" .session=${SESSION}></lx-site-list>`,
};
