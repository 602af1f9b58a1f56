import { html, type TemplateResult } from "lit";

import { Fault } from "../../client/faults.js";
import { faults } from "../../text/faults.js";
import { say } from "../../text/language.js";

import "./fault.js";
import "./header.js";
import { ICON_NAMES } from "./icon_names.js";
import "./meter.js";

export const fixtures: Record<string, () => TemplateResult> = {
  header: () => html`<lx-header heading="京湘两地远程交流" under="北京主会场"></lx-header>`,
  fault: () =>
    html`<lx-fault
      .fault=${new Fault("client.denied", say(faults.denied), say(faults.deniedCure))}
    ></lx-fault>`,
  meters: () =>
    html`${[-60, -40, -20, -12, -6, -3, 0].map(
      (db) => html`<lx-meter .db=${db} style="width: 240px; margin: 4px"></lx-meter>`,
    )}`,
  icons: () =>
    html`${ICON_NAMES.map(
      (name) => html`<wa-icon name=${name} title=${name} style="font-size: 28px; margin: 6px"></wa-icon>`,
    )}`,
};
