import { html, type TemplateResult } from "lit";

import "./devices.js";
import "./microphone_check.js";
import "./preview.js";

export const fixtures: Record<string, () => TemplateResult> = {
  "preview, camera off": () => html`<lx-preview style="width: 320px" .track=${null}></lx-preview>`,
  "preview, no camera": () => html`<lx-preview style="width: 320px"></lx-preview>`,
  "microphone, silent": () => html`<lx-microphone-check style="width: 320px"></lx-microphone-check>`,
  devices: () => html`<lx-devices style="width: 320px" .reading=${1}></lx-devices>`,
};
