import "../parts/base/page_start.js";
import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { Fault } from "../client/faults.js";
import { makers } from "../client/makers.js";
import { takeToken } from "../client/remembered.js";
import { asFault } from "../client/session.js";
import "../parts/archive/session_list.js";
import "../parts/archive/session_view.js";
import { LxElement } from "../parts/base/element.js";
import "../parts/base/fault.js";
import "../parts/base/header.js";
import { sharedStyles } from "../parts/base/shared_styles.js";
import { archive } from "../text/archive.js";
import { faults } from "../text/faults.js";
import { say } from "../text/language.js";
import type { SessionDetail, SessionSummary } from "../wire.js";

const LOOK_AGAIN_MS = 5000;

@customElement("lx-archive-page")
export class LxArchivePage extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      main {
        display: grid;
        grid-template-columns: 320px minmax(0, 1fr);
        gap: var(--lx-gap);
        padding: var(--lx-gap);
      }
      .list {
        align-self: start;
        overflow: hidden;
      }
      .fault {
        grid-column: 1 / -1;
      }
      @media (max-width: 900px) {
        main {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  @state() private sessions: SessionSummary[] | undefined;
  @state() private detail: SessionDetail | undefined;
  @state() private mayDirect = false;
  @state() private fault: Fault | undefined;
  private readonly token = takeToken();
  private readonly api = makers.api(this.token);

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.token === "") {
      this.fault = new Fault("client.no_token", say(faults.noToken), say(faults.noTokenCure));
      return;
    }
    void this.begin();
    const timer = setInterval(() => {
      void this.load();
    }, LOOK_AGAIN_MS);
    this.until(() => {
      clearInterval(timer);
    });
  }

  override render(): unknown {
    return html`
      <lx-header heading=${say(archive.title)}>
        ${this.mayDirect
          ? html`<wa-button slot="end" size="s" appearance="plain" href="/control">
              ${say(archive.backToDesk)}
            </wa-button>`
          : nothing}
      </lx-header>
      <main data-state=${this.sessions === undefined ? "waiting" : "listed"}>
        ${this.fault === undefined
          ? nothing
          : html`<lx-fault class="fault" .fault=${this.fault}></lx-fault>`}
        ${this.sessions === undefined
          ? nothing
          : html`
              <nav class="list panel" aria-label=${say(archive.list)}>
                <lx-session-list
                  .sessions=${this.sessions}
                  chosen=${this.detail?.summary.name ?? ""}
                  @lx-choose=${(event: CustomEvent<string>) => void this.choose(event.detail)}
                ></lx-session-list>
              </nav>
              ${this.detail === undefined
                ? html`<p class="quiet">${say(archive.choose)}</p>`
                : html`<lx-session-view .api=${this.api} .detail=${this.detail}></lx-session-view>`}
            `}
      </main>
    `;
  }

  private async begin(): Promise<void> {
    try {
      this.mayDirect = (await this.api.me()).rights.includes("direct");
    } catch (reason: unknown) {
      this.fault = asFault(reason);
      return;
    }
    await this.load();
    const wanted = new URLSearchParams(location.search).get("session");
    const first = wanted ?? this.sessions?.[0]?.name;
    if (first !== undefined) {
      await this.choose(first);
    }
  }

  /** Reads the list again; the shown recording only when its state moved on. */
  private async load(): Promise<void> {
    try {
      this.sessions = (await this.api.sessions()).sessions;
      this.fault = undefined;
    } catch (reason: unknown) {
      this.fault = asFault(reason);
      return;
    }
    const shown = this.detail?.summary;
    const now = this.sessions.find((session) => session.name === shown?.name);
    if (shown !== undefined && now !== undefined && now.state !== shown.state) {
      await this.choose(shown.name);
    }
  }

  private async choose(name: string): Promise<void> {
    try {
      this.detail = await this.api.session(name);
      this.fault = undefined;
      const query = new URLSearchParams(location.search);
      query.set("session", name);
      history.replaceState(null, "", `${location.pathname}?${query.toString()}`);
    } catch (reason: unknown) {
      this.fault = asFault(reason);
    }
  }
}
