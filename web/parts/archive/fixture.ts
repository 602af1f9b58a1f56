import { html, type TemplateResult } from "lit";
import { until } from "lit/directives/until.js";

import { PretendedApi } from "../../dev/pretended_api.js";

import "./session_list.js";
import "./session_view.js";

const API = new PretendedApi("beijing");

function view(name: string): TemplateResult {
  const loaded = API.session(name).then(
    (detail) => html`<lx-session-view .api=${API} .detail=${detail}></lx-session-view>`,
  );
  return html`${until(loaded)}`;
}

export const fixtures: Record<string, () => TemplateResult> = {
  "no recordings": () => html`<lx-session-list style="width: 320px"></lx-session-list>`,
  recordings: () =>
    html`${until(
      API.sessions().then(
        ({ sessions }) =>
          html`<lx-session-list
            style="width: 320px"
            chosen="live-1"
            .sessions=${sessions}
          ></lx-session-list>`,
      ),
    )}`,
  verified: () => view("live-1"),
  "not whole": () => view("rehearsal"),
};
