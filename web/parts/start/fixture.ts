import { html, type TemplateResult } from "lit";
import { until } from "lit/directives/until.js";

import { PretendedApi } from "../../dev/pretended_api.js";

import "./link_list.js";

function list(revocable: boolean): TemplateResult {
  const loaded = new PretendedApi("beijing")
    .links()
    .then(
      ({ links }) =>
        html`<lx-link-list .links=${links.slice(0, 6)} .revocable=${revocable}></lx-link-list>`,
    );
  return html`${until(loaded)}`;
}

export const fixtures: Record<string, () => TemplateResult> = {
  links: () => list(false),
  "links that can be withdrawn": () => list(true),
};
