import { html, type TemplateResult } from "lit";

import { Desk } from "../../client/desk.js";
import { PretendedSession } from "../../dev/pretended_session.js";

import "./conditions.js";
import "./recording.js";
import "./rundown.js";

const SESSION = new PretendedSession("director");
const DESK = new Desk(SESSION);

export const fixtures: Record<string, () => TemplateResult> = {
  rundown: () => html`<lx-rundown style="width: 264px" .session=${SESSION} .desk=${DESK}></lx-rundown>`,
  recording: () => html`<lx-recording .session=${SESSION}></lx-recording>`,
  conditions: () => html`<lx-conditions .session=${SESSION}></lx-conditions>`,
};
