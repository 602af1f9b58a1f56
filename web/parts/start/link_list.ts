import { css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { linkGroup, type LinkGroup } from "../../client/link_group.js";
import { common } from "../../text/common.js";
import { control } from "../../text/control.js";
import { say, type Text } from "../../text/language.js";
import type { LinkView } from "../../wire.js";

import { LxElement } from "../base/element.js";
import { dateTime } from "../base/figures.js";
import type { IconName } from "../base/icon_names.js";
import { sharedStyles } from "../base/shared_styles.js";

const ICONS: Readonly<Record<LinkGroup, IconName>> = { halls: "hall", remotes: "site", desks: "desk" };
const ROLES: Readonly<Record<string, Text>> = common.roles;
const COPIED_MS = 2000;

/** All links, grouped, each with a button that copies it. Fires `lx-revoke` with the id when
 * `revocable`. */
@customElement("lx-link-list")
export class LxLinkList extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        gap: 18px;
      }
      h3 {
        display: flex;
        align-items: center;
        gap: 8px;
        margin-bottom: 8px;
        font-size: 0.95rem;
      }
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--link-width, 290px)), 1fr));
        gap: 8px;
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto auto auto;
        align-items: center;
        gap: 6px;
        padding: 7px 8px 7px 14px;
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        line-height: 1.3;
      }
    `,
  ];

  @property({ attribute: false }) links: readonly LinkView[] = [];
  @property({ type: Boolean }) revocable = false;
  @state() private copied = "";
  @state() private sure = "";

  override render(): unknown {
    return html`
      ${(["halls", "desks", "remotes"] as const).map((group) => this.renderGroup(group))}
      <p class="unseen" role="status" aria-live="polite">
        ${this.copied === "" ? "" : say(common.copied)}
      </p>
    `;
  }

  private renderGroup(group: LinkGroup): unknown {
    const links = this.links.filter((link) => linkGroup(link.role) === group);
    if (links.length === 0) {
      return nothing;
    }
    return html`
      <section data-group=${group}>
        <h3>
          <wa-icon name=${ICONS[group]}></wa-icon>${say(common[group])}
          <span class="quiet number">${links.length}</span>
        </h3>
        <ul>
          ${links.map((link) => this.renderLink(link))}
        </ul>
      </section>
    `;
  }

  private renderLink(link: LinkView): unknown {
    const role = ROLES[link.role];
    const copied = this.copied === link.id;
    return html`
      <li class="panel" data-seat=${link.seat} data-role=${link.role}>
        <div class="name">
          <strong>${link.name}</strong>
          <div class="small quiet" title=${say(control.expires, dateTime(link.expires))}>
            ${role === undefined ? link.role : say(role)}
          </div>
        </div>
        <wa-button
          size="s"
          appearance="outlined"
          variant=${copied ? "success" : "neutral"}
          @click=${() => void this.copy(link)}
        >
          <wa-icon slot="start" name=${copied ? "check" : "copy"}></wa-icon>
          ${say(copied ? common.copied : common.copy)}<span class="unseen"> ${link.name}</span>
        </wa-button>
        <wa-button
          size="s"
          appearance="plain"
          href=${link.url}
          target="_blank"
          rel="noreferrer"
        >
          ${say(common.open)}<span class="unseen"> ${link.name}</span>
        </wa-button>
        ${this.revocable ? this.renderRevoke(link) : html`<span></span>`}
      </li>
    `;
  }

  private renderRevoke(link: LinkView): unknown {
    const sure = this.sure === link.id;
    return html`
      <wa-button
        size="s"
        appearance=${sure ? "accent" : "plain"}
        variant="danger"
        @click=${() => {
          if (sure) {
            this.fire("lx-revoke", link.id);
          }
          this.sure = sure ? "" : link.id;
        }}
      >
        ${say(sure ? control.revokeSure : control.revoke)}<span class="unseen"> ${link.name}</span>
      </wa-button>
    `;
  }

  private async copy(link: LinkView): Promise<void> {
    await navigator.clipboard.writeText(link.url);
    this.copied = link.id;
    setTimeout(() => {
      this.copied = this.copied === link.id ? "" : this.copied;
    }, COPIED_MS);
  }
}
