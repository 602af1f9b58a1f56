/**
 * Development only: `/dev/fixtures.html` shows every element in its states; with
 * `?page=room` (control, archive, join, start) a whole page against a pretended server.
 */

import "../parts/base/page_start.js";
import { html, render, type TemplateResult } from "lit";

import { makers } from "../client/makers.js";

import { PretendedApi } from "./pretended_api.js";
import { PretendedSession } from "./pretended_session.js";

type Fixtures = Record<string, () => TemplateResult>;

const pages: Record<string, () => Promise<unknown>> = {
  start: () => import("../pages/start.js"),
  join: () => import("../pages/join.js"),
  room: () => import("../pages/room.js"),
  control: () => import("../pages/control.js"),
  archive: () => import("../pages/archive.js"),
};

const query = new URLSearchParams(location.search);
const page = query.get("page");

if (page !== null) {
  const seat = query.get("seat") ?? (page === "control" ? "director" : "beijing");
  makers.session = () => new PretendedSession(seat);
  makers.api = () => new PretendedApi(seat);
  sessionStorage.setItem("lianxian.token", "pretended");
  await pages[page]?.();
  document.body.append(document.createElement(`lx-${page}-page`));
} else {
  const found = import.meta.glob<{ fixtures: Fixtures }>("../parts/*/fixture.ts", { eager: true });
  render(
    html`${Object.entries(found).map(
      ([path, module]) => html`
        <h2 style="padding: 0 16px">${path.split("/").at(-2)}</h2>
        ${Object.entries(module.fixtures).map(
          ([name, fixture]) => html`
            <section style="padding: 8px 16px 24px">
              <p style="color: var(--lx-quiet)">${name}</p>
              ${fixture()}
            </section>
          `,
        )}
      `,
    )}`,
    document.body,
  );
}
