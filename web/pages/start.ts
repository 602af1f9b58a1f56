import "../parts/base/page_start.js";
import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import type { Fault } from "../client/faults.js";
import { makers } from "../client/makers.js";
import { takeToken } from "../client/remembered.js";
import { asFault } from "../client/session.js";
import { LxElement } from "../parts/base/element.js";
import "../parts/base/fault.js";
import "../parts/base/header.js";
import { sharedStyles } from "../parts/base/shared_styles.js";
import "../parts/start/link_list.js";
import { control } from "../text/control.js";
import { say, titled } from "../text/language.js";
import { start } from "../text/start.js";
import type { EventDescription, LinkView } from "../wire.js";

@customElement("lx-start-page")
export class LxStartPage extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      main {
        width: min(1120px, 100%);
        margin: 0 auto;
        padding: 28px 20px 60px;
        display: grid;
        gap: 24px;
      }
      .what {
        max-width: 62ch;
        display: grid;
        gap: 8px;
      }
      .what h2 {
        font-size: 1.6rem;
        line-height: 1.25;
      }
      .links {
        display: grid;
        gap: 12px;
      }
      .links h2 {
        font-size: 1.15rem;
      }
    `,
  ];

  @state() private links: LinkView[] | undefined;
  @state() private event: EventDescription | undefined;
  @state() private fault: Fault | undefined;
  private readonly token = takeToken();

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.token !== "") {
      void this.load();
    }
  }

  override render(): unknown {
    return html`
      <lx-header
        heading=${this.event === undefined ? "" : titled(this.event)}
        under=${say(start.under)}
      >
        ${this.links === undefined
          ? nothing
          : html`<wa-button slot="end" size="s" appearance="plain" href="/archive">
              ${say(control.archive)}
            </wa-button>`}
      </lx-header>
      <main data-state=${this.links === undefined ? "open" : "listed"}>
        <div class="what">
          <h2>${say(start.what)}</h2>
          <p>${say(start.whatText)}</p>
          ${this.links === undefined
            ? html`<p>${say(start.haveLink)}</p>
                <p class="quiet">${say(start.administrator)}</p>`
            : nothing}
        </div>
        ${this.fault === undefined ? nothing : html`<lx-fault .fault=${this.fault}></lx-fault>`}
        ${this.links === undefined
          ? nothing
          : html`<div class="links">
              <div>
                <h2>${say(start.links)}</h2>
                <p class="quiet">${say(start.privacy)}</p>
              </div>
              <lx-link-list .links=${this.links}></lx-link-list>
            </div>`}
      </main>
    `;
  }

  private async load(): Promise<void> {
    const api = makers.api(this.token);
    try {
      this.event = await api.event();
      this.links = (await api.links()).links;
    } catch (reason: unknown) {
      this.fault = asFault(reason);
    }
  }
}
