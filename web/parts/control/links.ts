import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { css, html } from "lit";
import { customElement, state } from "lit/decorators.js";

import { asFault } from "../../client/session.js";
import { control } from "../../text/control.js";
import { say } from "../../text/language.js";
import type { LinkView } from "../../wire.js";

import { SessionElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";
import "../start/link_list.js";

/** A button that opens the list of links of all seats. */
@customElement("lx-links")
export class LxLinks extends SessionElement {
  static override styles = [
    sharedStyles,
    css`
      wa-dialog {
        --width: min(920px, 94vw);
        --link-width: 400px;
      }
      lx-link-list {
        margin-top: 12px;
      }
    `,
  ];

  @state() private links: LinkView[] | undefined;

  override render(): unknown {
    return html`
      <wa-button id="links" size="s" appearance="outlined" @click=${() => void this.load()}>
        <wa-icon slot="start" name="link"></wa-icon>${say(control.links)}
      </wa-button>
      <wa-dialog
        id="links-dialog"
        label=${say(control.links)}
        .open=${this.links !== undefined}
        @wa-after-hide=${() => { this.links = undefined; }}
      >
        <p class="quiet">${say(control.linksHint)}</p>
        <lx-link-list
          .links=${this.links ?? []}
          .revocable=${this.session.store.you?.rights.includes("revoke_links") === true}
          @lx-revoke=${(event: CustomEvent<string>) => void this.revoke(event.detail)}
        ></lx-link-list>
      </wa-dialog>
    `;
  }

  private async load(): Promise<void> {
    try {
      this.links = (await this.session.ask({ type: "list_links" }, "links")).links;
    } catch (reason: unknown) {
      this.session.complaint.emit(asFault(reason));
    }
  }

  private async revoke(link: string): Promise<void> {
    try {
      await this.session.ask({ type: "revoke_link", link }, "done");
      await this.load();
    } catch (reason: unknown) {
      this.session.complaint.emit(asFault(reason));
    }
  }
}
