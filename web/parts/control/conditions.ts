import { css, html, nothing } from "lit";
import { customElement } from "lit/decorators.js";

import { conditionText } from "../../text/conditions.js";
import { control } from "../../text/control.js";
import { say } from "../../text/language.js";

import { SessionElement } from "../base/element.js";
import { sharedStyles } from "../base/shared_styles.js";

/** What needs attention now; nothing when all is well. */
@customElement("lx-conditions")
export class LxConditions extends SessionElement {
  static override styles = [
    sharedStyles,
    css`
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 28px;
        padding: 3px 16px;
        background: #3a2a0c;
        color: #ffe7b8;
        font-size: 0.88rem;
      }
      li {
        display: flex;
        gap: 8px;
        align-items: start;
      }
      /* Beside the first line, which tells one from the next where they wrap. */
      wa-icon {
        margin-top: 0.3em;
      }
    `,
  ];

  override render(): unknown {
    // Echoes have a warning of their own.
    const conditions = this.session.store.conditions.filter((one) => one.id !== "sound.echo");
    return html`
      <div role="status" aria-live="polite" aria-label=${say(control.conditions)}>
        ${conditions.length === 0
          ? nothing
          : html`<ul>
              ${conditions.map(
                (one) => html`
                  <li data-condition=${one.id}>
                    <wa-icon name="warning"></wa-icon>
                    ${conditionText(one.id, one.subject, one.values)}
                  </li>
                `,
              )}
            </ul>`}
      </div>
    `;
  }
}
