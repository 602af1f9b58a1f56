import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { css, html } from "lit";
import { customElement, property } from "lit/decorators.js";

import { KEYS } from "../../client/desk_keys.js";
import { say } from "../../text/language.js";
import { programme as texts } from "../../text/programme.js";

import { LxElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

/** All keys of the desk, over the page. Fires `lx-close`. */
@customElement("lx-key-help")
export class LxKeyHelp extends LxElement {
  static override styles = [
    sharedStyles,
    css`
      wa-dialog {
        --width: min(860px, 94vw);
      }
      dl {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto minmax(0, 1fr);
        gap: 7px 12px;
        margin: 0;
        align-items: baseline;
      }
      dt {
        text-align: right;
      }
      dd {
        margin: 0;
        line-height: 1.35;
      }
      kbd {
        font: inherit;
        font-size: 0.85rem;
        padding: 1px 8px;
        border: 1px solid #77828f;
        border-bottom-width: 3px;
        border-radius: 5px;
        background: var(--lx-raised);
        white-space: nowrap;
      }
      @media (max-width: 700px) {
        dl {
          grid-template-columns: auto minmax(0, 1fr);
        }
      }
    `,
  ];

  @property({ type: Boolean }) open = false;

  override render(): unknown {
    return html`
      <wa-dialog
        label=${say(texts.keysTitle)}
        light-dismiss
        .open=${this.open}
        @wa-after-hide=${() => { this.fire("lx-close"); }}
      >
        <dl>
          ${KEYS.map(
            (rule) => html`<dt><kbd>${rule.shown}</kbd></dt>
              <dd data-key=${rule.action}>${say(texts.keys[rule.action])}</dd>`,
          )}
        </dl>
      </wa-dialog>
    `;
  }
}
